package eval_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"path"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/eval"
	"github.com/querent-ai/chord/internal/fixtures"
	"github.com/querent-ai/chord/tales"
)

// openTales opens the embedded model.
func openTales(t *testing.T, threads int) *chord.Model {
	t.Helper()
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// heldOut returns the text that chord-tales has not seen.
func heldOut(t *testing.T) string {
	t.Helper()
	return string(fixtures.Read(t, "text/tales-heldout.txt"))
}

// tinyStories returns the first twenty of TinyStories, a line end between.
func tinyStories(t *testing.T) string {
	t.Helper()
	var all []string
	fixtures.ReadJSON(t, &all, "text/tinystories_1000.json")
	return strings.Join(all[:20], "\n")
}

// open opens a model of the test data.
func open(t *testing.T, o chord.Options, name string) *chord.Model {
	t.Helper()
	m, err := chord.Open(fixtures.Path(t, name), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// perplexity returns all that a run yields.
func perplexity(t *testing.T, m *chord.Model, text string, o eval.Options) (all []eval.Perplexity) {
	t.Helper()
	for p, err := range eval.Run(t.Context(), m, text, o) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// TestPerplexity compares with what llama-perplexity says of the same files and
// text: the result within 0.1 %, and within 0.01 % where neither quantises.
func TestPerplexity(t *testing.T) {
	for _, c := range []struct {
		file    string
		text    func(*testing.T) string
		o       eval.Options
		want    float64
		err     float64
		percent float64
	}{
		{"models/chord-tales-f32.gguf", heldOut, eval.Options{Windows: 4}, 17.7003, 1.40575, 0.01},
		{"models/chord-tales-q8_0.gguf", heldOut, eval.Options{Windows: 4}, 17.6838, 1.40433, 0.1},
		{"models/chord-tales-q4_0.gguf", heldOut, eval.Options{Windows: 4}, 18.141214, 1.433314, 0.1},
		{"models/chord-tales-q8_0.gguf", heldOut, eval.Options{Windows: 3, Window: 768, Stride: 384}, 22.8581, 0, 0.1},
		{"models/stories260K.gguf", tinyStories, eval.Options{Windows: 16, Window: 128}, 4.3378, 0.24716, 0.01},
		{"real/babyllama-tok361-Q8_0.gguf", tinyStories, eval.Options{Windows: 8, Window: 128}, 2.1625, 0.12599, 0.1},
	} {
		t.Run(path.Base(c.file), func(t *testing.T) {
			all := perplexity(t, open(t, chord.Options{Context: 768}, c.file), c.text(t), c.o)
			if len(all) != c.o.Windows {
				t.Fatalf("got %d windows, want %d", len(all), c.o.Windows)
			}
			got := all[len(all)-1].PPL
			t.Logf("%.4f ± %.5f, %+.3f %%", got.Value, got.Error, 100*(got.Value/c.want-1))
			if !(math.Abs(got.Value/c.want-1) <= c.percent/100) {
				t.Errorf("got %g, want %g within %g %%", got.Value, c.want, c.percent)
			}
			if c.err > 0 && !(math.Abs(got.Error/c.err-1) <= 0.005) {
				t.Errorf("error %g, want %g", got.Error, c.err)
			}
		})
	}
}

// TestPerplexityThreads wants the same figures after every window for any number
// of threads, and so of windows that are computed at the same time.
func TestPerplexityThreads(t *testing.T) {
	text := strings.Repeat("Once upon a time there was a cat who wanted to see the sea. ", 12)
	o := eval.Options{Window: 24}
	one := openTales(t, 1)
	want := perplexity(t, one, text, o)
	if len(want) < 5 {
		t.Fatalf("only %d windows", len(want))
	}
	for _, threads := range []int{2, 5} {
		got := perplexity(t, openTales(t, threads), text, o)
		for i := range want {
			if len(got) != len(want) || got[i] != want[i] {
				t.Fatalf("%d threads, window %d: got %v, want %v", threads, i, got[i], want[i])
			}
		}
	}
	o.Stride = 23 // every token that has one before it counts
	if got := perplexity(t, one, text, o); got[0].Tokens != 23 {
		t.Errorf("%d tokens, want 23", got[0].Tokens)
	}
}

// TestKLDivergence compares Q4_0 with F32 and wants llama-perplexity's figures.
func TestKLDivergence(t *testing.T) {
	var base bytes.Buffer
	m := open(t, chord.Options{}, "models/chord-tales-f32.gguf")
	perplexity(t, m, heldOut(t), eval.Options{Windows: 4, Base: &base})
	if want := 4194292; base.Len() != want {
		t.Fatalf("%d bytes of base, want %d", base.Len(), want)
	}
	k := divergence(t, open(t, chord.Options{}, "models/chord-tales-q4_0.gguf"), base.Bytes())
	for name, c := range map[string]struct{ got, want, limit float64 }{
		"tokens":      {float64(k.Tokens), 1020, 0},
		"base":        {k.BasePPL.Value, 17.700190, 1e-3},
		"base error":  {k.BasePPL.Error, 1.405746, 1e-3},
		"correlation": {k.Cor, 0.9968, 1e-3},
		"ratio":       {k.Ratio.Value, 1.024916, 1e-3},
		"ratio error": {k.Ratio.Error, 0.006530, 1e-4},
		"difference":  {k.Diff.Error, 0.117227, 1e-3},
		"mean":        {k.KL.Value, 0.021039, 2e-4},
		"mean error":  {k.KL.Error, 0.000527, 2e-5},
		"median":      {k.KLQuantiles[6], 0.017735, 3e-4},
		"90 %":        {k.KLQuantiles[8], 0.040474, 1e-3},
		"5 % of Δp":   {k.DeltaPQuantiles[3], -0.07019, 2e-3},
		"Δp":          {k.DeltaP.Value, -0.00654, 5e-4},
		"RMS Δp":      {k.RMSDeltaP.Value, 0.03700, 1e-3},
		"RMS Δp err":  {k.RMSDeltaP.Error, 0.00174, 1e-4},
		"same top":    {k.SameTop.Value, 0.90294, 0.01},
		"its error":   {k.SameTop.Error, 0.00927, 3e-4},
	} {
		if !(math.Abs(c.got-c.want) <= c.limit) {
			t.Errorf("%s: got %g, want %g within %g", name, c.got, c.want, c.limit)
		}
	}
	same := divergence(t, m, base.Bytes())
	if !(math.Abs(same.KL.Value) < 1e-6) || same.SameTop.Value < 0.999 || !(math.Abs(same.LogRatio.Value) < 1e-5) {
		t.Errorf("beside itself: divergence %g, same top %g, ratio %g", same.KL.Value, same.SameTop.Value, same.LogRatio.Value)
	}
}

// divergence returns the result beside base.
func divergence(t *testing.T, m *chord.Model, base []byte) (k eval.Summary) {
	t.Helper()
	for x, err := range eval.Compare(t.Context(), m, bytes.NewReader(base), eval.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		k = x
	}
	return k
}

func TestPerplexityErrors(t *testing.T) {
	m, text := openTales(t, 2), strings.Repeat("a b c ", 100)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for want, run := range map[string]func() error{
		"Window: 2, want 3 to 512":   func() error { return last(eval.Run(t.Context(), m, text, eval.Options{Window: 2})) },
		"Window: 513, want 3 to 512": func() error { return last(eval.Run(t.Context(), m, text, eval.Options{Window: 513})) },
		"Stride: 8, want 0 to 7": func() error {
			return last(eval.Run(t.Context(), m, text, eval.Options{Window: 8, Stride: 8}))
		},
		"Windows: -2": func() error { return last(eval.Run(t.Context(), m, text, eval.Options{Windows: -2})) },
		"Base: goes with no Stride": func() error {
			return last(eval.Run(t.Context(), m, text, eval.Options{Stride: 1, Base: io.Discard}))
		},
		"fills no window of 512": func() error { return last(eval.Run(t.Context(), m, "a", eval.Options{})) },
		"context canceled":       func() error { return last(eval.Run(done, m, text, eval.Options{Window: 16})) },
		"disk full": func() error {
			return last(eval.Run(t.Context(), m, text, eval.Options{Window: 16, Base: full{}}))
		},
		"it does not begin with": func() error {
			return last(eval.Compare(t.Context(), m, strings.NewReader("_logits"), eval.Options{}))
		},
		"row 0: unexpected EOF": func() error {
			return last(eval.Compare(t.Context(), m, bytes.NewReader(cut(t, m, text)), eval.Options{}))
		},
		"windows of 600 tokens, cont": func() error {
			return last(eval.Compare(t.Context(), m, strings.NewReader(wide), eval.Options{}))
		},
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// wide is a base of one window of 600 tokens for chord-tales' vocabulary.
var wide = "_logits_" + "\x58\x02\x00\x00" + "\x00\x08\x00\x00" + "\x01\x00\x00\x00" + strings.Repeat("\x00", 4*600)

// cut returns a base that ends within its first row.
func cut(t *testing.T, m *chord.Model, text string) []byte {
	var b bytes.Buffer
	perplexity(t, m, text, eval.Options{Window: 16, Windows: 1, Base: &b})
	return b.Bytes()[:20+4*16+100]
}

// last ranges over all elements and returns the last one's error; what comes
// before it must have none.
func last[T any](seq func(func(T, error) bool)) (err error) {
	for _, e := range seq {
		if err != nil {
			return errors.New("something follows an error")
		}
		err = e
	}
	return err
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }
