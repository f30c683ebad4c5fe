package openai

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// An embedRequest asks for the vectors of texts.
type embedRequest struct {
	Model      *string     `json:"model"`
	Input      *wire.Input `json:"input" api:"required"`
	Format     *string     `json:"encoding_format" api:"values=float|base64"`
	Dimensions *int        `json:"dimensions" api:"min=1"`
}

// embeddings answers with vectors.
func embeddings(x *core.Exchange) error {
	var q embedRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	format := "float"
	if q.Format != nil {
		format = *q.Format
	}
	switch most := x.Core.Limits.Inputs; {
	case q.Input == nil || q.Input.Len() == 0:
		return wire.Errorf("input", "missing")
	case q.Input.Len() > most:
		return wire.Errorf("input", "%d texts, at most %d", q.Input.Len(), most)
	case format != "float" && format != "base64":
		return wire.Errorf("encoding_format", "%.40q, want float or base64", format)
	}
	m, err := x.Model(deref(q.Model))
	if err != nil {
		return err
	}
	dim := m.Info().Dim
	if q.Dimensions != nil {
		if dim = *q.Dimensions; dim < 1 || dim > m.Info().Dim {
			return wire.Errorf("dimensions", "%d, want 1 to %d", dim, m.Info().Dim)
		}
	}
	vectors, tokens, err := embed(x.Context(), m, q.Input)
	if err != nil {
		return err
	}
	x.Count(tokens)
	return x.JSON(embedAnswer(m.Name, vectors, dim, format, tokens))
}

// embed returns the vectors of an input and the number of its tokens.
func embed(ctx context.Context, m *core.Lease, in *wire.Input) (vectors [][]float32, tokens int, err error) {
	ids := in.IDs
	if in.Texts != nil {
		tok := m.Tokenizer()
		if tok == nil {
			return nil, 0, chord.ErrClosed
		}
		for i, text := range in.Texts {
			list, err := tok.EncodeContext(ctx, nil, text, bpe.EncodeOptions{})
			if err != nil {
				return nil, 0, err
			}
			if text == "" || len(list) == 0 {
				return nil, 0, wire.Errorf(fmt.Sprintf("input[%d]", i), "the text is empty")
			}
			ids = append(ids, list)
		}
	}
	for i, list := range ids {
		if len(list) == 0 {
			return nil, 0, wire.Errorf(fmt.Sprintf("input[%d]", i), "the text has no tokens")
		}
		tokens += len(list)
	}
	vectors, err = m.EmbedTokens(ctx, ids, chord.EmbedOptions{Adapters: m.Active()})
	return vectors, tokens, err
}

// An embedBody is an answer.
type embedBody struct {
	Object string      `json:"object"`
	Data   []vectorOut `json:"data"`
	Model  string      `json:"model"`
	Usage  embedUsage  `json:"usage"`
}

// A vectorOut is a vector: an array, or base64 of little-endian float32.
type vectorOut struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding"`
}

type embedUsage struct {
	Prompt int `json:"prompt_tokens"`
	Total  int `json:"total_tokens"`
}

// embedAnswer returns the answer with the first dim elements of each vector.
func embedAnswer(name string, vectors [][]float32, dim int, format string, tokens int) any {
	list := make([]vectorOut, len(vectors))
	for i, v := range vectors {
		v = shorten(v, dim)
		list[i] = vectorOut{"embedding", i, v}
		if format == "base64" {
			b := make([]byte, 0, 4*len(v))
			for _, f := range v {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
			}
			list[i].Embedding = base64.StdEncoding.EncodeToString(b)
		}
	}
	return embedBody{Object: "list", Data: list, Model: name, Usage: embedUsage{tokens, tokens}}
}

// shorten returns the first dim elements of v, scaled to length 1 again.
func shorten(v []float32, dim int) []float32 {
	if dim >= len(v) {
		return v
	}
	v = v[:dim]
	sum := 0.0
	for _, f := range v {
		sum += float64(f * f)
	}
	if sum > 0 {
		for i := range v {
			v[i] = float32(float64(v[i]) / math.Sqrt(sum))
		}
	}
	return v
}
