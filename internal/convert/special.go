package convert

import (
	"fmt"
	"io"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
	"github.com/querent-ai/chord/quant"
)

// halves adds the gate and the up matrices that are one tensor: gate rows first, or,
// if step is 2, alternately. shape is that of both, …×2n×width.
func (b *builder) halves(n name, gate, up string, v view, shape []int, step int) error {
	d := len(shape)
	if d < 2 || shape[d-2]%2 != 0 {
		return fmt.Errorf("convert: tensor %q: shape %v, want an even number of rows", v.src.Name, shape)
	}
	rows := shape[d-2]
	half := append([]int{}, shape...)
	half[d-2] = rows / 2
	if n.suffix == ".bias" {
		half = half[:d-1] // each row is one number
	}
	second := rows / 2
	if step == 2 {
		second = 1
	}
	if err := b.add(n.in(gate), half, v.part(rows, 0, step, rows/2)); err != nil {
		return err
	}
	return b.add(n.in(up), half, v.part(rows, second, step, rows/2))
}

// splitFused adds experts that are one tensor, gate rows before up rows.
func splitFused(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if n.part != "mlp.experts.gate_up_proj" {
		return false, nil
	}
	return true, b.halves(n, "ffn_gate_exps", "ffn_up_exps", whole(src), src.Shape, 1)
}

// splitGranite adds granite's pairs of gate and up, of experts and of the shared
// expert; a model without experts has only the shared one.
func splitGranite(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	shared := "_shexp"
	if n, _ := b.c.count(nExperts); n == 0 {
		shared = ""
	}
	switch n.part {
	case "block_sparse_moe.input_linear":
		return true, b.halves(n, "ffn_gate_exps", "ffn_up_exps", whole(src), src.Shape, 1)
	case "shared_mlp.input_linear":
		return true, b.halves(n, "ffn_gate"+shared, "ffn_up"+shared, whole(src), src.Shape, 1)
	case "shared_mlp.output_linear":
		return true, b.add(n.in("ffn_down"+shared), src.Shape, whole(src))
	}
	return false, nil
}

// splitGPTOSS adds gpt-oss's experts: gate and up rows alternately, as MXFP4 in
// blocks and scales or as transposed floats.
func splitGPTOSS(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	part, ok := strings.CutPrefix(n.part, "mlp.experts.")
	if !ok || len(src.Shape) < 2 {
		return false, nil
	}
	switch part {
	case "gate_up_proj_bias", "down_proj_bias":
		n.suffix = ".bias"
	}
	switch part {
	case "gate_up_proj":
		v, shape := transposed(src)
		return true, b.halves(n, "ffn_gate_exps", "ffn_up_exps", v, shape, 2)
	case "down_proj":
		v, shape := transposed(src)
		return true, b.add(n.in("ffn_down_exps"), shape, v)
	case "down_proj_bias":
		return true, b.add(n.in("ffn_down_exps"), src.Shape, whole(src))
	case "gate_up_proj_bias":
		column := rowsOf(whole(src), []int{src.Len()})
		column.rows, column.cols, column.rowStep = src.Len(), 1, 1
		return true, b.halves(n, "ffn_gate_exps", "ffn_up_exps", column, append(append([]int{}, src.Shape...), 1), 2)
	case "gate_up_proj_blocks", "down_proj_blocks":
		return true, b.mxfp4(n, part, src)
	case "gate_up_proj_scales", "down_proj_scales":
		return true, nil // added with their blocks
	}
	return false, nil
}

// mxfp4 adds experts that are MXFP4 already: the 16 bytes of a block and its scale
// become a block of ggml, which has the same numbers in another order.
func (b *builder) mxfp4(n name, part string, blocks *safetensors.Tensor) error {
	scales := b.model[strings.TrimSuffix(blocks.Name, "_blocks")+"_scales"]
	s := blocks.Shape
	if scales == nil || len(s) != 4 || s[3] != 16 || blocks.DType != safetensors.U8 || scales.DType != safetensors.U8 ||
		16*len(scales.Data) != len(blocks.Data) {
		return fmt.Errorf("convert: tensor %q: %s of shape %v, want U8 of shape [… 16] and scales for it", blocks.Name, blocks.DType, s)
	}
	add := func(base string, shape []int, row func(r int) int) error {
		t := &tensor{name: n.in(base), shape: shape, typ: quant.MXFP4}
		t.write = func(w io.Writer) error {
			return writeMXFP4(w, blocks.Data, scales.Data, shape[0]*shape[1], s[2], row)
		}
		b.out = append(b.out, t)
		return nil
	}
	if part == "down_proj_blocks" {
		return add("ffn_down_exps", []int{s[0], s[1], 32 * s[2]}, func(r int) int { return r })
	}
	if s[1]%2 != 0 {
		return fmt.Errorf("convert: tensor %q: shape %v, want an even number of rows", blocks.Name, s)
	}
	shape := []int{s[0], s[1] / 2, 32 * s[2]}
	if err := add("ffn_gate_exps", shape, func(r int) int { return 2 * r }); err != nil {
		return err
	}
	return add("ffn_up_exps", shape, func(r int) int { return 2*r + 1 })
}

// writeMXFP4 writes rows of n blocks each in ggml's order: a scale, then elements j
// and j+16 in one byte. In the source, a byte has neighbours.
func writeMXFP4(w io.Writer, blocks, scales []byte, rows, n int, row func(r int) int) error {
	out := make([]byte, 17*n)
	for r := range rows {
		for i := range n {
			at := row(r)*n + i
			in, o := blocks[16*at:][:16], out[17*i:][:17]
			o[0] = scales[at]
			if o[0] == 255 {
				return fmt.Errorf("block %d of row %d has the scale NaN", i, row(r))
			}
			for j := range 16 {
				lo := in[j/2] >> (4 * (j % 2)) & 15
				hi := in[8+j/2] >> (4 * (j % 2)) & 15
				o[1+j] = lo | hi<<4
			}
		}
		if _, err := w.Write(out); err != nil {
			return err
		}
	}
	return nil
}

// cutVocab removes rows of the embedding that are beyond the vocabulary.
func cutVocab(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if n.part != "embed_tokens" || len(src.Shape) != 2 || src.Shape[0] <= b.tokens || b.tokens == 0 {
		return false, nil
	}
	v := whole(src)
	v.rows = b.tokens
	return true, b.add(n.in("token_embd"), []int{b.tokens, src.Shape[1]}, v)
}

// addLlama3 adds the factors of Llama 3's rope scaling.
func addLlama3(b *builder) {
	if x := llama3Factors(b.c); x != nil {
		b.out = append(b.out, vector("rope_freqs.weight", x))
	}
}

// addLongRope adds the factors of a longrope scaling.
func addLongRope(b *builder) {
	if long, short, _ := longRope(b.c); long != nil {
		b.out = append(b.out, vector("rope_factors_long.weight", long), vector("rope_factors_short.weight", short))
	}
}

// longRopeKeys returns the attention factor of a longrope scaling.
func longRopeKeys(arch string, c *config) []gguf.KV {
	if long, _, attn := longRope(c); long != nil {
		return []gguf.KV{{Key: arch + ".rope.scaling.attn_factor", Value: float32(attn)}}
	}
	return nil
}

// ministralKeys returns the keys of mistral3 models that scale queries by position.
func ministralKeys(arch string, c *config) []gguf.KV {
	r := ropeOf(c)
	var out []gguf.KV
	for _, x := range []rule{
		{"rope.scaling.yarn_log_multiplier", real, from("mscale_all_dim"), nil},
		{"attention.temperature_scale", real, from("llama_4_scaling_beta"), nil},
	} {
		if kv, ok := x.apply(arch, r); ok {
			out = append(out, kv)
		}
	}
	return out
}

// nomicKeys returns the context that nomic-embed-text was trained with; its
// config.json has another.
func nomicKeys(arch string, c *config) []gguf.KV {
	n, _ := c.count("n_positions")
	trained, ok := c.count("max_trained_positions")
	if !ok {
		trained = 2048
	}
	return []gguf.KV{{Key: arch + ".context_length", Value: uint32(min(n, trained))}}
}
