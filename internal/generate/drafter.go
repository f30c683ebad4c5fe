package generate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/draft"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/sample"
	"github.com/querent-ai/chord/simd"
)

// A drafter proposes the tokens that a smaller model would sample with the random
// numbers that the sampler will draw: where the models agree, they sample the same
// token. Its errors end the proposals, never the text.
type drafter struct {
	m       *Model
	seq     *engine.Seq // nil: not begun
	sampler *sample.Sampler
	batch   []int32
	said    draft.Draft // its last proposal, as far as no token has differed
	same    int         // tokens of seq that are known to be the text's
	lost    float64     // time that gained nothing, in passes of one row
	off     bool        // it has failed
}

const (
	// Where drafts do not pay, probeTokens are drafted as soon as the time that
	// drafting has lost is at most lossShare of that of the text.
	probeTokens, lossShare = 4, 0.015
	// rowShare is the time of a row when many are read, of a pass of one row.
	rowShare = 1.0 / 8
	// A text is read with the draft model at once if soonRead tokens or fewer are
	// new to it, else when one token was generated for each readShare of them: a
	// short answer is not worth it.
	soonRead, readShare = 256, 32
	// extraTokens is by how many unused tokens vocabularies may differ.
	extraTokens = 128
)

// close releases the sequence. d may be nil.
func (d *drafter) close() {
	if d != nil && d.seq != nil {
		d.seq.Close()
	}
}

// learn compares a sampled token with the last proposal.
func (d *drafter) learn(o *draft.Odds, id int32) {
	if len(d.said.IDs) == 0 {
		return
	}
	right := d.said.IDs[0] == id
	o.Saw(d.said.Class[0], right)
	o.Saw(draft.All, right)
	if right {
		d.lost = max(d.lost-1, 0) // a pass was saved, if the token was drafted
	}
	if d.said.IDs, d.said.Class = d.said.IDs[1:], d.said.Class[1:]; !right {
		d.said.Reset()
	}
}

// draftByModel replaces the draft by one of the draft model if that is expected to gain
// more than best. The error is ctx's.
func (t *Text) draftByModel(ctx context.Context, n int, best float64) error {
	s, d := t.spec, t.spec.model
	if t.Params.DraftMax > 0 {
		n = min(n, t.Params.DraftMax)
	}
	n = min(n, d.m.Context-t.kept-1)
	if d.off || n <= 0 || !d.reads(t) {
		return nil
	}
	cost := t.Model.draftCost()
	if s.curve.Gain(s.others, n, s.odds.Right(draft.All), cost) <= best {
		if !d.probes(t, cost) {
			return nil
		}
		n = min(n, probeTokens)
	}
	if err := d.run(ctx, t, n, cost); err != nil {
		d.off = true // a full context, a busy or closed model: go on without
		s.other.Reset()
		return ctx.Err()
	}
	d.said = draft.Draft{IDs: append(d.said.IDs[:0], s.other.IDs...), Class: append(d.said.Class[:0], s.other.Class...)}
	k, _ := s.other.Length(&s.odds, &s.curve, s.others, float64(len(s.other.IDs))*cost)
	if k > 0 && len(s.other.IDs) >= t.Params.DraftMin {
		s.other.Cut(k)
		s.draft, s.other = s.other, s.draft
	}
	s.other.Reset()
	return nil
}

// reads reports whether the draft model may read what it has not read of the text.
func (d *drafter) reads(t *Text) bool {
	if d.seq == nil {
		d.seq = d.m.Engine.NewSeq(t.Seq.Tokens()[:t.kept], engine.SeqOptions{Priority: t.Params.Priority, NoPrefix: d.m.NoPrefix})
	}
	missing := t.kept - d.seq.Len()
	return missing <= soonRead || t.Result.Generated >= missing/readShare
}

// probes reports whether to draft though it does not seem to pay.
func (d *drafter) probes(t *Text, cost float64) bool {
	missing := float64(t.kept - d.seq.Len())
	return d.lost+cost*(probeTokens+missing*rowShare) <= lossShare*float64(t.Result.Generated)
}

// draftCost returns the time of a pass of the draft model, relative to one of m.
func (m *Model) draftCost() float64 {
	if m.AlwaysDraft {
		return 0
	}
	return m.history.Cost()
}

// run drafts at most n tokens in t.spec.other, as long as one more is expected to pay.
func (d *drafter) run(ctx context.Context, t *Text, n int, cost float64) (err error) {
	s := t.spec
	if d.sampler == nil {
		if d.sampler, err = newSampler(t.Vocab, stateless(t.Params), nil); err != nil {
			return err
		}
	}
	d.sampler.Follow(t.sampler)
	d.follow(t)
	for {
		start := time.Now()
		rows, err := d.m.Engine.Forward(ctx, d.seq, d.batch, 1)
		if err != nil {
			return err
		}
		if d.m.Recurrent && len(s.other.IDs) == 0 {
			d.seq.Mark() // without memory for it, more is computed again
		}
		if unit := t.Model.Passes.Unit(); unit > 0 {
			took := time.Since(start)
			d.lost += took.Seconds() / unit.Seconds()
			if len(d.batch) <= 2 { // more are a prompt, or what others have drafted
				t.Model.history.Took(took, unit)
			}
		}
		id, p, ok := d.choose(rows.At(0))
		if t.Model.Propose != nil {
			id = t.Model.Propose(t.kept+1+len(s.other.IDs), id)
		}
		if !ok || int(id) >= t.Vocab.Len() || p < t.Params.DraftPMin {
			return nil
		}
		s.other.Add(id, draft.Modelled(p))
		if len(s.other.IDs) >= n || slices.Contains(t.Vocab.EOG, id) ||
			!s.other.Pays(&s.odds, &s.curve, s.others, s.odds.Right(draft.All), cost) {
			return nil
		}
		d.batch = append(d.batch[:0], id)
	}
}

// follow makes the sequence one of the text, all but batch.
func (d *drafter) follow(t *Text) {
	text, own := t.Seq.Tokens()[:t.kept], d.seq.Tokens()
	n := min(d.same, len(own))
	for n < min(len(own), len(text)) && own[n] == text[n] {
		n++
	}
	if n < len(own) {
		d.seq.Rewind(n)
	}
	d.batch = append(append(d.batch[:0], text[n:]...), t.Pending...)
	d.same = n
}

// choose samples a token and returns its probability before the chain.
func (d *drafter) choose(logits []float32) (id int32, p float32, ok bool) {
	if id, ok = d.sampler.Sample(logits); !ok {
		return 0, 0, false
	}
	most := logits[simd.Argmax(logits)]
	return id, simd.Exp(logits[id]-most) / simd.ExpSum(logits, most), true
}

// stateless returns p without what depends on the tokens before, which the draft's
// sampler does not see.
func stateless(p *Params) *Params {
	q := *p
	s := &q.Sampling
	s.Seed, s.MinTokens = 1, 0
	s.RepeatPenalty, s.FrequencyPenalty, s.PresencePenalty = 0, 0, 0
	s.DRYMultiplier, s.Mirostat, s.AdaptiveTarget = 0, 0, 0
	return &q
}

// DraftDiffers says why a model with tokenizer draft cannot draft for one with tokenizer
// tok; "" if it can.
func DraftDiffers(tok, draft *bpe.Tokenizer) string {
	a, b := tok.Len(), draft.Len()
	if max(a, b)-min(a, b) > extraTokens {
		return fmt.Sprintf("its vocabulary has %d tokens, the model's %d", b, a)
	}
	for _, r := range []struct {
		name string
		a, b int32
	}{{"BOS", tok.BOS(), draft.BOS()}, {"EOS", tok.EOS(), draft.EOS()}} {
		if r.a != r.b {
			return fmt.Sprintf("its %s is token %d, the model's %d", r.name, r.b, r.a)
		}
	}
	for id := range int32(min(a, b)) {
		if x, y := tok.Token(id), draft.Token(id); x != y {
			return fmt.Sprintf("its token %d is %q, the model's %q", id, y, x)
		}
	}
	return ""
}
