package chord_test

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
)

// huge makes the embedded model one that was trained for a billion tokens.
const huge = "llama.context_length=int:1000000000"

// Without a context the caches limit the model's own, and what goes beyond is
// refused with both numbers; nothing is cut in silence.
func TestContextLimitedByCaches(t *testing.T) {
	m := openTales(t, chord.Options{CacheBytes: 1 << 20})
	defer m.Close()
	i := m.Info()
	if i.Trained != 512 || i.Context >= 512 || i.Context < 64 || m.Context() != i.Context || i.CacheSize != 1<<20 {
		t.Fatalf("%+v", i)
	}
	long := strings.Repeat("a cat ", 300)
	if _, err := m.Complete(t.Context(), long, seeded(1, 1)); !errors.Is(err, chord.ErrContextFull) ||
		!strings.Contains(err.Error(), "tokens, context of ") {
		t.Errorf("got %v", err)
	}
	ids := make([]int32, i.Context)
	for _, err := range m.Logits(t.Context(), ids, 1) {
		if err != nil {
			t.Errorf("a prompt as long as the context: %v", err)
		}
	}
	largest := openTales(t, chord.Options{OverrideKV: []string{huge}})
	defer largest.Close()
	if i := largest.Info(); i.Trained != 1e9 || i.Context >= 1e9 || i.Context < 1000 {
		t.Errorf("by default: %+v", i)
	}
}

// A context that is asked for is had, or an error says what there is room for.
func TestContextAskedFor(t *testing.T) {
	for want, o := range map[string]chord.Options{
		"Options.CacheBytes: 1048576 bytes, 512 tokens need": {Context: 512, CacheBytes: 1 << 20},
		"Options.CacheBytes: 1000 bytes":                     {CacheBytes: 1000},
		"Options.Context: 1000000000 tokens need":            {Context: 1e9},
	} {
		_, err := chord.OpenFS(tales.FS, tales.Name, o)
		if p, ok := errors.AsType[*chord.ParamError](err); !ok || !strings.Contains(p.Error(), want) {
			t.Errorf("%+v: got %v, want %q", o, err, want)
		}
	}
}

// Fits says what Open then takes, from the file's header.
func TestFits(t *testing.T) {
	file := path.Join("tales", tales.Name)
	for _, o := range []chord.Options{{}, {Context: 100}, {CacheTypeK: "q8_0", CacheTypeV: "q8_0"}, {CacheTypeK: "q4_0", CacheTypeV: "q4_0"}, {CacheTypeK: "f32"}} {
		fit, err := chord.Fits(file, o)
		if err != nil {
			t.Fatal(err)
		}
		if far, err := chord.FitsFS(tales.FS, tales.Name, o); err != nil || far.Cache != fit.Cache || far.Weights != fit.Weights {
			t.Errorf("%+v: %+v of fsys, %v, want %+v", o, far, err, fit)
		}
		o.CacheBytes = fit.Cache // is enough for one text of that length
		m, err := chord.Open(file, o)
		if err != nil {
			t.Fatal(err)
		}
		if m.Context() != fit.Context || !fit.Fits || fit.Weights < 2<<20 || fit.Weights > 3<<20 {
			t.Errorf("%+v: %+v, context of %d", o, fit, m.Context())
		}
		m.Close()
		o.CacheBytes--
		o.Context = fit.Context
		if _, err := chord.Open(file, o); !errors.Is(err, chord.ErrInvalid) {
			t.Errorf("%+v: a byte less: %v", o, err)
		}
	}
	fit, err := chord.Fits(file, chord.Options{OverrideKV: []string{huge}})
	if err != nil || fit.Context != 1e9 || fit.Fits || fit.Cache < 1e9 {
		t.Errorf("a billion tokens: %+v, %v", fit, err)
	}
	for _, c := range []struct {
		path string
		o    chord.Options
		want error
	}{{"nothing.gguf", chord.Options{}, nil}, {"go.mod", chord.Options{}, chord.ErrFormat}, {file, chord.Options{Threads: -1}, chord.ErrInvalid}} {
		if _, err := chord.Fits(c.path, c.o); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s, %+v: got %v, want %v", c.path, c.o, err, c.want)
		}
	}
}

// One model tells stories and gives vectors at the same time, each as if it were
// alone.
func TestGenerateAndEmbedAtOnce(t *testing.T) {
	m := story(t)
	texts := []string{"a cat", "The dog was very big. " + strings.Repeat("It ran. ", 40), "one"}
	alone := openTales(t, chord.Options{})
	defer alone.Close()
	vectors, err := alone.Embed(t.Context(), texts, chord.EmbedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := result2(t, alone, prompt, seeded(3, 25))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if got := result2(t, m, prompt, seeded(3, 25)); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
		wg.Go(func() {
			got, err := m.Embed(context.Background(), texts, chord.EmbedOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			for i := range got {
				if !slices.Equal(got[i], vectors[i]) {
					t.Errorf("text %d: another vector than alone", i)
				}
			}
		})
	}
	wg.Wait()
}
