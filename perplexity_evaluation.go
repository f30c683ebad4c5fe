package chord

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/querent-ai/chord/internal/perplexity"
)

// Defaults of PerplexityOptions.
const (
	windowTokens = 512
	batchTokens  = 256
)

// check returns an error that names the first field that has no meaning, and
// settles the others for m.
func (o *PerplexityOptions) check(m *Model) error {
	if c := m.Config(); c.Embedder() {
		return fmt.Errorf("chord: perplexity: %s gives vectors, no logits: %w", c.Arch, ErrUnsupported)
	}
	if o.Window == 0 {
		o.Window = min(windowTokens, m.Context())
	}
	if o.Batch == 0 {
		o.Batch = batchTokens
	}
	for _, f := range []struct {
		name      string
		n, lo, hi int
	}{
		{"Window", o.Window, perplexity.MinWindow, m.Context()},
		{"Stride", o.Stride, 0, o.Window - 1},
		{"Windows", o.Windows, -1, math.MaxInt32},
		{"Batch", o.Batch, 1, math.MaxInt32},
	} {
		if f.n < f.lo || f.n > f.hi {
			return fmt.Errorf("chord: PerplexityOptions.%s: %d, want %d to %d", f.name, f.n, f.lo, f.hi)
		}
	}
	if o.Base != nil && o.Stride > 0 {
		return errors.New("chord: PerplexityOptions.Base: goes with no Stride")
	}
	return nil
}

// newEvaluation prepares the windows of text.
func (m *Model) newEvaluation(text string, o PerplexityOptions) (*evaluation, error) {
	if err := o.check(m); err != nil {
		return nil, err
	}
	ids := m.encode(text, Params{NoParseSpecial: true})
	e := &evaluation{m: m, ids: ids, window: o.Window, stride: o.Window, first: o.Window / 2, size: o.Batch, bos: m.tok.AddBOS()}
	e.windows = len(ids) / o.Window
	if o.Stride > 0 {
		e.stride, e.first, e.bos = o.Stride, o.Window-1-o.Stride, false
		e.windows = (len(ids) - o.Window + o.Stride - 1) / o.Stride
	}
	if e.windows <= 0 {
		return nil, fmt.Errorf("chord: perplexity: a text of %d tokens fills no window of %d", len(ids), o.Window)
	}
	e.limit(o.Windows)
	if o.Base != nil {
		return e, e.write(o.Base)
	}
	e.row = func(s *perplexity.Scorer, _ int, logits []float32, id int32) perplexity.Row {
		return s.Score(logits, id)
	}
	return e, nil
}

// newComparison prepares the windows of base.
func (m *Model) newComparison(base io.Reader, o PerplexityOptions) (*evaluation, error) {
	window, ids, err := perplexity.ReadHead(base, m.Config().Vocab)
	if err != nil {
		return nil, fmt.Errorf("chord: %w", err)
	}
	if window > m.Context() {
		return nil, fmt.Errorf("chord: base logits: windows of %d tokens, context of %d: %w", window, m.Context(), ErrContextFull)
	}
	o.Window, o.Stride, o.Base = window, 0, nil
	if err := o.check(m); err != nil {
		return nil, err
	}
	e := &evaluation{m: m, ids: ids, window: window, stride: window, first: window / 2, size: o.Batch, bos: m.tok.AddBOS(), windows: len(ids) / window}
	e.limit(o.Windows)
	e.read(base)
	return e, nil
}
