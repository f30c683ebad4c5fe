package convert

import (
	"fmt"
	"sort"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// A builder collects the tensors of one model.
type builder struct {
	f      *family
	c      *config
	tokens int // in the vocabulary

	keys    []gguf.KV             // that follow from tensors
	answers []int                 // ids of a reranker's answers, the rows of its head; nil: it is no such model
	dense   []*safetensors.Tensor // projections after pooling

	model  map[string]*safetensors.Tensor
	out    []*tensor
	stacks map[string]*stack

	scalings map[*safetensors.Tensor]*scaling // of tensors of 8-bit floats
	isScale  map[string]bool                  // tensors that are scales of others
}

// A stack collects matrices that become one tensor with one more dimension:
// experts, or the norms of heads.
type stack struct {
	shape []int
	views map[int]view
}

// build returns the GGUF tensors of a model, in order.
func (b *builder) build(model map[string]*safetensors.Tensor) ([]*tensor, error) {
	b.model, b.stacks = model, map[string]*stack{}
	if err := b.findScales(); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(model))
	for s := range model {
		names = append(names, s)
	}
	sort.Strings(names)
	for _, s := range names {
		if skipped(s) && !b.pools(s) || b.isScale[s] {
			continue
		}
		if err := b.take(parseName(s), model[s]); err != nil {
			return nil, err
		}
	}
	if err := b.unstack(); err != nil {
		return nil, err
	}
	if err := b.addHead(); err != nil {
		return nil, err
	}
	if b.f.llama3 {
		addLlama3(b)
	}
	if b.f.longRope {
		addLongRope(b)
	}
	if b.f.finish != nil {
		b.f.finish(b)
	}
	if b.c.err != nil {
		return nil, b.c.err
	}
	return b.out, b.check()
}

// take adds one tensor of the model to those of GGUF.
func (b *builder) take(n name, src *safetensors.Tensor) error {
	if (b.f.tied || b.c.flag("tie_word_embeddings")) && n.part == "lm_head" {
		return nil // as transformers does
	}
	most, _ := b.c.count(nLayers)
	if next, _ := b.c.count("num_nextn_predict_layers"); b.f.dropNextN && n.layer >= most && n.layer < most+next {
		return nil
	}
	if n.layer >= most {
		return fmt.Errorf("convert: tensor %q: layer %d of %d", src.Name, n.layer, most)
	}
	if b.f.special != nil {
		if done, err := b.f.special(b, n, src); done || err != nil {
			return err
		}
	}
	if b.f.zeroBias && n.suffix == ".bias" {
		return wantZero(src)
	}
	to, ok := n.gguf(b.f)
	if !ok {
		return fmt.Errorf("convert: tensor %q has no place in a %s model", src.Name, b.f.arch)
	}
	v, shape := whole(src), src.Shape
	if (to == "token_embd.weight" || to == "output.weight") && len(shape) > 0 && shape[0] != b.tokens && b.tokens > 0 {
		return fmt.Errorf("convert: config.json: vocab_size: %d tokens, but tensor %q has %d rows", b.tokens, src.Name, shape[0])
	}
	if b.f.conv1d && strings.Contains(n.part, ".c_") && len(shape) == 2 {
		v, shape = transposed(src)
	}
	if b.f.permute {
		if heads := b.headsOf(n.part); heads > 0 {
			v = rowsOf(v, shape)
			if v.rows%(2*heads) != 0 || len(shape) > 2 {
				return fmt.Errorf("convert: tensor %q: shape %v, want pairs of rows for %d heads", src.Name, shape, heads)
			}
			v = v.permuted(heads)
		}
	}
	if b.f.addOne && strings.HasSuffix(to, "norm.weight") {
		v.add = 1
	}
	if n.expert >= 0 {
		return b.stack(to, n.expert, v, shape)
	}
	return b.add(to, shape, v)
}

// rowsOf returns a view of a bias as a column, so that its rows can be picked like
// those of a matrix.
func rowsOf(v view, shape []int) view {
	if len(shape) == 1 {
		v.rows, v.cols, v.rowStep = v.cols, 1, 1
	}
	return v
}

// headsOf returns the heads in the rows of q or k, 0 of other parts.
func (b *builder) headsOf(part string) int {
	switch part {
	case "self_attn.q_proj":
		n, _ := b.c.count("num_attention_heads", "n_heads")
		return n
	case "self_attn.k_proj":
		n, _ := b.c.count(nKVHeads)
		return n
	}
	return 0
}

// add adds a tensor of the result.
func (b *builder) add(name string, shape []int, views ...view) error {
	for i := range views {
		views[i].scaling = b.scalings[views[i].src]
	}
	t := &tensor{name: name, shape: shape, views: views}
	if err := t.check(); err != nil {
		return err
	}
	b.out = append(b.out, t)
	return nil
}

// stack puts one matrix into the stack called name.
func (b *builder) stack(name string, at int, v view, shape []int) error {
	s := b.stacks[name]
	if s == nil {
		s = &stack{shape: shape, views: map[int]view{}}
		b.stacks[name] = s
	}
	if fmt.Sprint(shape) != fmt.Sprint(s.shape) {
		return fmt.Errorf("convert: tensor %q: shape %v, others of %q have %v", v.src.Name, shape, name, s.shape)
	}
	if _, again := s.views[at]; again {
		return fmt.Errorf("convert: tensor %q: a second number %d of %q", v.src.Name, at, name)
	}
	s.views[at] = v
	return nil
}

// unstack adds the tensors of the stacks.
func (b *builder) unstack() error {
	for name, s := range b.stacks {
		want := len(s.views)
		if strings.Contains(name, "_exps.") {
			want, _ = b.c.count(nExperts)
		}
		views := make([]view, 0, len(s.views))
		for i := range want {
			v, ok := s.views[i]
			if !ok {
				return fmt.Errorf("convert: tensor %q: number %d of %d is missing", name, i, want)
			}
			views = append(views, v)
		}
		if want != len(s.views) {
			return fmt.Errorf("convert: tensor %q: %d are there, want %d", name, len(s.views), want)
		}
		if err := b.add(name, append([]int{want}, s.shape...), views...); err != nil {
			return err
		}
	}
	return nil
}

// wantZero errs unless all of a tensor is 0.
func wantZero(src *safetensors.Tensor) error {
	for _, x := range src.Data {
		if x&0x7f != 0 {
			return fmt.Errorf("convert: tensor %q: a bias that is not zero, which the format has no place for", src.Name)
		}
	}
	return nil
}
