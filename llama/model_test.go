package llama_test

import (
	"context"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
)

// A model is a llama.Model with a cache and an output.
type model struct {
	*llama.Model
	cache *kvcache.Cache
	out   llama.Output
}

// loadModel loads f.
func loadModel(f *gguf.File, o llama.Options) (*model, error) {
	m, err := llama.Load(f, o)
	if err != nil {
		return nil, err
	}
	return &model{Model: m, cache: m.NewCache(0)}, nil
}

func (m *model) NewSeq() *kvcache.Seq { return m.cache.NewSeq("") }

// Forward runs a batch. Tokens of an embedder output vectors instead of logits.
// LongRoPE uses the factors of a sequence as long as the context.
func (m *model) Forward(ctx context.Context, batch []llama.Token) error {
	c := m.Config()
	for i := range batch {
		if c.Embedder() && batch[i].Out == llama.OutLogits {
			batch[i].Out = llama.OutEmbd
		}
		batch[i].Long = m.LongFrom() > 0 && m.Context() > m.LongFrom()
	}
	return m.Model.Forward(ctx, batch, &m.out)
}

// Logits returns the output of token i of the last batch.
func (m *model) Logits(i int) []float32 { return m.out.Row(i) }

func (m *model) Close() error {
	m.cache.Close()
	return m.Model.Close()
}

// wants returns OutLogits or OutNone.
func wants(logits bool) llama.Out {
	if logits {
		return llama.OutLogits
	}
	return llama.OutNone
}
