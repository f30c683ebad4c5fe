package chord

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/simd"
)

// EmbedOptions say how texts are embedded. The zero value uses the pooling of the
// model and normalises vectors to length 1.
type EmbedOptions struct {
	// Pooling combines the vectors of a text's tokens: "mean", "cls" (the first
	// token), "last", or "none", which keeps them all. "" means the pooling of the
	// file, else "mean" for an embedder and "last" for a generator.
	Pooling string `json:"pooling,omitempty"`
	// Raw keeps vectors as pooled, without normalising them.
	Raw bool `json:"raw,omitempty"`
	// Truncate cuts off the end of a text longer than the context, which is an
	// error without it.
	Truncate bool `json:"truncate,omitempty"`
	// Dimensions cuts vectors off after that many elements, before they are
	// normalised, for models that were trained so (Matryoshka); 0 keeps all.
	Dimensions int `json:"dimensions,omitempty"`
	// Adapters change the matrices of the model.
	Adapters []AdapterScale `json:"-"`
}

// Embed returns a vector, (Info().VectorDim,) or as long as Dimensions says, for
// each text; with pooling "none" the vectors of all its tokens, one after the
// other. Texts get the special tokens of the vocabulary, such as [CLS] and [SEP];
// an instruction that the model wants before a text is the caller's. The vector of
// a text does not depend on the other texts, nor on anything else that the model
// does. Generators give vectors too: their last hidden state after the norm. The
// projections of a file, such as EmbeddingGemma's, follow pooling.
//
// Errors name the text; its vector is nil, and the vectors of the other texts are
// returned all the same. A text longer than the context gives [ErrContextFull].
// Other errors are a [*ParamError], ctx.Err() as soon as ctx is done, [ErrBusy] and
// [ErrClosed].
func (m *Model) Embed(ctx context.Context, texts []string, o EmbedOptions) ([][]float32, error) {
	return m.embedAll(ctx, len(texts), o, func(i int) ([]int32, error) { return m.embedTokens(ctx, texts[i], o.Truncate) })
}

// embedAll returns the vectors of n texts, whose tokens tokens returns.
func (m *Model) embedAll(ctx context.Context, n int, o EmbedOptions, tokens func(i int) ([]int32, error)) ([][]float32, error) {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	pooling, err := m.pooling(o.Pooling)
	if err != nil {
		return nil, err
	}
	if o.Dimensions < 0 || o.Dimensions > m.info.VectorDim {
		return nil, invalid("EmbedOptions.Dimensions", "%d, want 0 to the %d of the model", o.Dimensions, m.info.VectorDim)
	}
	set, err := m.adapters("EmbedOptions.Adapters", o.Adapters)
	if err != nil {
		return nil, err
	}
	return eachText(ctx, "Embed: text", n, func(i int) ([]float32, error) {
		ids, err := tokens(i)
		if err != nil {
			return nil, err
		}
		v, err := m.pooled(ctx, ids, pooling, set)
		if err != nil {
			return nil, err
		}
		return m.finish(v, o)
	})
}

// eachText returns f(0) to f(n-1) and their errors, which say what i is; only
// ctx.Err() once ctx is done.
func eachText[T any](ctx context.Context, what string, n int, f func(i int) (T, error)) ([]T, error) {
	results, errs := make([]T, n), make([]error, n)
	_ = each(n, func(i int) error {
		results[i], errs[i] = f(i)
		if errs[i] != nil && ctx.Err() == nil {
			errs[i] = &textError{what, i, failed(errs[i])}
		}
		return nil
	})
	if err := ctx.Err(); err != nil && slices.ContainsFunc(errs, func(e error) bool { return e != nil }) {
		return nil, err
	}
	return results, errors.Join(errs...)
}

// A textError is the error of one of the texts of a call.
type textError struct {
	what string
	i    int
	err  error
}

func (e *textError) Error() string {
	return fmt.Sprintf("chord: %s %d: %s", e.what, e.i, strings.TrimPrefix(e.err.Error(), "chord: "))
}

func (e *textError) Unwrap() error { return e.err }

// poolings are the values of [EmbedOptions.Pooling].
var poolings = map[string]llama.Pooling{"none": llama.PoolingNone, "mean": llama.PoolingMean, "cls": llama.PoolingCLS, "last": llama.PoolingLast}

// pooling returns the pooling with the given name.
func (m *Model) pooling(name string) (llama.Pooling, error) {
	if name != "" {
		p, ok := poolings[name]
		if !ok {
			return p, invalid("EmbedOptions.Pooling", "%q, want none, mean, cls or last", name)
		}
		return p, nil
	}
	c := m.llama.Config()
	switch {
	case c.Pooling == llama.PoolingRank && m.embedder:
		return llama.PoolingCLS, nil // the vector that the scores are made from
	case c.Pooling == llama.PoolingRank:
		return llama.PoolingLast, nil
	case c.Pooling != llama.PoolingNone:
		return c.Pooling, nil
	case m.embedder:
		return llama.PoolingMean, nil
	}
	return llama.PoolingLast, nil
}

// pooled returns the pooled vector of a text, or the vectors of all its tokens.
func (m *Model) pooled(ctx context.Context, ids []int32, pooling llama.Pooling, set *llama.AdapterSet) ([]float32, error) {
	seq := m.engine.NewSeq(nil, engine.SeqOptions{Embed: true, NoPrefix: true, Adapters: set})
	defer seq.Close()
	switch pooling {
	case llama.PoolingCLS:
		return m.lastVector(ctx, seq, ids, 0)
	case llama.PoolingLast:
		return m.lastVector(ctx, seq, ids, len(ids)-1)
	}
	return m.vectors(ctx, seq, ids, pooling == llama.PoolingMean)
}

// finish projects, cuts off and normalises vectors.
func (m *Model) finish(pooled []float32, o EmbedOptions) ([]float32, error) {
	n := cmp.Or(o.Dimensions, m.info.VectorDim)
	all := make([]float32, 0, len(pooled)/m.info.Dim*n)
	for v := range slices.Chunk(pooled, m.info.Dim) {
		v = m.llama.Project(v)[:n]
		if !o.Raw {
			if err := normalize(v); err != nil {
				return nil, err
			}
		}
		all = append(all, v...)
	}
	return all, nil
}

// embedTokens returns the tokens of a text.
func (m *Model) embedTokens(ctx context.Context, text string, truncate bool) ([]int32, error) {
	tok, err := m.tokenizer()
	if err != nil {
		return nil, err
	}
	ids, err := tok.EncodeContext(ctx, nil, text, bpe.EncodeOptions{})
	switch n, limit := len(ids), m.Context(); {
	case err != nil:
		return nil, err
	case n == 0:
		return nil, invalid("text", "it has no tokens")
	case n > limit && truncate:
		last := ids[n-1] // the final special token, such as [SEP], stays
		ids = ids[:limit]
		if tok.AddEOS() || tok.AddSEP() || m.embedder {
			ids[limit-1] = last
		}
	case n > limit:
		return nil, fmt.Errorf("%d tokens, context of %d: %w", n, limit, ErrContextFull)
	}
	return ids, nil
}

// lastVector returns the vector of one token of ids.
func (m *Model) lastVector(ctx context.Context, seq *engine.Seq, ids []int32, at int) ([]float32, error) {
	want := len(ids) - at
	if !m.embedder { // causal: later tokens change nothing
		ids, want = ids[:at+1], 1
	}
	rows, err := m.engine.Forward(ctx, seq, ids, want)
	if err != nil {
		return nil, err
	}
	return slices.Clone(rows.At(0)), nil
}

// vectors returns the vectors of all tokens, or their mean.
func (m *Model) vectors(ctx context.Context, seq *engine.Seq, ids []int32, mean bool) ([]float32, error) {
	var all []float32
	sum := make([]float32, m.info.Dim)
	for row, err := range m.engine.ForwardEach(ctx, seq, ids, len(ids)) {
		switch {
		case err != nil:
			return nil, err
		case mean:
			simd.Add(sum, row)
		default:
			all = append(all, row...)
		}
	}
	if !mean {
		return all, nil
	}
	if len(ids) > 1 {
		simd.Scale(sum, 1/float32(len(ids)))
	}
	return sum, nil
}

// normalize scales v to length 1, unless it is 0.
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
