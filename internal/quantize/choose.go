package quantize

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
)

// A chooser chooses the type of every tensor as llama-quantize does: by category,
// by the number of tensors of the same category before it, and by some numbers of
// the model.
//
// [llama] llama.cpp, src/llama-quant.cpp, August 2026
type chooser struct {
	file *gguf.File
	mix  mix
	o    Options

	output, embd *quant.Type // from the options, or nil
	falcon       bool
	large        bool // llama.cpp's model type 70B
	layers       int  // block_count
	experts      int
	shared       int // query heads of a key/value head
	tied         bool

	values     int // tensors that are likeV
	value      int // those before this one
	downs      int // ffn_down tensors before this one
	fallbacks  int
	hasImatrix bool
}

// newChooser returns the chooser for f.
func newChooser(f *gguf.File, m mix, o Options) (*chooser, error) {
	c := &chooser{file: f, mix: m, o: o, tied: true, hasImatrix: o.Imatrix != nil}
	var err error
	if c.output, err = typeOption(o.OutputType); err != nil {
		return nil, err
	}
	if c.embd, err = typeOption(o.EmbdType); err != nil {
		return nil, err
	}
	if err := c.model(); err != nil {
		return nil, err
	}
	for i := range f.Tensors {
		switch k := categoryOf(f.Tensors[i].Name); {
		case k.likeV():
			c.values++
		case k == output:
			c.tied = false
		}
	}
	return c, nil
}

// typeOption returns the type called name, nil if it is "".
func typeOption(name string) (*quant.Type, error) {
	if name == "" {
		return nil, nil
	}
	t, err := quant.ParseType(name)
	return &t, err
}

// types returns the new type of every tensor. Tensors are counted by layer, and in
// a layer by name, whatever their order in the file.
func (c *chooser) types() ([]quant.Type, error) {
	order := make([]int, len(c.file.Tensors))
	layers := make([]int, len(order))
	for i := range order {
		order[i], layers[i] = i, layerOf(c.file.Tensors[i].Name)
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(layers[a], layers[b]), strings.Compare(c.file.Tensors[a].Name, c.file.Tensors[b].Name))
	})
	types := make([]quant.Type, len(order))
	for _, i := range order {
		t := &c.file.Tensors[i]
		types[i] = t.Type
		if !c.quantisable(t) {
			continue
		}
		typ, err := c.typeOf(t)
		if err != nil {
			return nil, fmt.Errorf("quantize: tensor %q: %w", t.Name, err)
		}
		types[i] = typ
	}
	return types, nil
}

// layerOf returns the layer in a name such as blk.3.attn_q.weight, -1 if there is
// none.
func layerOf(name string) int {
	rest, ok := strings.CutPrefix(name, "blk.")
	n, digits := 0, 0
	for ok && digits < len(rest) && digits < 9 && rest[digits] >= '0' && rest[digits] <= '9' {
		n = 10*n + int(rest[digits]-'0')
		digits++
	}
	if digits == 0 {
		return -1
	}
	return n
}

// typeOf returns the new type of t, which is quantisable.
func (c *chooser) typeOf(t *gguf.Tensor) (quant.Type, error) {
	k := categoryOf(t.Name)
	switch {
	case c.embd != nil && k == embd:
		return c.fit(t, *c.embd)
	case c.output != nil && k == output:
		return c.fit(t, *c.output)
	case !quantised(c.mix.base):
		return c.mix.base, nil
	}
	for _, p := range c.o.TensorTypes {
		if p.Pattern.MatchString(t.Name) {
			return c.fit(t, p.Type)
		}
	}
	if c.o.Pure {
		return c.fit(t, c.mix.base)
	}
	return c.fit(t, c.mixed(t, k))
}

// fallback maps a type with blocks of 256 to the type for rows of other lengths.
var fallback = map[quant.Type]quant.Type{
	quant.IQ1_S: quant.IQ4_NL, quant.IQ1_M: quant.IQ4_NL, quant.IQ2_XXS: quant.IQ4_NL, quant.IQ2_XS: quant.IQ4_NL,
	quant.IQ2_S: quant.IQ4_NL, quant.IQ3_XXS: quant.IQ4_NL, quant.IQ3_S: quant.IQ4_NL, quant.IQ4_XS: quant.IQ4_NL,
	quant.Q2_K: quant.Q4_0, quant.Q3_K: quant.Q4_0, quant.TQ1_0: quant.Q4_0, quant.TQ2_0: quant.Q4_0,
	quant.Q4_K: quant.Q5_0, quant.Q5_K: quant.Q5_1, quant.Q6_K: quant.Q8_0,
}

// smallBlock is the size of the blocks of the types that others fall back to.
const smallBlock = 32

// fit returns typ if rows of t are whole blocks of it, else its fallback or, if
// they are not whole blocks of this either, F16.
func (c *chooser) fit(t *gguf.Tensor, typ quant.Type) (quant.Type, error) {
	if t.Shape[0]%uint64(typ.BlockElems()) == 0 {
		return typ, nil
	}
	c.fallbacks++
	less, ok := fallback[typ]
	switch {
	case ok:
	case typ.BlockElems() <= smallBlock: // no smaller ones
		return quant.F16, nil
	default:
		return 0, fmt.Errorf("rows of %d elements are not whole blocks of %v, which has no fallback", t.Shape[0], typ)
	}
	if t.Shape[0]%uint64(less.BlockElems()) != 0 {
		return quant.F16, nil
	}
	return less, nil
}

// needsImatrix reports whether the tensor called name cannot have type typ without
// an importance matrix.
func (c *chooser) needsImatrix(name string, typ quant.Type) bool {
	return typ == quant.Q2_K && c.mix.name == "Q2_K_S" && name != "output.weight" && !embedding(name)
}
