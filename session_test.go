package chord_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/tales"
)

// say returns what continues a session.
func say(t *testing.T, s *chord.Session, p chord.Params) string {
	t.Helper()
	r, text := chord.Result{}, ""
	for tok, err := range s.Generate(t.Context(), p) {
		if err != nil {
			t.Fatal(err)
		}
		if text += tok.Text; tok.Result != nil {
			r = *tok.Result
		}
	}
	if r.Generated == 0 {
		t.Errorf("%+v", r)
	}
	return text
}

// A session that goes on piece by piece says what one text does, and goes back.
func TestSession(t *testing.T) {
	m := story(t)
	s := m.NewSession()
	defer s.Close()
	for _, text := range []string{"Once upon a time", " there was a cat"} {
		if err := s.Append(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	ids := slices.Clone(s.Tokens())
	var want []float32
	for row, err := range m.Logits(t.Context(), ids, 1) {
		if err != nil {
			t.Fatal(err)
		}
		want = slices.Clone(row)
	}
	if len(want) == 0 {
		t.Fatal("no logits")
	}
	first := say(t, s, seeded(3, 20))
	if s.Len() != len(ids)+20 {
		t.Errorf("%d tokens, want %d", s.Len(), len(ids)+20)
	}
	whole := say(t, s, seeded(4, 5))
	s.Rewind(len(ids))
	if again := say(t, s, seeded(3, 20)); again != first {
		t.Errorf("after Rewind: %q, then %q", first, again)
	}
	fork := s.Fork()
	defer fork.Close()
	if a, b := say(t, s, seeded(4, 5)), say(t, fork, seeded(4, 5)); a != whole || b != whole {
		t.Errorf("got %q and %q of a fork, want %q", a, b, whole)
	}
	s.Rewind(0)
	if n := 0; s.Len() != 0 || len(s.Tokens()) != 0 {
		t.Errorf("%d tokens", n)
	}
	for _, err := range s.Generate(t.Context(), chord.Params{}) {
		if !errors.Is(err, chord.ErrInvalid) {
			t.Errorf("nothing to continue: %v", err)
		}
	}
	s.Close()
	if err := s.Append(t.Context(), "a"); !errors.Is(err, chord.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// A session file gives the same text, in another model of the same file too.
func TestSessionFile(t *testing.T) {
	m := story(t)
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(t.Context(), "Once upon a time there was"); err != nil {
		t.Fatal(err)
	}
	say(t, s, seeded(3, 9))
	var file bytes.Buffer
	if n, err := s.WriteTo(&file); err != nil || n != int64(file.Len()) {
		t.Fatalf("%d bytes of %d, %v", n, file.Len(), err)
	}
	raw, want := file.Bytes(), say(t, s, seeded(5, 20))
	other := openTales(t, chord.Options{Threads: 1, CacheTypeK: "q8_0", CacheTypeV: "q8_0"})
	defer other.Close()
	for _, m := range []*chord.Model{m, openTales(t, chord.Options{Threads: 1})} {
		r, err := m.ReadSession(t.Context(), bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := say(t, r, seeded(5, 20)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		r.Close()
		if m != story(t) {
			m.Close()
		}
	}
	if _, err := other.ReadSession(t.Context(), bytes.NewReader(raw)); err != nil {
		t.Errorf("another type of cache: %v", err)
	}
	tuned := openTuned(t)
	if _, err := tuned.ReadSession(t.Context(), bytes.NewReader(raw)); !errors.Is(err, chord.ErrMismatch) {
		t.Errorf("a fine-tune of the model: %v", err)
	}
	bert := openBert(t, 1)
	if _, err := bert.ReadSession(t.Context(), bytes.NewReader(raw)); !errors.Is(err, chord.ErrMismatch) {
		t.Errorf("another model: %v", err)
	}
}

// openTuned opens the embedded model with the weights of one tensor changed.
func openTuned(t *testing.T) *chord.Model {
	t.Helper()
	raw, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.OpenReaderAt(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	w, ok := f.Tensor("blk.3.ffn_up.weight")
	if !ok {
		t.Fatal("no such tensor")
	}
	for i := range w.Size {
		if i%18 > 1 { // a quant, no scale
			raw[w.Offset+i] ^= 1
		}
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(raw), int64(len(raw)), chord.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func FuzzReadSession(f *testing.F) {
	f.Add([]byte("chordses\x02\x00\x00\x00"))
	m := chordtest.Model(f, "yes")
	s := m.NewSession()
	defer s.Close()
	var file bytes.Buffer
	if err := s.Append(f.Context(), "a prompt"); err != nil {
		f.Fatal(err)
	}
	if _, err := s.WriteTo(&file); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := m.ReadSession(t.Context(), bytes.NewReader(b)); err == nil {
			s.Close()
		}
	})
}
