package chord_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/synth"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/tales"
)

// adapterBytes returns an adapter for the embedded model.
func adapterBytes(seed uint64) ([]byte, error) {
	f, err := gguf.OpenFS(tales.FS, tales.Name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	err = synth.WriteAdapter(&b, f, synth.AdapterOptions{Rank: 8, Type: quant.F16, Seed: seed, Size: 0.3})
	return b.Bytes(), err
}

// adapterFile returns the name of a file with an adapter for the embedded model.
func adapterFile(dir string, seed uint64) (string, error) {
	data, err := adapterBytes(seed)
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, fmt.Sprintf("adapter%d.gguf", seed))
	return name, os.WriteFile(name, data, 0o600)
}

// adapter loads an adapter into m.
func adapter(t testing.TB, m *chord.Model, seed uint64) *chord.Adapter {
	t.Helper()
	data, err := adapterBytes(seed)
	if err != nil {
		t.Fatal(err)
	}
	a, err := m.LoadAdapterFS(fstest.MapFS{"a.gguf": {Data: data}}, "a.gguf")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A sets are adapters of a request, by name.
func adapterSets(t testing.TB, m *chord.Model) map[string][]chord.AdapterScale {
	a, b := adapter(t, m, 1), adapter(t, m, 2)
	return map[string][]chord.AdapterScale{
		"none":     nil,
		"one":      {{Adapter: a}},
		"the same": {{Adapter: adapter(t, m, 1), Scale: 1}},
		"half":     {{Adapter: a, Scale: 0.5}},
		"another":  {{Adapter: b}},
		"both":     {{Adapter: a}, {Adapter: b, Scale: -0.5}},
	}
}

const adapterPrompt = "Once upon a time there was a little dog, and the dog had a big red ball. One day"

// completeWith generates with adapters.
func completeWith(t testing.TB, m *chord.Model, set []chord.AdapterScale) string {
	t.Helper()
	r, err := m.Complete(t.Context(), adapterPrompt, chord.Params{MaxTokens: 30, Seed: 5, Adapters: set})
	if err != nil {
		t.Error(err)
	}
	return r.Text
}

// Requests with adapters give the same text alone, after others with other adapters,
// whose caches they must not use, and beside them.
func TestAdapters(t *testing.T) {
	texts := map[string]string{}
	alone := openTales(t, chord.Options{NoPrefixCache: true})
	defer alone.Close()
	for name, set := range adapterSets(t, alone) {
		texts[name] = completeWith(t, alone, set)
	}
	if texts["one"] != texts["the same"] {
		t.Error("the same adapter loaded twice gives two texts")
	}
	for _, name := range []string{"one", "half", "another", "both"} {
		for other, text := range texts {
			if other != name && text == texts[name] && !(name == "one" && other == "the same") {
				t.Errorf("%s and %s give one text: %q", name, other, text)
			}
		}
	}
	m := openTales(t, chord.Options{})
	defer m.Close()
	sets := adapterSets(t, m)
	for range 2 {
		for name, set := range sets {
			if got := completeWith(t, m, set); got != texts[name] {
				t.Errorf("%s after others: got %q, want %q", name, got, texts[name])
			}
		}
	}
	if m.Metrics().PrefixHits == 0 {
		t.Error("no prompt was found in the cache")
	}
	var wg sync.WaitGroup
	for range 3 {
		for name, set := range sets {
			wg.Go(func() {
				if got := completeWith(t, m, set); got != texts[name] {
					t.Errorf("%s beside others: got %q, want %q", name, got, texts[name])
				}
			})
		}
	}
	wg.Wait()
}

// An adapter that is closed stays valid for the text that is being generated.
func TestAdapterClosed(t *testing.T) {
	m := openTales(t, chord.Options{})
	defer m.Close()
	a := adapter(t, m, 1)
	set := []chord.AdapterScale{{Adapter: a}}
	want := completeWith(t, m, set)
	got := ""
	for tok, err := range m.Generate(t.Context(), adapterPrompt, chord.Params{MaxTokens: 30, Seed: 5, Adapters: set}) {
		if err != nil {
			t.Fatal(err)
		}
		got += tok.Text
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := m.Complete(t.Context(), "a", chord.Params{Adapters: set}); !errors.Is(err, chord.ErrClosed) {
		t.Errorf("got %v", err)
	}
	m.Close()
	if _, err := m.LoadAdapter("a.gguf"); err == nil {
		t.Error("no error of a closed model")
	}
}

func TestAdapterErrors(t *testing.T) {
	m, other := story(t), openTales(t, chord.Options{})
	defer other.Close()
	a, b := adapter(t, m, 1), adapter(t, other, 1)
	for name, c := range map[string]struct {
		set []chord.AdapterScale
		is  error
	}{
		"no adapter":            {[]chord.AdapterScale{{}}, chord.ErrInvalid},
		"NaN":                   {[]chord.AdapterScale{{a, float32(math.NaN())}}, chord.ErrInvalid},
		"an infinite scale":     {[]chord.AdapterScale{{a, 1}, {a, float32(math.Inf(-1))}}, chord.ErrInvalid},
		"one of another model":  {[]chord.AdapterScale{{b, 1}}, chord.ErrMismatch},
		"one of each, in order": {[]chord.AdapterScale{{a, 1}, {b, 1}}, chord.ErrMismatch},
	} {
		calls := map[string]func() error{
			"Complete": func() error { _, err := m.Complete(t.Context(), "a", chord.Params{Adapters: c.set}); return err },
			"Reply": func() error {
				_, err := m.Reply(t.Context(), []chord.Message{{Role: "user", Content: "a"}}, chord.ChatParams{Params: chord.Params{Adapters: c.set}})
				return err
			},
			"Score": func() error { _, err := m.Score(t.Context(), "a", []string{"b"}, c.set...); return err },
			"Embed": func() error {
				_, err := m.Embed(t.Context(), []string{"a"}, chord.EmbedOptions{Adapters: c.set})
				return err
			},
			"Session": func() error {
				s := m.NewSession()
				defer s.Close()
				return s.SetAdapters(c.set...)
			},
			"Logits": func() (last error) {
				for _, err := range m.Logits(t.Context(), []int32{1, 2}, 1, c.set...) {
					last = err
				}
				return last
			},
			"Verify": func() error {
				return m.Verify(t.Context(), &chord.Receipt{Params: chord.Params{Adapters: c.set}, IDs: []int32{1}, Prompt: 1})
			},
		}
		for call, f := range calls {
			if err := f(); !errors.Is(err, c.is) && !(call == "Reply" && errors.Is(err, chord.ErrUnsupported)) {
				t.Errorf("%s: %s: got %v", name, call, err)
			}
		}
	}
	for name, data := range map[string][]byte{"nothing": nil, "no GGUF": []byte("adapter"), "a model": talesBytes(t)} {
		if _, err := m.LoadAdapterFS(fstest.MapFS{"a": {Data: data}}, "a"); !errors.Is(err, chord.ErrFormat) && !errors.Is(err, chord.ErrUnsupported) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func talesBytes(t *testing.T) []byte {
	data, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A session computes its tokens with its own adapters, or those of a generation from
// then on, whatever it had before.
func TestAdapterSession(t *testing.T) {
	m := openTales(t, chord.Options{})
	defer m.Close()
	sets := adapterSets(t, m)
	generate := func(s *chord.Session, p chord.Params) (text string) {
		p.MaxTokens, p.Seed = 10, 3
		for tok, err := range s.Generate(t.Context(), p) {
			if err != nil {
				t.Fatal(err)
			}
			text += tok.Text
		}
		return text
	}
	whole := func(set []chord.AdapterScale) string {
		r, err := m.Complete(t.Context(), adapterPrompt, chord.Params{MaxTokens: 10, Seed: 3, Adapters: set})
		if err != nil {
			t.Fatal(err)
		}
		return r.Text
	}
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(t.Context(), adapterPrompt); err != nil {
		t.Fatal(err)
	}
	n := s.Len()
	for _, name := range []string{"none", "one", "one", "both", "none", "another"} {
		list := sets[name]
		if list == nil {
			list = []chord.AdapterScale{}
		}
		if got, want := generate(s, chord.Params{Adapters: list}), whole(list); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		s.Rewind(n)
	}
	first := m.NewSession()
	defer first.Close()
	if err := first.SetAdapters(sets["both"]...); err != nil {
		t.Fatal(err)
	}
	if err := first.Append(t.Context(), adapterPrompt); err != nil {
		t.Fatal(err)
	}
	if got, want := generate(first, chord.Params{}), whole(sets["both"]); got != want {
		t.Errorf("from its beginning: got %q, want %q", got, want)
	}
	fork := s.Fork()
	defer fork.Close()
	if err := s.SetAdapters(sets["half"]...); err != nil {
		t.Fatal(err)
	}
	if got, want := generate(s, chord.Params{}), whole(sets["half"]); got != want {
		t.Errorf("its own: got %q, want %q", got, want)
	}
	if got, want := generate(fork, chord.Params{}), whole(sets["another"]); got != want {
		t.Errorf("a fork: got %q, want %q", got, want)
	}
}

// Score, Logits and Embed use adapters.
func TestAdapterOthers(t *testing.T) {
	m := openTales(t, chord.Options{})
	defer m.Close()
	sets := adapterSets(t, m)
	ids := m.Tokenizer().Encode(nil, adapterPrompt, bpe.EncodeOptions{})
	values := map[string][]float64{}
	for name, set := range sets {
		var v []float64
		scores, err := m.Score(t.Context(), adapterPrompt, []string{" the dog"}, set...)
		if err != nil {
			t.Fatal(err)
		}
		v = append(v, scores[0].Logprob)
		for logits, err := range m.Logits(t.Context(), ids, 1, set...) {
			if err != nil {
				t.Fatal(err)
			}
			v = append(v, float64(logits[7]))
		}
		vectors, err := m.Embed(t.Context(), []string{adapterPrompt}, chord.EmbedOptions{Adapters: set})
		if err != nil {
			t.Fatal(err)
		}
		values[name] = append(v, float64(vectors[0][3]))
	}
	if !slices.Equal(values["one"], values["the same"]) {
		t.Error("the same adapter gives other values")
	}
	for i, what := range []string{"Score", "Logits", "Embed"} {
		for _, name := range []string{"one", "half", "another", "both"} {
			if values[name][i] == values["none"][i] {
				t.Errorf("%s: %s changes nothing", what, name)
			}
		}
	}
}

// A receipt says which adapters there were.
func TestAdapterReceipt(t *testing.T) {
	m := openTales(t, chord.Options{})
	defer m.Close()
	sets := adapterSets(t, m)
	r, err := m.Complete(t.Context(), "Once", chord.Params{MaxTokens: 8, Receipt: true, Adapters: sets["both"]})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r.Receipt)
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range sets {
		var read chord.Receipt
		if err := json.Unmarshal(b, &read); err != nil {
			t.Fatal(err)
		}
		read.Params.Adapters = set
		if err := m.Verify(context.Background(), &read); name == "both" && err != nil || name != "both" && !errors.Is(err, chord.ErrMismatch) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A session that is read back has no adapters, nor a cache that was computed with
// them.
func TestAdapterSessionFile(t *testing.T) {
	m := openTales(t, chord.Options{})
	defer m.Close()
	sets := adapterSets(t, m)
	for _, name := range []string{"none", "both"} {
		s := m.NewSession()
		if err := s.SetAdapters(sets[name]...); err != nil {
			t.Fatal(err)
		}
		if err := s.Append(t.Context(), adapterPrompt); err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if _, err := s.WriteTo(&file); err != nil {
			t.Fatal(err)
		}
		s.Close()
		for then, set := range sets {
			fresh := openTales(t, chord.Options{})
			read, err := fresh.ReadSession(t.Context(), bytes.NewReader(file.Bytes()))
			if err != nil {
				t.Fatal(err)
			}
			list := []chord.AdapterScale{}
			for _, a := range set {
				seed := uint64(1)
				if a.Adapter == sets["another"][0].Adapter {
					seed = 2
				}
				list = append(list, chord.AdapterScale{Adapter: adapter(t, fresh, seed), Scale: a.Scale})
			}
			got := ""
			for tok, err := range read.Generate(t.Context(), chord.Params{MaxTokens: 8, Seed: 3, Adapters: list}) {
				if err != nil {
					t.Fatal(err)
				}
				got += tok.Text
			}
			r, err := m.Complete(t.Context(), adapterPrompt, chord.Params{MaxTokens: 8, Seed: 3, Adapters: set})
			if err != nil {
				t.Fatal(err)
			}
			if got != r.Text {
				t.Errorf("written with %s, continued with %s: got %q, want %q", name, then, got, r.Text)
			}
			read.Close()
			fresh.Close()
		}
	}
}
