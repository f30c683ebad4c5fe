package chord

import (
	"context"
	"slices"

	"github.com/querent-ai/chord/internal/engine"
)

// Verify computes prompt and text of a receipt again, on any machine and several
// times as fast as they were generated, and samples again. It returns nil if every
// token and the hash of all logits are those of the receipt, and else a
// [*VerifyError]. Receipts of another model or cache type give [ErrMismatch],
// malformed ones [ErrInvalid]; other errors are those of [Model.Generate].
func (m *Model) Verify(ctx context.Context, r *Receipt) error {
	p := r.Params
	set, err := m.adapters("Receipt.Params.Adapters", p.Adapters)
	if err != nil {
		return err
	}
	if err := m.checkReceipt(ctx, r); err != nil {
		return err
	}
	p.Logprobs = 0
	if r.Grammar != nil {
		if p.Grammar, err = r.Grammar.Grammar(); err != nil {
			return invalid("Receipt.Grammar", "%v", err)
		}
	}
	v, err := m.newVerification(r, &p)
	if err != nil {
		return err
	}
	v.g.seq = m.engine.NewSeq(nil, engine.SeqOptions{Priority: p.Priority, NoPrefix: true, Adapters: set})
	defer v.g.seq.Close()
	for len(v.log) > 0 {
		if err := v.stretch(ctx); err != nil {
			return err
		}
	}
	for i, id := range r.IDs[r.Prompt:] { // what is left of those that were sampled
		if at := r.Prompt + i; at >= len(v.path) || v.path[at] != id {
			return &VerifyError{Token: i, ID: id, Want: -1}
		}
	}
	if v.g.sum.String() != r.Logits || len(v.path) != len(r.IDs) {
		return &VerifyError{Token: len(r.IDs) - r.Prompt, ID: -1, Want: -1}
	}
	return nil
}

// A verification samples the tokens of a receipt again, as a generation does.
type verification struct {
	g      *generation
	prompt int
	path   []int32  // prompt and text so far
	log    []int32  // what is left of the tokens that were sampled
	plan   *banning // as that of g, ahead of it
}

func (m *Model) newVerification(r *Receipt, p *Params) (*verification, error) {
	tok, err := m.tokenizer()
	if err != nil {
		return nil, err
	}
	g := &generation{m: m, p: p, tok: tok}
	g.stops = append(slices.Clip(p.StopTokens), controlTokens(tok, p.Stop)...)
	if g.sampler, err = m.newSampler(p, g.stops); err != nil {
		return nil, err
	}
	if p.Grammar != nil {
		g.constrain()
	}
	v := &verification{g: g, prompt: r.Prompt, path: slices.Clone(r.IDs[:r.Prompt]), log: r.IDs[r.Prompt:]}
	if len(p.BannedStrings) > 0 {
		g.ban, v.plan = newBanning(p, tok), newBanning(p, tok)
		if r.Sampled != nil {
			v.log = r.Sampled
		}
	}
	for _, id := range v.path {
		g.sampler.Accept(id)
	}
	g.receipt = &Receipt{Prompt: r.Prompt}
	g.sum, err = newReceiptHash(r)
	return v, err
}

// stretch verifies the next tokens up to the place where the text goes back.
func (v *verification) stretch(ctx context.Context) error {
	g := v.g
	n, back := v.ahead()
	ids := append(slices.Clone(v.path[g.seq.Len():]), v.log[:n-1]...)
	i := 0
	for logits, err := range g.m.engine.ForwardEach(ctx, g.seq, ids, n) {
		if err != nil {
			return failed(err)
		}
		id, want := v.log[i], int32(-1)
		if t, err := g.choose(logits); err == nil {
			want = t.ID
		}
		if want != id {
			return &VerifyError{Token: len(v.path) + i - v.prompt, ID: id, Want: want}
		}
		if i++; g.ban != nil && g.endedBy(id) == "" {
			if back, _ := g.ban.add(id); back == 0 {
				g.ban.decided(false)
			}
		}
	}
	v.path = append(v.path, v.log[:n]...)
	v.log = v.log[n:]
	if back == 0 {
		return nil
	}
	at := len(v.path) - back
	g.ban.takeBack(back, v.path[at])
	g.sampler.Rewind(back)
	if g.grammar != nil {
		g.grammar.matcher.Rollback(back)
	}
	v.path = v.path[:at]
	if g.seq.Len() >= at {
		g.seq.Rewind(at - 1)
	}
	return nil
}

// ahead returns how many tokens of the log come before the text goes back, and by how
// many it does then.
func (v *verification) ahead() (n, back int) {
	if v.plan == nil {
		return len(v.log), 0
	}
	for n < len(v.log) {
		id := v.log[n]
		n++
		if v.g.endedBy(id) != "" {
			continue
		}
		if back, _ = v.plan.add(id); back > 0 {
			text := append(slices.Clip(v.path), v.log[:n]...)
			v.plan.takeBack(back, text[len(text)-back])
			return n, back
		}
		v.plan.decided(false)
	}
	return n, 0
}
