package chord

import (
	"maps"
	"math"

	"github.com/querent-ai/chord/gguf"
)

// suppressed returns the tokens that f says are never to be sampled, those
// with no meaning in a vocabulary of vocab left out, as llama.cpp does.
func suppressed(f *gguf.File, vocab int) ([]int32, error) {
	ids, _, err := f.Ints("tokenizer.ggml.suppress_tokens")
	var never []int32
	for _, id := range ids {
		if id >= 0 && int(id) < vocab {
			never = append(never, id)
		}
	}
	return never, err
}

// forbid returns bias with the tokens forbidden; bias stays as it is.
func forbid(bias map[int32]float32, ids []int32) map[int32]float32 {
	if len(ids) == 0 {
		return bias
	}
	all := make(map[int32]float32, len(bias)+len(ids))
	maps.Copy(all, bias)
	for _, id := range ids {
		all[id] = float32(math.Inf(-1))
	}
	return all
}
