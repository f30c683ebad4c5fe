// Package embed makes vectors and scores of texts: it pools what a model gives for
// the tokens, projects, cuts off and normalises vectors, and puts queries and
// documents together for rerankers.
package embed

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/simd"
)

// A Model makes vectors.
type Model struct {
	Engine   *engine.Engine
	Llama    *llama.Model
	NoPrefix bool // pairs do not use the prefix cache
}

// poolings are the names of poolings.
var poolings = map[string]llama.Pooling{"none": llama.PoolingNone, "mean": llama.PoolingMean, "cls": llama.PoolingCLS, "last": llama.PoolingLast}

// Pooling returns the pooling with the given name, or that of the model for "". It
// returns false if there is none.
func (m *Model) Pooling(name string) (llama.Pooling, bool) {
	if name != "" {
		p, ok := poolings[name]
		return p, ok
	}
	c := m.Llama.Config()
	switch embedder := c.Embedder(); {
	case c.Pooling == llama.PoolingRank && embedder:
		return llama.PoolingCLS, true // the vector that the scores are made from
	case c.Pooling == llama.PoolingRank:
		return llama.PoolingLast, true
	case c.Pooling != llama.PoolingNone:
		return c.Pooling, true
	case embedder:
		return llama.PoolingMean, true
	}
	return llama.PoolingLast, true
}

// embedder reports whether the model gives nothing but vectors.
func (m *Model) embedder() bool {
	c := m.Llama.Config()
	return c.Embedder()
}

// Pooled returns the pooled vector of a text, (dim,), or the vectors of all its
// tokens, one after the other.
func (m *Model) Pooled(ctx context.Context, ids []int32, pooling llama.Pooling, adapters *llama.AdapterSet) ([]float32, error) {
	seq := m.Engine.NewSeq(nil, engine.SeqOptions{Embed: true, NoPrefix: true, Adapters: adapters})
	defer seq.Close()
	switch pooling {
	case llama.PoolingCLS:
		return m.vector(ctx, seq, ids, 0)
	case llama.PoolingLast:
		return m.vector(ctx, seq, ids, len(ids)-1)
	}
	return m.vectors(ctx, seq, ids, pooling == llama.PoolingMean)
}

// vector returns the vector of one token of ids.
func (m *Model) vector(ctx context.Context, seq *engine.Seq, ids []int32, at int) ([]float32, error) {
	want := len(ids) - at
	if !m.embedder() { // causal: later tokens change nothing
		ids, want = ids[:at+1], 1
	}
	rows, err := m.Engine.Forward(ctx, seq, ids, want)
	if err != nil {
		return nil, err
	}
	return slices.Clone(rows.At(0)), nil
}

// vectors returns the vectors of all tokens, or their mean.
func (m *Model) vectors(ctx context.Context, seq *engine.Seq, ids []int32, mean bool) ([]float32, error) {
	var all []float32
	sum := make([]float32, m.Llama.Config().Dim)
	for row, err := range m.Engine.ForwardEach(ctx, seq, ids, len(ids)) {
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

// Finish projects vectors, cuts them off after n elements and, unless raw, normalises
// them.
func (m *Model) Finish(pooled []float32, n int, raw bool) ([]float32, error) {
	dim := m.Llama.Config().Dim
	all := make([]float32, 0, len(pooled)/dim*n)
	for v := range slices.Chunk(pooled, dim) {
		v = m.Llama.Project(v)[:n]
		if !raw {
			if err := normalize(v); err != nil {
				return nil, err
			}
		}
		all = append(all, v...)
	}
	return all, nil
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

// Relevance returns the score of the tokens of a query with a document.
func (m *Model) Relevance(ctx context.Context, ids []int32) (float32, error) {
	var v []float32
	var err error
	if m.embedder() {
		v, err = m.Pooled(ctx, ids, llama.PoolingCLS, nil)
	} else {
		seq := m.Engine.NewSeq(ids, engine.SeqOptions{Embed: true, NoPrefix: m.NoPrefix}) // pairs begin alike
		defer seq.Close()
		v, err = m.vector(ctx, seq, ids[seq.Len():], len(ids)-1-seq.Len())
	}
	if err != nil {
		return 0, err
	}
	outputs := m.Llama.Classify(v)
	score := outputs[max(0, slices.Index(m.Llama.Config().Labels, "yes"))]
	if math.IsNaN(float64(score)) || math.IsInf(float64(score), 0) {
		return 0, errors.New("the score is not a finite number")
	}
	return score, nil
}
