package modelbench

import (
	"context"
	"fmt"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/bench"
)

// A Draft says how tokens are drafted in tests that generate in one sequence with
// nothing before it. The model continues Prompt, greedily, with drafts and without, in
// turn: what is right of a draft depends on the text.
type Draft struct {
	Path     string // of the draft model; "": none
	Max, Min int    // as in chord.Params; Max is also that of lookup in the text
	PMin     float32
	Prompt   string
}

// draftPositions is how many tokens a prompt may have.
const draftPositions = 256

// options returns how a draft model is opened for a model that is opened with o.
func (d *Draft) options(o chord.Options) chord.Options {
	return chord.Options{Threads: o.Threads, NoRepack: o.NoRepack, NoPrefixCache: true}
}

// drafts are the measurements with drafts of a row. Element i of the lists belongs to
// repetition i.
type drafts struct {
	rates, plain      []float64 // tokens a second, with drafts and without
	drafted, accepted int       // tokens, in all repetitions
}

// sample adds a repetition to a row.
func (d *Draft) sample(ctx context.Context, r *row) error {
	p := chord.Params{Temperature: chord.Greedy, MaxTokens: r.Gen, IgnoreEOS: true, DraftMax: -1}
	plain, err := generate(ctx, r.session.model, d.Prompt, p)
	if err != nil {
		return err
	}
	p.Lookup, p.DraftMax, p.DraftMin, p.DraftPMin = d.Max, d.Max, d.Min, d.PMin
	with, err := generate(ctx, r.session.model, d.Prompt, p)
	if err != nil {
		return err
	}
	r.drafts.plain = append(r.drafts.plain, plain.TokenRate())
	r.drafts.rates = append(r.drafts.rates, with.TokenRate())
	r.drafts.drafted, r.drafts.accepted = r.drafts.drafted+with.Drafted, r.drafts.accepted+with.Accepted
	return nil
}

// generate returns the figures of a text.
func generate(ctx context.Context, m *chord.Model, prompt string, p chord.Params) (result chord.Result, err error) {
	for tok, err := range m.Generate(ctx, prompt, p) {
		if err != nil {
			return result, err
		}
		if tok.Result != nil {
			result = *tok.Result
		}
	}
	return result, nil
}

// measures reports whether a row is measured with drafts too.
func (d *Draft) measures(r *row) bool {
	return d != nil && r.Prompt == 0 && r.Depth == 0 && r.Seqs == 1
}

// ratios returns, for each repetition, the rate with drafts divided by that without.
func (d *drafts) ratios() []float64 { return bench.Ratios(d.rates, d.plain) }

// acceptance returns the share of the drafted tokens that were right, nil if none was
// drafted.
func (d *drafts) acceptance() any {
	if d.drafted == 0 {
		return nil
	}
	return float64(d.accepted) / float64(d.drafted)
}

// acceptedText returns the acceptance.
func (d *drafts) acceptedText() string {
	if d.drafted == 0 {
		return "none drafted"
	}
	return fmt.Sprintf("%.0f %% of %d", 100*float64(d.accepted)/float64(d.drafted), d.drafted)
}
