package generate

import (
	"context"
	"slices"

	"github.com/querent-ai/chord/internal/constrain"
)

// A Difference says where a record differs from what the model generates.
type Difference struct {
	Token int   // index of the generated token; the number of tokens if only Logits differs
	ID    int32 // token of the record; -1 if only Logits differs
	Want  int32 // token that the model generates; -1: none
}

// Verify computes the tokens of a record again, many in a pass, and samples each again.
// It returns nil if they are those of the record and the hash of all logits is the
// given one. Seq is empty, Head is set; t has no other use.
func (t *Text) Verify(ctx context.Context, r *Record, logits string) (*Difference, error) {
	v := &verification{t: t, prompt: r.Prompt, path: slices.Clone(r.IDs[:r.Prompt]), log: r.IDs[r.Prompt:]}
	if err := v.begin(r); err != nil {
		return nil, err
	}
	for len(v.log) > 0 {
		if d, err := v.stretch(ctx); d != nil || err != nil {
			return d, err
		}
	}
	for i, id := range r.IDs[r.Prompt:] { // what is left of those that were sampled
		if at := r.Prompt + i; at >= len(v.path) || v.path[at] != id {
			return &Difference{Token: i, ID: id, Want: -1}, nil
		}
	}
	if t.Record.Logits() != logits || len(v.path) != len(r.IDs) {
		return &Difference{Token: len(r.IDs) - r.Prompt, ID: -1, Want: -1}, nil
	}
	return nil, nil
}

// A verification samples the tokens of a record again.
type verification struct {
	t      *Text
	prompt int
	path   []int32        // prompt and text so far
	log    []int32        // what is left of the tokens that were sampled
	plan   *constrain.Ban // as that of t, ahead of it
}

// begin prepares t, as for a text after the prompt of r.
func (v *verification) begin(r *Record) (err error) {
	t := v.t
	t.stops = t.ends()
	if t.sampler, err = newSampler(t.Vocab, t.Params, t.stops); err != nil {
		return err
	}
	t.beginConstraints()
	if t.ban != nil {
		v.plan = constrain.NewBan(t.Vocab, t.Params.BannedStrings, t.Params.Stop)
		if r.Sampled != nil {
			v.log = r.Sampled
		}
	}
	for _, id := range v.path {
		t.sampler.Accept(id)
	}
	return t.beginRecord(v.path)
}

// stretch verifies the next tokens up to the place where the text goes back.
func (v *verification) stretch(ctx context.Context) (*Difference, error) {
	t := v.t
	n, back := v.ahead()
	ids := append(slices.Clone(v.path[t.Seq.Len():]), v.log[:n-1]...)
	i := 0
	for logits, err := range t.Model.Engine.ForwardEach(ctx, t.Seq, ids, n) {
		if err != nil {
			return nil, err
		}
		id, want := v.log[i], int32(-1)
		if k, err := t.choose(logits); err == nil {
			want = k.ID
		}
		if want != id {
			return &Difference{Token: len(v.path) + i - v.prompt, ID: id, Want: want}, nil
		}
		if i++; t.ban != nil && t.endedBy(id) == "" {
			if back, _ := t.ban.Add(id); back == 0 {
				if n := t.ban.Decided(false); t.Guide != nil {
					t.Guide.decided(n)
				}
			}
		}
	}
	v.path = append(v.path, v.log[:n]...)
	v.log = v.log[n:]
	if back > 0 {
		v.back(back)
	}
	return nil, nil
}

// back takes the last n tokens back.
func (v *verification) back(n int) {
	t := v.t
	at := len(v.path) - n
	t.ban.Back(n, v.path[at])
	t.sampler.Rewind(n)
	switch {
	case t.Guide != nil:
		t.Guide.back(n)
	case t.grammar != nil:
		t.grammar.Back(n)
	}
	v.path = v.path[:at]
	if t.Seq.Len() >= at {
		t.Seq.Rewind(at - 1)
	}
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
		if v.t.endedBy(id) != "" {
			continue
		}
		if back, _ = v.plan.Add(id); back > 0 {
			text := append(slices.Clip(v.path), v.log[:n]...)
			v.plan.Back(back, text[len(text)-back])
			return n, back
		}
		v.plan.Decided(false)
	}
	return n, 0
}
