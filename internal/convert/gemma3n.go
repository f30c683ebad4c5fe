package convert

import (
	"fmt"
	"math"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// gemma3nNames are the tensors of Gemma 3n that only it, or Gemma 4, has.
var gemma3nNames = map[string]string{
	"post_attention_layernorm": "post_attention_norm",
	"embed_tokens_per_layer":   "per_layer_token_embd", "per_layer_model_projection": "per_layer_model_proj", "per_layer_projection_norm": "per_layer_proj_norm",
	"altup_projections": "altup_proj", "altup_unembed_projections": "altup_unembd_proj",
	"per_layer_input_gate": "inp_gate", "per_layer_projection": "proj", "post_per_layer_input_norm": "post_norm",
	"altup.correction_coefs": "altup_correct_coef", "altup.correct_output_scale": "altup_correct_scale", "altup.prediction_coefs": "altup_predict_coef",
	"altup.modality_router": "altup_router", "altup.router_norm": "altup_router_norm",
	"laurel.linear_left": "laurel_l", "laurel.linear_right": "laurel_r", "laurel.post_laurel_norm": "laurel_post_norm",
}

// gemma3nConfig replaces the list of widths, which are the same, by the width.
func gemma3nConfig(c *config) { c.same("intermediate_size") }

// sparseLayers is the number of first layers whose gates are sparse, and sparse the
// part of their elements that is dropped; no key can express others.
const sparseLayers, sparse = 10, 0.95

// gemma3nKeys errs if the gates of other layers are sparse than those that the
// architecture has.
func gemma3nKeys(_ string, c *config) []gguf.KV {
	for i, v := range c.list("activation_sparsity_pattern") {
		want := 0.0
		if i < sparseLayers {
			want = sparse
		}
		if x, ok := number(v); !ok || math.Abs(x-want) > 1e-6 {
			c.fail("activation_sparsity_pattern", "%.40v in layer %d, want %g in the first %d layers, 0 in others", v, i, sparse, sparseLayers)
			return nil
		}
	}
	return nil
}

// gemma3nTensors adds the embeddings, of which the tokens of pictures and of sound
// have no rows: theirs are zeros.
func gemma3nTensors(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	to, ok := map[string]string{"embed_tokens": "token_embd", "embed_tokens_per_layer": "per_layer_token_embd"}[n.part]
	if !ok || b.tokens == 0 {
		return false, nil
	}
	if len(src.Shape) != 2 {
		return false, fmt.Errorf("convert: tensor %q: shape %v, want a row for each token", src.Name, src.Shape)
	}
	rows, cols := src.Shape[0], src.Shape[1]
	v := whole(src)
	v.rows = min(rows, b.tokens)
	views := []view{v}
	if more := b.tokens - rows; more > 0 {
		zeros := &safetensors.Tensor{Name: src.Name, DType: safetensors.F32, Shape: []int{cols}, Data: make([]byte, 4*cols)}
		views = append(views, view{src: zeros, rows: more, cols: cols, colStep: 1})
	}
	return true, b.add(n.in(to), []int{b.tokens, cols}, views...)
}
