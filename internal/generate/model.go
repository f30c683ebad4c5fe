package generate

import (
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/constrain"
	"github.com/querent-ai/chord/internal/draft"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/sample"
)

// A Model is what the texts of a model need of it, and what they learn about drafts.
type Model struct {
	Engine         *engine.Engine
	Context        int    // maximum tokens of a text
	LongFrom       int    // a text is computed again when it grows beyond it; 0: never
	Draft          *Model // proposes tokens; nil: none
	NoPrefix       bool   // texts do not use the prefix cache
	Recurrent      bool   // its sequences go back to checkpoints and marks only
	NoSharedLookup bool   // drafts by lookup are of a text's own tokens

	Passes draft.Passes // times of passes

	// AlwaysDraft drafts as if that took no time, for tests.
	AlwaysDraft bool
	// Propose changes what Draft proposes, for benchmarks; nil: nothing.
	Propose func(position int, id int32) int32

	history  draft.History // how often proposals were right
	poolOnce sync.Once
	pool     *draft.Pool // of the texts of all requests; nil: none yet
}

// sharedPool returns the pool of n-grams of all texts, or nil.
func (m *Model) sharedPool() *draft.Pool {
	if m.NoSharedLookup {
		return nil
	}
	m.poolOnce.Do(func() { m.pool = draft.NewPool() })
	return m.pool
}

// Params say how a text is generated. They are those of the same names of package
// chord, checked.
type Params struct {
	Sampling          sample.Params
	Grammar           *grammar.Grammar
	BannedStrings     []string
	Processor         Processor
	Progress          func(done, total int)
	MaxTokens         int
	Stop              []string
	StopTokens        []int32
	IgnoreEOS         bool
	Logprobs          int
	PostSamplingProbs bool
	Priority          int

	Lookup, DraftMax, DraftMin int
	DraftPMin                  float32
}

// A Processor changes logits.
type Processor interface {
	Process(tokens []int32, logits []float32)
}

// newSampler returns the sampler of a text that the tokens in stops end too.
func newSampler(v *constrain.Vocabulary, p *Params, stops []int32) (*sample.Sampler, error) {
	s := p.Sampling
	s.LogitBias = forbid(s.LogitBias, v.Never)
	if p.IgnoreEOS && p.Grammar == nil {
		s.LogitBias = forbid(s.LogitBias, v.EOG)
	}
	var c sample.Config
	if s.DRYMultiplier > 0 {
		c.Breakers = v.Breakers(s.DRYSequenceBreakers)
	}
	if s.MinTokens > 0 {
		c.EndTokens = slices.Concat(v.EOG, stops)
	}
	return sample.New(s, c)
}

// forbid returns a copy of bias in which the tokens are forbidden.
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
