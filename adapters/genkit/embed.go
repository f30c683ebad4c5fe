package genkit

import (
	"context"
	"encoding/json"

	"github.com/firebase/genkit/go/ai"
	"github.com/firebase/genkit/go/core"

	"github.com/querent-ai/chord"
)

// An embedder makes vectors with a model.
type embedder struct {
	model   *chord.Model
	options chord.EmbedOptions
}

// embed returns a vector for each document, of the texts of its parts.
func (e *embedder) embed(ctx context.Context, req *ai.EmbedRequest) (*ai.EmbedResponse, error) {
	o := e.options
	switch c := req.Options.(type) {
	case nil:
	case chord.EmbedOptions:
		o = c
	case *chord.EmbedOptions:
		o = *c
	default:
		b, err := json.Marshal(c)
		if err == nil {
			err = json.Unmarshal(b, &o)
		}
		if err != nil {
			return nil, fail(core.INVALID_ARGUMENT, err, "options: %v", err)
		}
	}
	texts := make([]string, len(req.Input))
	for i, d := range req.Input {
		for j, p := range d.Content {
			if !p.IsText() && !p.IsData() {
				return nil, fail(core.INVALID_ARGUMENT, chord.ErrUnsupported, "input[%d]: part %d: only text can be read", i, j)
			}
			texts[i] += p.Text
		}
	}
	vectors, err := e.model.Embed(ctx, texts, o)
	if err != nil {
		return nil, mapError(err)
	}
	out := &ai.EmbedResponse{Embeddings: make([]*ai.Embedding, len(vectors))}
	for i, v := range vectors {
		out.Embeddings[i] = &ai.Embedding{Embedding: v}
	}
	return out, nil
}
