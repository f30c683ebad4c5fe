package chord

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/generate"
)

// A Receipt lets anyone with the same model check that it generated a text; see
// [Params.Receipt] and [Model.Verify]. It is JSON.
type Receipt struct {
	Version    int    `json:"version"`
	Model      string `json:"model"` // fingerprint of the model, hexadecimal
	CacheTypeK string `json:"cache_type_k"`
	CacheTypeV string `json:"cache_type_v"`
	Params     Params `json:"params"` // with the seed that was used
	// Adapters are the hashes and scales of Params.Adapters, which have no JSON:
	// who verifies a receipt that was read from JSON sets those first.
	Adapters []string `json:"adapters,omitempty"`
	// Grammar is what Params.Grammar was made of, nil without one.
	Grammar *grammar.Source `json:"grammar,omitempty"`
	// Form is what the answer in a chat was held to, nil if that was nothing.
	Form   *AnswerForm `json:"form,omitempty"`
	Prompt int         `json:"prompt"` // tokens of the prompt
	IDs    []int32     `json:"ids"`    // of prompt and text, including a token that ended it
	// Sampled has all tokens that were sampled, also those that Params.BannedStrings
	// took back; nil if there were none of these.
	Sampled []int32 `json:"sampled,omitempty"`
	// Logits is a hash of the fields above but IDs and Sampled, and of all logits
	// that tokens were sampled from, hexadecimal.
	Logits string `json:"logits"`
}

// receiptVersion is the version of receipts that this package writes and reads.
const receiptVersion = 1

// ErrReceipt: a receipt that the model did not write.
var ErrReceipt = errors.New("the receipt is not genuine")

// A VerifyError says where a receipt differs from what the model generates; its kind
// is [ErrReceipt].
type VerifyError struct {
	Token int   // index of the generated token; the number of tokens if only the hash of the logits differs
	ID    int32 // token of the receipt
	Want  int32 // token that the model generates
}

// Error describes the error.
func (e *VerifyError) Error() string {
	if e.ID == e.Want {
		return "chord: receipt: the tokens are those of the model, but the options or logits are not"
	}
	return fmt.Sprintf("chord: receipt: generated token %d is %d, the model generates %d", e.Token, e.ID, e.Want)
}

// Is reports whether target is [ErrReceipt].
func (e *VerifyError) Is(target error) bool { return target == ErrReceipt }

// checkReceipt returns an error if r cannot be verified by m.
func (m *Model) checkReceipt(ctx context.Context, r *Receipt) error {
	computed := r.IDs
	if n := len(r.IDs); n > r.Prompt && n > 1 { // the last token is sampled, no more
		computed = r.IDs[:n-1]
		if id := r.IDs[n-1]; id < 0 || int(id) >= m.vocab {
			return invalid("Receipt.IDs", "token %d, the vocabulary has %d", id, m.vocab)
		}
	}
	if err := m.checkIDs(ctx, computed); err != nil {
		return err
	}
	if err := r.Params.check(m.vocab); err != nil {
		return err
	}
	switch {
	case r.Version != receiptVersion:
		return fmt.Errorf("chord: receipt: version %d, this one reads %d: %w", r.Version, receiptVersion, ErrUnsupported)
	case slices.ContainsFunc(r.Sampled, func(id int32) bool { return id < 0 || int(id) >= m.vocab }):
		return invalid("Receipt.Sampled", "a token outside the vocabulary")
	case r.Prompt < 1 || r.Prompt > len(r.IDs):
		return invalid("Receipt.Prompt", "%d, want 1 to the %d tokens", r.Prompt, len(r.IDs))
	}
	if r.Form != nil {
		if err := m.checkForm(r.Form); err != nil {
			return err
		}
	}
	own, _, err := m.newReceipt(ctx, &r.Params, r.Form, r.Params.Seed, r.Prompt)
	switch {
	case err != nil:
		return err
	case r.Model != own.Model:
		return fmt.Errorf("chord: receipt: %w", ErrMismatch)
	case r.CacheTypeK != own.CacheTypeK || r.CacheTypeV != own.CacheTypeV:
		return fmt.Errorf("chord: receipt: cache types %s and %s, the model was opened with %s and %s: %w",
			r.CacheTypeK, r.CacheTypeV, own.CacheTypeK, own.CacheTypeV, ErrMismatch)
	case !slices.Equal(r.Adapters, own.Adapters):
		return fmt.Errorf("chord: receipt: it has adapters %q, Params.Adapters has %q: %w", r.Adapters, own.Adapters, ErrMismatch)
	}
	return nil
}

// newReceipt returns a receipt without tokens, and its fields in the form that
// Receipt.Logits begins with.
func (m *Model) newReceipt(ctx context.Context, p *Params, form *AnswerForm, seed int64, prompt int) (*Receipt, []byte, error) {
	if p.Processor != nil {
		return nil, nil, invalid("Params.Receipt", "with a Processor, whose changes cannot be repeated")
	}
	var source *grammar.Source
	if p.Grammar != nil {
		if source = new(p.Grammar.Source()); source.Kind == "" {
			return nil, nil, invalid("Params.Receipt", "with a Grammar of grammar.Parts whose texts are not UTF-8")
		}
	}
	print, err := m.fingerprint(ctx)
	if err != nil {
		return nil, nil, err
	}
	r := &Receipt{Version: receiptVersion, Model: hex.EncodeToString(print[:]), CacheTypeK: m.cacheTypeK, CacheTypeV: m.cacheTypeV,
		Params: *p, Adapters: adapterIDs(p.Adapters), Grammar: source, Form: form, Prompt: prompt}
	r.Params.Seed = seed
	head, err := r.head()
	return r, head, err
}

// head returns the fields of r in the form that Logits begins with.
func (r *Receipt) head() ([]byte, error) {
	head := *r
	head.IDs, head.Sampled, head.Logits = nil, nil, ""
	b, err := json.Marshal(&head)
	if err != nil { // an infinite bias
		return nil, invalid("Params.Receipt", "the parameters have no JSON: %v", err)
	}
	return b, nil
}

// fill adds what was recorded of the text.
func (r *Receipt) fill(record *generate.Record) {
	r.IDs, r.Sampled, r.Logits = record.IDs, record.Sampled, record.Logits()
}

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
	t, err := m.newText(&p)
	if err != nil {
		return err
	}
	if r.Form != nil {
		if t.Guide, err = m.newGuide(t.Vocab, r.Form); err != nil {
			return invalid("Receipt.Form", "%v", err)
		}
	}
	t.Head = func(int64, int) ([]byte, error) { return r.head() }
	t.Seq = m.engine.NewSeq(nil, engine.SeqOptions{Priority: p.Priority, NoPrefix: true, Adapters: set})
	defer t.Seq.Close()
	d, err := t.Verify(ctx, &generate.Record{Prompt: r.Prompt, IDs: r.IDs, Sampled: r.Sampled}, r.Logits)
	if d != nil {
		return &VerifyError{Token: d.Token, ID: d.ID, Want: d.Want}
	}
	return failed(err)
}
