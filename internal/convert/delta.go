package convert

import (
	"fmt"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// Models with gated DeltaNet: Qwen 3.5, Qwen 3 Next.

// deltaRules are their keys besides the common ones.
var deltaRules = append(qwenMoE[:len(qwenMoE):len(qwenMoE)],
	rule{"ssm.conv_kernel", count, from("linear_conv_kernel_dim"), nil},
	rule{"ssm.state_size", count, from("linear_key_head_dim"), nil},
	rule{"ssm.group_count", count, from("linear_num_key_heads"), nil},
	rule{"ssm.time_step_rank", count, from("linear_num_value_heads"), nil},
	rule{"full_attention_interval", count, from("full_attention_interval"), uint32(4)},
	rule{"rope.dimension_count", count, from(nRopeDim), nil},
)

var (
	deltaDefaults = map[string]any{"partial_rotary_factor": 0.25, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128,
		"linear_value_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32}
	deltaFixed = map[string][]string{"attn_output_gate": {"true"}, "norm_topk_prob": {"true"}, "decoder_sparse_step": {"1"}, "mlp_only_layers": {"[]"}}
)

// deltaKeys returns the keys that follow from several values.
func deltaKeys(arch string, c *config) []gguf.KV {
	h := deltaHeads(c)
	out := []gguf.KV{{Key: arch + ".ssm.inner_size", Value: uint32(min(h.values*h.dim, maxCount))}}
	if types := c.list("layer_types"); len(types) > 0 {
		recurrent := make([]bool, len(types))
		for i, t := range types {
			recurrent[i] = t == "linear_attention"
		}
		out = append(out, gguf.KV{Key: arch + ".attention.recurrent_layers", Value: recurrent})
	}
	if arch == "qwen3next" {
		return out
	}
	sections := []int32{11, 11, 10, 0}
	if list := c.object("rope_parameters", "rope_scaling").reals("mrope_section"); len(list) > 0 {
		clear(sections)
		for i, n := range list[:min(len(list), len(sections))] {
			sections[i] = int32(n)
		}
	}
	return append(out, gguf.KV{Key: arch + ".rope.dimension_sections", Value: sections})
}

// heads are those of a layer of gated DeltaNet.
type heads struct{ keys, values, dim int }

// deltaHeads returns the heads that config.json gives.
func deltaHeads(c *config) heads {
	h := heads{c.need("linear_num_key_heads"), c.need("linear_num_value_heads"), c.need("linear_value_head_dim")}
	if most := 1 << 14; h.values > most || h.dim > most || h.values%h.keys != 0 {
		c.fail("linear_num_value_heads", "%d of %d elements, want a multiple of the %d heads of keys", h.values, h.dim, h.keys)
		return heads{1, 1, 1}
	}
	return h
}

// tiled returns the index in Hugging Face's order, where the values of a head of
// keys are neighbours, of element i of heads of n elements in GGUF's, where value
// head v belongs to key head v mod keys.
func (h heads) tiled(i, n int) int {
	v, per := i/n, h.values/h.keys
	return (v%h.keys*per+v/h.keys)*n + i%n
}

// deltaTensors adds the tensors of gated DeltaNet, their heads of values in
// GGUF's order.
func deltaTensors(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	part, ok := strings.CutPrefix(n.part, "linear_attn.")
	if !ok {
		return splitFused(b, n, src)
	}
	h := deltaHeads(b.c)
	if part == "in_proj_qkvz" {
		return true, b.qkvz(n, src, h)
	}
	to, ok := n.gguf(b.f)
	if !ok || len(src.Shape) == 0 {
		return false, nil
	}
	v, shape, err := h.view(part, src, b.f.arch == "qwen3next")
	if err != nil {
		return false, err
	}
	if part == "A_log" || part == "dt_bias" {
		to = strings.TrimSuffix(to, ".weight")
	}
	return true, b.add(to, shape, v)
}

// view returns a view of a part and its shape. Heads of values that are not
// grouped in GGUF are tiled.
func (h heads) view(part string, src *safetensors.Tensor, grouped bool) (view, []int, error) {
	v, shape := whole(src), src.Shape
	from, each := 0, 1 // the first row of values, rows of a head
	switch part {
	case "A_log", "dt_bias":
		v = rowsOf(v, shape)
		if part == "A_log" {
			v.change = minusExp
		}
	case "in_proj_z":
		each = h.dim
	case "in_proj_qkv", "conv1d":
		if len(shape) == 3 && shape[1] == 1 {
			shape = []int{shape[0], shape[2]}
		}
		from, each = shape[0]-h.values*h.dim, h.dim
	case "out_proj":
		if v.cols != h.values*h.dim {
			return v, nil, h.wrong(src)
		}
		if !grouped {
			v.col = func(c int) int { return h.tiled(c, h.dim) }
		}
		return v, shape, nil
	case "norm", "in_proj_ba":
		return v, shape, nil
	}
	if from < 0 || v.rows != from+h.values*each {
		return v, nil, h.wrong(src)
	}
	if !grouped {
		v.row = func(r int) int {
			if r < from {
				return r
			}
			return from + h.tiled(r-from, each)
		}
	}
	return v, shape, nil
}

// qkvz adds the queries, keys and values, and the gates, of a tensor that has those
// of each head of keys in turn.
func (b *builder) qkvz(n name, src *safetensors.Tensor, h heads) error {
	dim, _ := b.c.count("linear_key_head_dim")
	per := h.values / h.keys * h.dim
	of := 2*dim + 2*per // rows of a head of keys
	if len(src.Shape) != 2 || src.Shape[0] != h.keys*of {
		return h.wrong(src)
	}
	rows := func(first, count int) view { // count rows of each head, from its first
		return whole(src).part(of, first, 1, count)
	}
	qkv, gate := []view{rows(0, dim), rows(dim, dim), rows(2*dim, per)}, rows(2*dim+per, per)
	shape := func(rows int) []int { return []int{h.keys * rows, src.Shape[1]} }
	n.suffix = ".weight"
	if err := b.add(n.in("attn_qkv"), shape(2*dim+per), qkv...); err != nil {
		return err
	}
	return b.add(n.in("attn_gate"), shape(per), gate)
}

// wrong is the error of a tensor whose shape does not fit the heads.
func (h heads) wrong(src *safetensors.Tensor) error {
	return fmt.Errorf("convert: tensor %q: shape %v, which does not fit %d heads of %d", src.Name, src.Shape, h.values, h.dim)
}
