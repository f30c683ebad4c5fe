package eval

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
)

// windowTokens is the default of Options.Window.
const windowTokens = 512

// check returns an error that names the first invalid field, and sets defaults.
func (o *Options) check(m *chord.Model) error {
	info := m.Info()
	if info.Embedder {
		return fmt.Errorf("perplexity: %s gives vectors, no logits: %w", info.Arch, chord.ErrUnsupported)
	}
	if o.Window == 0 {
		o.Window = min(windowTokens, info.Context)
	}
	for _, f := range []struct {
		name      string
		n, lo, hi int
	}{
		{"Window", o.Window, MinWindow, info.Context},
		{"Stride", o.Stride, 0, o.Window - 1},
		{"Windows", o.Windows, -1, math.MaxInt32},
	} {
		if f.n < f.lo || f.n > f.hi {
			return &chord.ParamError{Field: "Options." + f.name, Reason: fmt.Sprintf("%d, want %d to %d", f.n, f.lo, f.hi)}
		}
	}
	if o.Base != nil && o.Stride > 0 {
		return &chord.ParamError{Field: "Options.Base", Reason: "goes with no Stride"}
	}
	return nil
}

// newEvaluation prepares the windows of text.
func newEvaluation(ctx context.Context, m *chord.Model, text string, o Options) (*evaluation, error) {
	if err := o.check(m); err != nil {
		return nil, err
	}
	tok := m.Tokenizer()
	if tok == nil {
		return nil, fmt.Errorf("perplexity: %w", chord.ErrClosed)
	}
	ids, err := tok.EncodeContext(ctx, nil, text, bpe.EncodeOptions{NoParseSpecial: true})
	if err != nil {
		return nil, err
	}
	if n := len(ids); n > 0 && tok.AddEOS() && ids[n-1] == tok.EOS() {
		ids = ids[:n-1]
	}
	e := &evaluation{m: m, ids: ids, window: o.Window, stride: o.Window, first: o.Window / 2, bos: bos(tok)}
	e.windows = len(ids) / o.Window
	if o.Stride > 0 {
		e.stride, e.first, e.bos = o.Stride, o.Window-1-o.Stride, -1
		e.windows = (len(ids) - o.Window + o.Stride - 1) / o.Stride
	}
	if e.windows <= 0 {
		return nil, fmt.Errorf("perplexity: a text of %d tokens fills no window of %d", len(ids), o.Window)
	}
	e.limit(o.Windows)
	if o.Base != nil {
		return e, e.write(o.Base)
	}
	e.row = func(s *Scorer, _ []byte, logits []float32, id int32) Row { return s.Score(logits, id) }
	return e, nil
}

// newComparison prepares the windows of base.
func newComparison(m *chord.Model, base io.Reader, o Options) (*evaluation, error) {
	window, ids, err := ReadHead(base, m.Info().Vocab)
	if err != nil {
		return nil, err
	}
	if limit := m.Context(); window > limit {
		return nil, fmt.Errorf("base logits: windows of %d tokens, context of %d: %w", window, limit, chord.ErrContextFull)
	}
	o.Window, o.Stride, o.Base = window, 0, nil
	if err := o.check(m); err != nil {
		return nil, err
	}
	tok := m.Tokenizer()
	if tok == nil {
		return nil, fmt.Errorf("perplexity: %w", chord.ErrClosed)
	}
	e := &evaluation{m: m, ids: ids, window: window, stride: window, first: window / 2, bos: bos(tok), windows: len(ids) / window}
	e.limit(o.Windows)
	e.read(base)
	return e, nil
}

// bos returns the BOS that a vocabulary wants before a text, or -1.
func bos(tok *bpe.Tokenizer) int32 {
	if tok.AddBOS() {
		return tok.BOS()
	}
	return -1
}
