package chord

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"math"
	"slices"

	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/sample"
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
	Prompt  int             `json:"prompt"` // tokens of the prompt
	IDs     []int32         `json:"ids"`    // of prompt and text, including a token that ended it
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
	if err := m.checkIDs(ctx, r.IDs); err != nil {
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
	own, err := m.newReceipt(ctx, &r.Params)
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

// newReceipt returns a receipt without tokens.
func (m *Model) newReceipt(ctx context.Context, p *Params) (*Receipt, error) {
	if p.Processor != nil {
		return nil, invalid("Params.Receipt", "with a Processor, whose changes cannot be repeated")
	}
	var source *grammar.Source
	if p.Grammar != nil {
		if source = new(p.Grammar.Source()); source.Kind == "" {
			return nil, invalid("Params.Receipt", "with a Grammar made of grammar.Parts, which has no text")
		}
	}
	print, err := m.fingerprint(ctx)
	if err != nil {
		return nil, err
	}
	return &Receipt{Version: receiptVersion, Model: hex.EncodeToString(print[:]),
		CacheTypeK: m.cacheTypeK, CacheTypeV: m.cacheTypeV, Params: *p, Adapters: adapterIDs(p.Adapters), Grammar: source}, nil
}

// add adds a token that was sampled.
func (r *Receipt) add(id int32) {
	r.IDs = append(r.IDs, id)
	if r.Sampled != nil {
		r.Sampled = append(r.Sampled, id)
	}
}

// back takes the last n tokens back.
func (r *Receipt) back(n int) {
	if r.Sampled == nil {
		r.Sampled = slices.Clone(r.IDs[r.Prompt:])
	}
	r.IDs = r.IDs[:len(r.IDs)-n]
}

// newSampler returns the sampler of a generation that the tokens in stops end too.
func (m *Model) newSampler(p *Params, stops []int32) (*sample.Sampler, error) {
	sampling := p.sampling()
	sampling.LogitBias = forbid(sampling.LogitBias, m.never)
	if p.IgnoreEOS && p.Grammar == nil {
		sampling.LogitBias = forbid(sampling.LogitBias, m.eog)
	}
	c, err := m.samplerConfig(p, stops)
	if err != nil {
		return nil, err
	}
	s, err := sample.New(sampling, c)
	return s, checked(err)
}

// A receiptHash is the running hash of a receipt.
type receiptHash struct {
	sum hash.Hash
	buf []byte
}

// newReceiptHash returns the hash of the fields of r but IDs.
func newReceiptHash(r *Receipt) (*receiptHash, error) {
	head := *r
	head.IDs, head.Sampled, head.Logits = nil, nil, ""
	b, err := json.Marshal(&head)
	if err != nil { // an infinite bias
		return nil, invalid("Params.Receipt", "the parameters have no JSON: %v", err)
	}
	h := &receiptHash{sum: sha256.New()}
	h.sum.Write(b)
	return h, nil
}

// add adds the logits of a token.
func (h *receiptHash) add(logits []float32) {
	const block = 4096
	for len(logits) > 0 {
		n := min(len(logits), block)
		h.buf = h.buf[:0]
		for _, x := range logits[:n] {
			h.buf = binary.LittleEndian.AppendUint32(h.buf, math.Float32bits(x))
		}
		h.sum.Write(h.buf)
		logits = logits[n:]
	}
}

// String returns the hash so far, hexadecimal.
func (h *receiptHash) String() string { return hex.EncodeToString(h.sum.Sum(nil)) }
