package chord

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/querent-ai/chord/internal/perplexity"
)

// An Estimate is a figure and its standard error.
type Estimate = perplexity.Estimate

// A KLDivergence says how far a model is from its base: perplexities of both,
// the mean divergence of a token (KL, in nats), how probabilities of the text's
// tokens differ (DeltaP), how often the likeliest token is the same (SameTop),
// and quantiles.
type KLDivergence = perplexity.Summary

// A Perplexity is how well a model predicts a text, so far.
type Perplexity struct {
	Window  int      `json:"window"`  // windows computed
	Windows int      `json:"windows"` // of so many
	Tokens  int      `json:"tokens"`  // tokens that count
	PPL     Estimate `json:"ppl"`     // e to the power of the mean of -log p(token)
}

// PerplexityOptions say how a text is cut into windows. The zero value does as
// llama-perplexity does.
type PerplexityOptions struct {
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
	// Batch is the most tokens computed at once. 0 means 256. It changes no
	// bit of what comes out.
	Batch int `json:"batch,omitempty"`
	// Base gets what KLDivergence compares another model with: a file as
	// llama-perplexity's --kl-divergence-base. It goes with no Stride.
	Base io.Writer `json:"-"`
}

// Perplexity computes how well the model predicts text and yields what is known
// after each window; the last element is the result.
//
// As llama-perplexity does it: names of control tokens in text are text, and
// where the vocabulary wants a BOS it takes the place of each window's first
// token, unless there is a Stride. The same figures come out for any number of
// threads and any Batch, on every machine.
//
// An error is yielded once, as the last element: about the options, naming the
// field; about a text that fills no window; what writing Base gives;
// [ErrUnsupported] for a model that gives vectors; and as Generate has them.
func (m *Model) Perplexity(ctx context.Context, text string, o PerplexityOptions) iter.Seq2[Perplexity, error] {
	return func(yield func(Perplexity, error) bool) {
		e, err := m.newEvaluation(text, o)
		if err == nil {
			defer e.close()
			err = e.run(ctx, func(window int, rows perplexity.Rows) bool {
				return yield(Perplexity{window, e.windows, len(rows), rows.PPL()}, nil)
			})
		}
		if err != nil && !errors.Is(err, errLeft) {
			yield(Perplexity{}, err)
		}
	}
}

// KLDivergence computes how far the model is from the one that has made base,
// and yields what is known after each window; the last element is the result.
// Windows and their tokens are base's; of o only Windows and Batch matter.
//
// An error is yielded once, as the last element: about base, and as Perplexity
// has them.
func (m *Model) KLDivergence(ctx context.Context, base io.Reader, o PerplexityOptions) iter.Seq2[KLDivergence, error] {
	return func(yield func(KLDivergence, error) bool) {
		e, err := m.newComparison(base, o)
		if err == nil {
			defer e.close()
			err = e.run(ctx, func(window int, rows perplexity.Rows) bool {
				s := rows.Summary()
				s.Window, s.Windows = window, e.windows
				if window == e.windows {
					rows.Quantiles(&s)
				}
				return yield(s, nil)
			})
		}
		if err != nil && !errors.Is(err, errLeft) {
			yield(KLDivergence{}, err)
		}
	}
}
