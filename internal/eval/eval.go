package eval

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/querent-ai/chord"
)

// A Perplexity is how well a model predicts a text, so far.
type Perplexity struct {
	Window  int      `json:"window"`  // windows computed
	Windows int      `json:"windows"` // of so many
	Tokens  int      `json:"tokens"`  // tokens that count
	PPL     Estimate `json:"ppl"`     // e to the power of the mean of -log p(token)
}

// Options say how a text is cut into windows. The zero value does as
// llama-perplexity does.
type Options struct {
	// Window is the tokens of a window: those that a token is predicted from
	// and the token itself. 0 means 512, or the model's context if that is
	// less.
	Window int `json:"window,omitempty"`
	// Stride, if not 0, is how far a window begins after the one before, and
	// how many tokens at its end count. Without it windows follow each other
	// and those of their second half count.
	Stride int `json:"stride,omitempty"`
	// Windows is how many are computed at most. 0 and -1 mean: all that the
	// text has.
	Windows int `json:"windows,omitempty"`
	// Base gets what KLDivergence compares another model with: a file as
	// llama-perplexity's --kl-divergence-base. It goes with no Stride.
	Base io.Writer `json:"-"`
}

// Run computes how well m predicts text and yields what is known after each
// window; the last element is the result.
//
// As llama-perplexity does it: names of control tokens in text are text, and
// where the vocabulary wants a BOS it takes the place of each window's first
// token, unless there is a Stride. The same figures come out for any number of
// threads, on every machine.
//
// An error is yielded once, as the last element: about the options, naming the
// field; about a text that fills no window; what writing Base gives;
// [chord.ErrUnsupported] for a model that gives vectors; and as
// [chord.Model.Generate] has them.
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

// Compare computes how far m is from the model that has made base, and yields
// what is known after each window; the last element is the result. Windows and
// their tokens are base's; of o only Windows matters.
//
// An error is yielded once, as the last element: about base, and as [Run] has
// them.
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

// errLeft is how a run learns that the caller has left the loop.
var errLeft = errors.New("the caller left the loop")
