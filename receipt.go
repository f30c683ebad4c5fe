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

	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/sample"
)

// A Receipt lets anyone with the same model check that it generated a text; see
// [Params.Receipt] and [Model.Verify]. It is JSON.
type Receipt struct {
	Version    int     `json:"version"`
	Model      string  `json:"model"` // fingerprint of the model, hexadecimal
	CacheTypeK string  `json:"cache_type_k"`
	CacheTypeV string  `json:"cache_type_v"`
	Params     Params  `json:"params"` // with the seed that was used
	Prompt     int     `json:"prompt"` // tokens of the prompt
	IDs        []int32 `json:"ids"`    // of prompt and text, including a token that ended it
	// Logits is a hash of the fields above but IDs, and of all logits that tokens
	// were sampled from, hexadecimal.
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

// Verify computes prompt and text of a receipt again, on any machine and several
// times as fast as they were generated, and samples again. It returns nil if every
// token and the hash of all logits are those of the receipt, and else a
// [*VerifyError]. Receipts of another model or cache type give [ErrMismatch],
// malformed ones [ErrInvalid]; other errors are those of [Model.Generate].
func (m *Model) Verify(ctx context.Context, r *Receipt) error {
	if err := m.checkReceipt(ctx, r); err != nil {
		return err
	}
	p := r.Params
	sampler, err := m.newSampler(&p)
	if err != nil {
		return err
	}
	for _, id := range r.IDs[:r.Prompt] {
		sampler.Accept(id)
	}
	sum, err := newReceiptHash(r)
	if err != nil {
		return err
	}
	n := len(r.IDs) - r.Prompt
	if n > 0 {
		seq := m.engine.NewSeq(nil, engine.SeqOptions{Priority: p.Priority, NoPrefix: true})
		defer seq.Close()
		at := r.Prompt
		for logits, err := range m.engine.ForwardEach(ctx, seq, r.IDs[:len(r.IDs)-1], n) {
			if err != nil {
				return failed(err)
			}
			sum.add(logits)
			id, ok := sampler.Sample(logits)
			if !ok {
				id = -1
			}
			if id != r.IDs[at] {
				return &VerifyError{Token: at - r.Prompt, ID: r.IDs[at], Want: id}
			}
			sampler.Accept(id)
			at++
		}
	}
	if sum.String() != r.Logits {
		return &VerifyError{Token: n, ID: -1, Want: -1}
	}
	return nil
}

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
	}
	return nil
}

// newReceipt returns a receipt without tokens.
func (m *Model) newReceipt(ctx context.Context, p *Params) (*Receipt, error) {
	if p.Processor != nil {
		return nil, invalid("Params.Receipt", "with a Processor, whose changes cannot be repeated")
	}
	if p.Grammar != nil {
		return nil, invalid("Params.Receipt", "with a Grammar, which receipts do not have yet")
	}
	print, err := m.fingerprint(ctx)
	if err != nil {
		return nil, err
	}
	return &Receipt{Version: receiptVersion, Model: hex.EncodeToString(print[:]),
		CacheTypeK: m.cacheTypeK, CacheTypeV: m.cacheTypeV, Params: *p}, nil
}

// newSampler returns the sampler of a generation.
func (m *Model) newSampler(p *Params) (*sample.Sampler, error) {
	sampling := p.sampling()
	sampling.LogitBias = forbid(sampling.LogitBias, m.never)
	if p.IgnoreEOS && p.Grammar == nil {
		sampling.LogitBias = forbid(sampling.LogitBias, m.eog)
	}
	c, err := m.samplerConfig(p)
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
	head.IDs, head.Logits = nil, ""
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
