package convert

import (
	"slices"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// TestGemma3nTypes wants the types of llama.cpp's converter: the small matrices of the
// residual streams keep their precision.
func TestGemma3nTypes(t *testing.T) {
	i := slices.IndexFunc(pairModels, func(h *pairModel) bool { return h.name == "gemma3n" })
	p := pairModels[i].pair(nil)
	p.typ = "f16"
	got := p.convert(t, p.folder(t, p.gguf(t)).write(t))
	for name, want := range map[string]quant.Type{
		"blk.0.altup_correct_coef.weight": quant.F32, "blk.0.altup_predict_coef.weight": quant.F32, "blk.0.altup_router.weight": quant.F16, "blk.0.laurel_l.weight": quant.F16,
		"blk.0.altup_correct_scale.weight": quant.F32, "altup_proj.weight": quant.F16, "per_layer_token_embd.weight": quant.F16,
	} {
		if x, ok := got.Tensor(name); !ok || x.Type != want {
			t.Errorf("%s: got %v, want %v", name, x, want)
		}
	}
}
