package eino

import (
	"context"

	"github.com/cloudwego/eino/components/embedding"

	"github.com/querent-ai/chord"
)

// An Embedder makes vectors of texts. Any number of goroutines may use it at once.
type Embedder struct {
	Model   *chord.Model // closed by the caller
	Options chord.EmbedOptions
}

var _ embedding.Embedder = (*Embedder)(nil)

// GetType returns the name of the implementation, as Eino shows it.
func (e *Embedder) GetType() string { return "Chord" }

// EmbedStrings returns a vector for each text. It has no options of its own.
func (e *Embedder) EmbedStrings(ctx context.Context, texts []string, _ ...embedding.Option) ([][]float64, error) {
	vectors, err := e.Model.Embed(ctx, texts, e.Options)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(vectors))
	for i, v := range vectors {
		out[i] = make([]float64, len(v))
		for j, x := range v {
			out[i][j] = float64(x)
		}
	}
	return out, nil
}
