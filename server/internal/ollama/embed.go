package ollama

import (
	"fmt"
	"math"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// An embedRequest asks for the vectors of texts.
type embedRequest struct {
	Model      *string      `json:"model"`
	Input      wire.Strings `json:"input"`
	Truncate   *bool        `json:"truncate"` // nil: true
	Dimensions *int         `json:"dimensions" api:"min=1"`
	KeepAlive  keepAlive    `json:"keep_alive"`
}

// An embedAnswer has the vectors.
type embedAnswer struct {
	Model           string        `json:"model"`
	Embeddings      [][]float32   `json:"embeddings"`
	TotalDuration   time.Duration `json:"total_duration,omitempty"`
	LoadDuration    time.Duration `json:"load_duration,omitempty"`
	PromptEvalCount int           `json:"prompt_eval_count,omitempty"`
}

// embed answers with the vectors of texts; without one it loads the model.
func embed(x *core.Exchange) error {
	var q embedRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	if n, most := len(q.Input), x.Core.Limits.Inputs; n > most {
		return wire.Errorf("input", "%d texts, at most %d", n, most)
	}
	if len(q.Input) == 1 && q.Input[0] == "" {
		q.Input = nil
	}
	start := time.Now()
	m, err := x.ModelFor(deref(q.Model), q.KeepAlive.time)
	if err != nil {
		return err
	}
	loaded := time.Now()
	vectors, tokens, err := q.vectors(x, m)
	if err != nil {
		return err
	}
	return x.JSON(embedAnswer{newHead(deref(q.Model), m).Model, vectors, time.Since(start), loaded.Sub(start), tokens})
}

// vectors returns the vectors of the texts and the number of their tokens.
func (q *embedRequest) vectors(x *core.Exchange, m *core.Lease) ([][]float32, int, error) {
	dim := m.Info().Dim
	if q.Dimensions != nil {
		if dim = *q.Dimensions; dim < 1 || dim > m.Info().Dim {
			return nil, 0, wire.Errorf("dimensions", "%d, want 1 to %d", dim, m.Info().Dim)
		}
	}
	tok, tokens := m.Tokenizer(), 0
	if tok == nil {
		return nil, 0, chord.ErrClosed
	}
	for i, text := range q.Input {
		if text == "" {
			return nil, 0, wire.Errorf(fmt.Sprintf("input[%d]", i), "the text is empty")
		}
		ids, err := tok.EncodeContext(x.Context(), nil, text, bpe.EncodeOptions{})
		if err != nil {
			return nil, 0, err
		}
		tokens += min(len(ids), m.Context())
	}
	if len(q.Input) == 0 {
		return [][]float32{}, 0, nil
	}
	vectors, err := m.Embed(x.Context(), q.Input, chord.EmbedOptions{Truncate: q.Truncate == nil || *q.Truncate})
	if err != nil {
		return nil, 0, err
	}
	x.Count(tokens)
	for i := range vectors {
		vectors[i] = shorten(vectors[i], dim)
	}
	return vectors, tokens, nil
}

// An embedOneRequest asks for the vector of one text.
type embedOneRequest struct {
	embedRequest
	Prompt *string `json:"prompt"`
}

// An embedOneAnswer has the vector.
type embedOneAnswer struct {
	Embedding []float32 `json:"embedding"`
}

// embedOne answers with the vector of one text.
func embedOne(x *core.Exchange) error {
	var q embedOneRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	m, err := x.ModelFor(deref(q.Model), q.KeepAlive.time)
	if err != nil {
		return err
	}
	out := embedOneAnswer{[]float32{}}
	if q.Input = nil; deref(q.Prompt) != "" {
		q.Input = wire.Strings{*q.Prompt}
		vectors, _, err := q.vectors(x, m)
		if err != nil {
			return err
		}
		out.Embedding = vectors[0]
	}
	return x.JSON(out)
}

// shorten returns the first dim elements of v, scaled to length 1 again.
func shorten(v []float32, dim int) []float32 {
	if dim >= len(v) {
		return v
	}
	v = v[:dim]
	sum := 0.0
	for _, f := range v {
		sum += float64(f) * float64(f)
	}
	if sum > 0 {
		for i := range v {
			v[i] = float32(float64(v[i]) / math.Sqrt(sum))
		}
	}
	return v
}
