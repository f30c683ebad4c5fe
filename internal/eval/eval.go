package eval

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/querent-ai/chord"
)

// A Perplexity says how well a model predicts a text, after some windows.
type Perplexity struct {
	Window  int      `json:"window"`  // windows computed
	Windows int      `json:"windows"` // windows in all
	Tokens  int      `json:"tokens"`  // tokens that count
	PPL     Estimate `json:"ppl"`     // e to the power of the mean of -log p(token)
}

// Options say how a text is cut into windows. The zero value cuts as
// llama-perplexity does.
type Options struct {
	// Window is the number of tokens of a window. 0 means 512, or the model's
	// context if that is less.
	Window int `json:"window,omitempty"`
	// Stride, if not 0, is the distance between the starts of two windows, and
	// how many tokens at the end of a window are scored. With 0 windows do not
	// overlap and the tokens of their second half are scored.
	Stride int `json:"stride,omitempty"`
	// Windows is the most windows to compute. 0 and -1 mean all.
	Windows int `json:"windows,omitempty"`
	// Base, if not nil, gets the base file for Compare, in the format of
	// llama-perplexity's --kl-divergence-base. Stride must then be 0.
	Base io.Writer `json:"-"`
}

// Run computes how well m predicts text. It yields an estimate after each window;
// the last element is the result.
//
// As llama-perplexity does it: names of control tokens in text are text, and
// where the vocabulary wants a BOS it takes the place of each window's first
// token, unless Stride is set. The figures are the same for any number of threads
// and on every machine.
//
// An error is yielded once, as the last element: it names a field of the options,
// says that the text fills no window, comes from writing Base, wraps
// [chord.ErrUnsupported] for an embedder, or is one of [chord.Model.Generate].
func Run(ctx context.Context, m *chord.Model, text string, o Options) iter.Seq2[Perplexity, error] {
	return func(yield func(Perplexity, error) bool) {
		e, err := newEvaluation(ctx, m, text, o)
		if err == nil {
			err = e.run(ctx, func(window int, rows Rows) bool {
				return yield(Perplexity{window, e.windows, len(rows), rows.PPL()}, nil)
			})
		}
		if err != nil && !errors.Is(err, errLeft) {
			yield(Perplexity{}, err)
		}
	}
}

// Compare computes how far m is from the model that made the base file. It yields a
// summary after each window; the last element is the result. Windows and their
// tokens come from the base file; of o only Windows is used.
//
// An error is yielded once, as the last element: about the base file, or one of
// [Run].
func Compare(ctx context.Context, m *chord.Model, base io.Reader, o Options) iter.Seq2[Summary, error] {
	return func(yield func(Summary, error) bool) {
		e, err := newComparison(m, base, o)
		if err == nil {
			err = e.run(ctx, func(window int, rows Rows) bool {
				s := rows.Summary()
				s.Window, s.Windows = window, e.windows
				if window == e.windows {
					rows.Quantiles(&s)
				}
				return yield(s, nil)
			})
		}
		if err != nil && !errors.Is(err, errLeft) {
			yield(Summary{}, err)
		}
	}
}

// errLeft says that the caller has left the loop.
var errLeft = errors.New("the caller left the loop")
