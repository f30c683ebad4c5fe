package chord_test

import (
	"errors"
	"testing"

	"github.com/querent-ai/chord"
)

// receiptOf returns the receipt of what s goes on with.
func receiptOf(t *testing.T, s *chord.Session, p chord.Params) *chord.Receipt {
	t.Helper()
	p.Receipt = true
	for tok, err := range s.Generate(t.Context(), p) {
		if err != nil {
			t.Fatal(err)
		}
		if tok.Result != nil {
			return again(t, tok.Result.Receipt)
		}
	}
	t.Fatal("no result")
	return nil
}

// A session that was read from a file gives the receipt of the one that was written, on
// another model too, and a wrong token in it is found.
func TestReceiptOfRestoredSession(t *testing.T) {
	m := story(t)
	other := openTales(t, chord.Options{Threads: 1})
	defer other.Close()
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(t.Context(), prompt); err != nil {
		t.Fatal(err)
	}
	say(t, s, seeded(1, 30))
	file := fileOf(t, s)
	p := seeded(2, 9)
	p.RepeatPenalty, p.DRYMultiplier = 1.3, 0.5 // which see the tokens before
	want := receiptOf(t, s, p)
	for name, to := range map[string]*chord.Model{"the same": m, "another": other} {
		r := receiptOf(t, restored(t, to, file), p)
		if r.Logits != want.Logits {
			t.Errorf("%s: hash %s, that of the session written has %s", name, r.Logits, want.Logits)
		}
		for _, judge := range []*chord.Model{m, other} {
			if err := judge.Verify(t.Context(), r); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, at := range []int{3, r.Prompt - 1, r.Prompt, len(r.IDs) - 1} {
			bad := again(t, r)
			bad.IDs[at]++
			if err := to.Verify(t.Context(), bad); !errors.Is(err, chord.ErrReceipt) {
				t.Errorf("%s: token %d: %v", name, at, err)
			}
		}
	}
}

// A session whose cache was forged gives receipts that do not hold.
func TestReceiptOfForgedSession(t *testing.T) {
	m := story(t)
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(t.Context(), "Once upon a time there was a cat. The cat was big and"); err != nil {
		t.Fatal(err)
	}
	forged := restored(t, m, forge(fileOf(t, s), s.Len(), func(page []byte) {
		for i := range page {
			page[i] = byte(i*7) & 0x3F
		}
	}))
	if err := m.Verify(t.Context(), receiptOf(t, forged, seeded(3, 12))); !errors.Is(err, chord.ErrReceipt) {
		t.Errorf("got %v", err)
	}
}
