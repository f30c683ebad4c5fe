package convert

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
	"github.com/querent-ai/chord/quant"
)

// The files of a LoRA adapter of PEFT.
const (
	peftConfig  = "adapter_config.json"
	peftTensors = "adapter_model.safetensors"
)

// isAdapter reports whether a folder is an adapter of PEFT.
func isAdapter(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, peftConfig))
	return err == nil
}

// openAdapter reads an adapter of PEFT. What its names and rows mean depends on the
// base model, whose config.json is in o.Base or in dir.
func openAdapter(dir string, o Options) (*Model, error) {
	c, err := readConfig(dir, peftConfig)
	if err != nil {
		return nil, err
	}
	scaling, err := readScaling(c)
	if err != nil {
		return nil, err
	}
	f, base, err := baseOf(dir, o.Base, c)
	if err != nil {
		return nil, err
	}
	file, err := safetensors.Open(filepath.Join(dir, peftTensors))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("convert: %s: no %s; adapter_model.bin is not read", dir, peftTensors)
	}
	if err != nil {
		return nil, err
	}
	m := &Model{closer: file}
	a := &adapterBuilder{builder: builder{f: f, c: base, stacks: map[string]*stack{}}, scaling: scaling}
	if m.tensors, err = a.build(file.Tensors); err == nil {
		err = m.finishAdapter(f.arch, o, a.alpha)
	}
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// baseOf returns the family and the config.json of an adapter's base model.
func baseOf(dir, base string, c *config) (*family, *config, error) {
	if base == "" {
		base = dir
	}
	b, err := readConfig(base, "config.json")
	if err != nil {
		return nil, nil, err
	}
	if len(b.values) == 0 {
		return nil, nil, fmt.Errorf("convert: %s: no config.json: an adapter needs the one of its base model, %.80q; name its folder with --base", base, c.str("base_model_name_or_path"))
	}
	f, err := prepare(b)
	return f, b, err
}

// finishAdapter gives the tensors their types and sets the keys.
func (m *Model) finishAdapter(arch string, o Options, alpha float32) error {
	name := o.Type
	if name == "auto" {
		name = strings.ToLower(m.tensors[0].views[0].src.DType.String())
	}
	i := slices.IndexFunc(types, func(t typeName) bool { return t.name == name })
	if i < 0 && o.Type == "auto" {
		i = 0
	}
	if i < 0 {
		return fmt.Errorf("convert: type %q; known are %s", o.Type, strings.Join(Types(), ", "))
	}
	m.typeName = strings.ToUpper(types[i].name)
	for _, t := range m.tensors {
		if t.typ = types[i].typ; t.shape[len(t.shape)-1]%t.typ.BlockElems() != 0 {
			t.typ = quant.F16
		}
	}
	m.KV = []gguf.KV{
		{Key: "general.architecture", Value: arch}, {Key: "general.type", Value: "adapter"}, {Key: "general.name", Value: o.Name},
		{Key: "general.file_type", Value: types[i].file}, {Key: "general.quantization_version", Value: uint32(2)},
		{Key: "adapter.type", Value: "lora"}, {Key: "adapter.lora.alpha", Value: alpha},
	}
	return nil
}

// An adapterBuilder collects the tensors of an adapter.
type adapterBuilder struct {
	builder
	scaling *peftScaling
	alpha   float32 // of the GGUF file
}

// A peftPair has the matrices of one module.
type peftPair struct {
	a, b   *safetensors.Tensor
	embeds bool // of an embedding: A is (rank, tokens)
}

// build returns the GGUF tensors of an adapter, in order.
func (a *adapterBuilder) build(tensors []safetensors.Tensor) ([]*tensor, error) {
	pairs := map[string]*peftPair{}
	for i := range tensors {
		t := &tensors[i]
		module, put, err := moduleOf(t.Name)
		if err != nil {
			return nil, err
		}
		if put == nil {
			continue
		}
		if pairs[module] == nil {
			pairs[module] = &peftPair{}
		}
		if !put(pairs[module], t) {
			return nil, fmt.Errorf("convert: tensor %q: the adapter has it twice", t.Name)
		}
	}
	for _, module := range slices.Sorted(maps.Keys(pairs)) {
		if err := a.take(module, pairs[module]); err != nil {
			return nil, err
		}
	}
	if err := a.unstack(); err != nil {
		return nil, err
	}
	if len(a.out) == 0 {
		return nil, fmt.Errorf("convert: %s: no tensors of an adapter", peftTensors)
	}
	sortTensors(a.out)
	return a.out, a.c.err
}

// moduleOf returns the module of a tensor and what puts the tensor into its pair; nil
// if the tensor is the base model's.
func moduleOf(name string) (module string, put func(p *peftPair, t *safetensors.Tensor) bool, err error) {
	setA := func(p *peftPair, t *safetensors.Tensor) bool { first := p.a == nil; p.a = t; return first }
	setB := func(p *peftPair, t *safetensors.Tensor) bool { first := p.b == nil; p.b = t; return first }
	module = strings.TrimPrefix(name, "base_model.model.")
	for _, s := range []struct {
		suffix string
		put    func(p *peftPair, t *safetensors.Tensor) bool
		embeds bool
	}{
		{".lora_A.weight", setA, false}, {".lora_A.default.weight", setA, false}, {".lora_embedding_A", setA, true},
		{".lora_B.weight", setB, false}, {".lora_B.default.weight", setB, false}, {".lora_embedding_B", setB, true},
	} {
		if base, ok := strings.CutSuffix(module, s.suffix); ok {
			return base, func(p *peftPair, t *safetensors.Tensor) bool { p.embeds = s.embeds; return s.put(p, t) }, nil
		}
	}
	if strings.HasSuffix(module, ".base_layer.weight") {
		return "", nil, nil
	}
	return "", nil, fmt.Errorf("convert: tensor %q is neither lora_A nor lora_B of a matrix: the format has no place for it", name)
}

// take adds the pair of a module.
func (a *adapterBuilder) take(module string, p *peftPair) error {
	if p.a == nil || p.b == nil {
		return fmt.Errorf("convert: module %q: one of lora_A and lora_B is missing", module)
	}
	n := parseName(module + ".weight")
	to, ok := n.gguf(a.f)
	if experts, _ := a.c.count(nExperts); experts == 0 { // what all tokens share is the network
		to = strings.Replace(to, "_shexp.", ".", 1)
	}
	most, _ := a.c.count(nLayers)
	switch {
	case !ok:
		return fmt.Errorf("convert: tensor %q has no place in a %s model", p.a.Name, a.f.arch)
	case n.layer >= most:
		return fmt.Errorf("convert: tensor %q: layer %d of %d", p.a.Name, n.layer, most)
	case n.part == "lm_head" && (a.f.tied || a.c.flag("tie_word_embeddings")):
		return fmt.Errorf("convert: tensor %q: the model has no lm_head of its own", p.a.Name)
	case p.embeds != (to == "token_embd.weight"):
		return fmt.Errorf("convert: tensor %q: for an embedding, or for a matrix, but %s is not", p.a.Name, to)
	case len(p.a.Shape) != 2 || len(p.b.Shape) != 2 || p.a.Shape[0] != p.b.Shape[1] || p.a.Shape[0] == 0:
		return fmt.Errorf("convert: tensor %q: shape %v, and %v of B, want (rank, columns) and (rows, rank)", p.a.Name, p.a.Shape, p.b.Shape)
	}
	va, shapeA := whole(p.a), p.a.Shape
	if p.embeds {
		va, shapeA = transposed(p.a)
	}
	vb := whole(p.b)
	if heads := a.headsOf(n.part); a.f.permute && heads > 0 {
		if vb.rows%(2*heads) != 0 {
			return fmt.Errorf("convert: tensor %q: shape %v, want pairs of rows for %d heads", p.b.Name, p.b.Shape, heads)
		}
		vb = vb.permuted(heads)
	}
	if part, ok := strings.CutPrefix(n.part, "linear_attn."); ok {
		h, grouped := deltaHeads(a.c), a.f.arch == "qwen3next"
		var err error
		if part == "out_proj" { // whose columns are those of A
			va, _, err = h.view(part, p.a, grouped)
		} else {
			vb, _, err = h.view(part, p.b, grouped)
		}
		if err != nil {
			return err
		}
	}
	factor, err := a.factor(module, p.a.Shape[0])
	if err != nil {
		return err
	}
	if a.f.scale != nil {
		x, whole := a.f.scale(&a.builder, n.part)
		if !whole {
			return fmt.Errorf("convert: tensor %q: the rows of its matrix have factors of their own; merge the adapter into the model first", p.a.Name)
		}
		factor *= x
	}
	vb.factor = factor
	if a.f.grouped != "" && n.part == a.f.grouped {
		return a.takeGrouped(to, p, factor)
	}
	if n.expert >= 0 {
		if err := a.stack(to+".lora_a", n.expert, va, shapeA); err != nil {
			return err
		}
		return a.stack(to+".lora_b", n.expert, vb, p.b.Shape)
	}
	if err := a.add(to+".lora_a", shapeA, va); err != nil {
		return err
	}
	return a.add(to+".lora_b", p.b.Shape, vb)
}

// takeGrouped adds the pair of a matrix whose rows are in groups.
func (a *adapterBuilder) takeGrouped(to string, p *peftPair, factor float32) error {
	views, err := a.ungrouped(p.b)
	if err != nil {
		return err
	}
	for i := range views {
		views[i].factor = factor
	}
	if err := a.add(to+".lora_a", p.a.Shape, whole(p.a)); err != nil {
		return err
	}
	return a.add(to+".lora_b", p.b.Shape, views...)
}

// factor returns what B of a module is multiplied by, so that its product is scaled as
// PEFT does: GGUF has one alpha and scales by alpha/rank.
func (a *adapterBuilder) factor(module string, rank int) (float32, error) {
	alpha, err := a.scaling.alphaOf(module)
	if err != nil {
		return 0, err
	}
	if a.scaling.rsLoRA { // scaled by alpha/√rank
		alpha *= math.Sqrt(float64(rank))
	}
	if a.alpha == 0 {
		a.alpha = float32(alpha)
	}
	return float32(alpha / float64(a.alpha)), nil
}
