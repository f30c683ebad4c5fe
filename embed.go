package chord

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/simd"
)

// EmbedOptions say how a text becomes a vector. The zero value is what the
// model was trained for, of length 1.
type EmbedOptions struct {
	// Pooling makes one vector of those of a text's tokens: "mean", "cls" (the
	// first token's) or "last". "" means what the file says.
	Pooling string `json:"pooling,omitempty"`
	// Raw leaves the vectors as they are pooled instead of giving them the
	// length 1.
	Raw bool `json:"raw,omitempty"`
}

// embedTokens is the most tokens of texts that share a forward pass: enough to
// make matrix products dense. A longer text has one of its own.
const embedTokens = 512

// Embed returns a vector, (Config().Dim,), for each of texts, which get the
// tokens that the vocabulary wants around a text, such as [CLS] and [SEP].
// What a text gives does not depend on what other texts there are.
//
// Errors name the text: one that is longer than the context wraps
// [ErrContextFull], a model that generates text [ErrUnsupported]. ctx.Err() is
// returned within about 50 ms after ctx is done; [ErrClosed].
func (m *Model) Embed(ctx context.Context, texts []string, o EmbedOptions) ([][]float32, error) {
	e := embedding{m: m, raw: o.Raw}
	if err := e.pool(o.Pooling); err != nil {
		return nil, err
	}
	all := make([][]int32, len(texts))
	for i, text := range texts {
		all[i] = m.tok.Encode(nil, text, bpe.EncodeOptions{})
		switch n := len(all[i]); {
		case n == 0:
			return nil, fmt.Errorf("chord: Embed: text %d has no tokens", i)
		case n > m.Context():
			return nil, fmt.Errorf("chord: Embed: text %d has %d tokens, context of %d: %w", i, n, m.Context(), ErrContextFull)
		}
	}
	vectors := make([][]float32, 0, len(texts))
	for len(all) > 0 {
		n := together(all)
		var err error
		if vectors, err = e.embed(ctx, vectors, all[:n]); err != nil {
			return nil, err
		}
		all = all[n:]
	}
	return vectors, nil
}

// together returns how many of all share the next forward pass, at least one.
func together(all [][]int32) int {
	tokens := len(all[0])
	for i, ids := range all[1:] {
		if tokens += len(ids); tokens > embedTokens {
			return i + 1
		}
	}
	return len(all)
}

// An embedding is one call of Embed.
type embedding struct {
	m       *Model
	pooling llama.Pooling
	raw     bool
}

// poolings are the names of [EmbedOptions.Pooling].
var poolings = map[string]llama.Pooling{"mean": llama.PoolingMean, "cls": llama.PoolingCLS, "last": llama.PoolingLast}

// pool sets the pooling, or says what is wrong with it and the model.
func (e *embedding) pool(name string) error {
	c := e.m.Config()
	if !c.Embedder() {
		return fmt.Errorf("chord: Embed: %s generates text and gives no vectors: %w", c.Arch, ErrUnsupported)
	}
	e.pooling = c.Pooling
	if name != "" {
		p, ok := poolings[name]
		if !ok {
			return fmt.Errorf("chord: EmbedOptions.Pooling: %q, want mean, cls or last", name)
		}
		e.pooling = p
	}
	if e.pooling == llama.PoolingNone {
		return fmt.Errorf("chord: EmbedOptions.Pooling: none, and %s.pooling_type says none: want mean, cls or last", c.Arch)
	}
	return nil
}

// embed appends the vectors of texts, which are given by their tokens.
func (e *embedding) embed(ctx context.Context, vectors [][]float32, texts [][]int32) ([][]float32, error) {
	var batch []llama.Token
	for _, ids := range texts {
		seq := e.m.llama.NewSeq()
		defer seq.Close()
		for i, id := range ids {
			batch = append(batch, llama.Token{Seq: seq, ID: id, Logits: e.wants(i, len(ids))})
		}
	}
	if err := e.m.enter(ctx); err != nil {
		return nil, err
	}
	defer e.m.leave()
	if err := e.m.llama.Forward(ctx, batch); err != nil {
		return nil, err
	}
	at := 0
	for _, ids := range texts {
		v := e.pooled(at, len(ids))
		if !e.raw {
			if err := normalize(v); err != nil {
				return nil, fmt.Errorf("chord: Embed: text %d: %w", len(vectors), err)
			}
		}
		vectors = append(vectors, v)
		at += len(ids)
	}
	return vectors, nil
}

// wants reports whether the vector of token i of n matters.
func (e *embedding) wants(i, n int) bool {
	return e.pooling == llama.PoolingMean || e.pooling == llama.PoolingCLS && i == 0 || e.pooling == llama.PoolingLast && i == n-1
}

// pooled returns the vector of the n tokens from at on.
func (e *embedding) pooled(at, n int) []float32 {
	v := make([]float32, e.m.Config().Dim)
	of := 0
	for i := range n {
		if e.wants(i, n) {
			simd.Add(v, e.m.llama.Logits(at+i))
			of++
		}
	}
	if of > 1 {
		simd.Scale(v, 1/float32(of))
	}
	return v
}

// normalize gives v the length 1, unless all of it is 0.
func normalize(v []float32) error {
	sum := simd.Dot(v, v)
	if math.IsNaN(float64(sum)) || math.IsInf(float64(sum), 0) {
		return errors.New("the vector has no finite length")
	}
	if sum > 0 {
		simd.Scale(v, 1/float32(math.Sqrt(float64(sum))))
	}
	return nil
}
