package generate

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
	"slices"
)

// A Record is what others verify a text by.
type Record struct {
	Prompt int     // tokens of the prompt
	IDs    []int32 // of prompt and text, including a token that ended it
	// Sampled has all tokens that were sampled, also those that were taken back; nil
	// if none was.
	Sampled []int32

	sum hash.Hash // of the head and all logits that tokens were sampled from
	buf []byte
}

// beginRecord begins the record of a text after a prompt.
func (t *Text) beginRecord(prompt []int32) error {
	head, err := t.Head(t.sampler.Seed(), len(prompt))
	if err != nil {
		return err
	}
	t.Record = &Record{Prompt: len(prompt), IDs: slices.Clone(prompt), sum: sha256.New()}
	t.Record.sum.Write(head)
	return nil
}

// add adds a token that was sampled.
func (r *Record) add(id int32) {
	r.IDs = append(r.IDs, id)
	if r.Sampled != nil {
		r.Sampled = append(r.Sampled, id)
	}
}

// back takes the last n tokens back.
func (r *Record) back(n int) {
	if r.Sampled == nil {
		r.Sampled = slices.Clone(r.IDs[r.Prompt:])
	}
	r.IDs = r.IDs[:len(r.IDs)-n]
}

// addLogits adds the logits of a token.
func (r *Record) addLogits(logits []float32) {
	const block = 4096
	for len(logits) > 0 {
		n := min(len(logits), block)
		r.buf = r.buf[:0]
		for _, x := range logits[:n] {
			r.buf = binary.LittleEndian.AppendUint32(r.buf, math.Float32bits(x))
		}
		r.sum.Write(r.buf)
		logits = logits[n:]
	}
}

// Logits returns the hash of the head and the logits so far, hexadecimal.
func (r *Record) Logits() string { return hex.EncodeToString(r.sum.Sum(nil)) }
