package chord_test

import (
	"bytes"
	"testing"

	"github.com/querent-ai/chord"
)

// With a cache of q4_0 a text is the same alone, after a prompt whose prefix is
// cached, in a fork, after a rewind and from a session file.
func TestCacheQ4(t *testing.T) {
	o := chord.Options{CacheTypeK: "q4_0", CacheTypeV: "q4_0"}
	m := openTales(t, o)
	defer m.Close()
	o.NoPrefixCache, o.Threads = true, 1
	alone := openTales(t, o)
	defer alone.Close()
	const text = "Once upon a time there was a little girl who had a cat. The cat was very big, and it liked to sleep in the sun."
	const other = text + " One day"
	from := func(m *chord.Model, prompt string) chord.Result {
		r, err := m.Complete(t.Context(), prompt, seeded(3, 40))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	want, wantOther := from(alone, text).Text, from(alone, other).Text
	if got := from(m, text); got.Text != want || got.Cached != 0 {
		t.Errorf("first: %d tokens cached, got %q, want %q", got.Cached, got.Text, want)
	}
	if got := from(m, other); got.Text != wantOther || got.Cached == 0 {
		t.Errorf("with a cached prefix: %d tokens cached, got %q, want %q", got.Cached, got.Text, wantOther)
	}

	s := m.NewSession()
	defer s.Close()
	if err := s.Append(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	n := s.Len()
	fork := s.Fork()
	defer fork.Close()
	var file bytes.Buffer
	if _, err := s.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	say(t, s, seeded(9, 30))
	s.Rewind(n)
	read, err := alone.ReadSession(t.Context(), &file)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	for name, s := range map[string]*chord.Session{"rewound": s, "forked": fork, "from a file": read} {
		if got := say(t, s, seeded(3, 40)); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// A cache of q4_0 takes 18 bytes where f16 takes 64.
func TestFitsQ4(t *testing.T) {
	cache := func(key, value string) float64 {
		fit, err := chord.Fits("tales/chord-tales-q4_0.gguf", chord.Options{Context: 512, CacheTypeK: key, CacheTypeV: value})
		if err != nil {
			t.Fatal(err)
		}
		return float64(fit.Cache)
	}
	f16 := cache("f16", "f16")
	for _, c := range []struct {
		key, value string
		want       float64
	}{{"q4_0", "q4_0", 18. / 64}, {"q4_0", "f16", (18. + 64) / 128}, {"f16", "q4_0", (18. + 64) / 128}} {
		if got := cache(c.key, c.value) / f16; got != c.want {
			t.Errorf("%s keys, %s values: %g of f16's, want %g", c.key, c.value, got, c.want)
		}
	}
}
