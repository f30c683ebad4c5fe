package server_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/synth"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/server"
	"github.com/querent-ai/chord/tales"
)

// adapter loads an adapter of random weights into the model that tells stories.
func adapter(t *testing.T, m *chord.Model, seed uint64) *chord.Adapter {
	t.Helper()
	f, err := gguf.OpenFS(tales.FS, tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b bytes.Buffer
	if err := synth.WriteAdapter(&b, f, synth.AdapterOptions{Rank: 4, Type: quant.F16, Seed: seed, Size: 0.5}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "adapter.gguf")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := m.LoadAdapter(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// TestAdapters sets scales for all requests and for one.
func TestAdapters(t *testing.T) {
	m := talesModel(t, chord.Options{})
	a := adapter(t, m, 1)
	url := serve(t, server.Options{Models: []server.Model{{Name: "tales", Loaded: m, Adapters: []chord.AdapterScale{{Adapter: a}, {Adapter: adapter(t, m, 2), Scale: 0}}}}})
	const body = `{"prompt":"Once upon a time","n_predict":12,"temperature":0}`
	want := func(adapters ...chord.AdapterScale) string {
		r, err := m.Complete(t.Context(), "Once upon a time", chord.Params{Temperature: chord.Greedy, MaxTokens: 12, Adapters: adapters})
		if err != nil {
			t.Fatal(err)
		}
		return r.Text
	}
	plain, scaled := want(), want(chord.AdapterScale{Adapter: a, Scale: 1.5})
	if plain == scaled {
		t.Fatal("the adapter changes nothing")
	}
	check := func(name, body, want string) {
		t.Helper()
		if got := decode[completion](t, post(t, url+"/completion", body).body).Content; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	check("scale 0", body, plain)
	check("for one request", with(body, `"lora":[{"id":0,"scale":1.5}]`), scaled)
	check("after it", body, plain)
	post(t, url+"/lora-adapters", `[{"id":0,"scale":1.5}]`)
	check("for all", body, scaled)
	check("none for one", with(body, `"lora":[]`), plain)
	text := decode[chatAnswer](t, post(t, url+"/v1/completions", strings.Replace(body, "n_predict", "max_tokens", 1)).body)
	if text.Choices[0].Text != scaled {
		t.Errorf("/v1/completions: %q, want %q", text.Choices[0].Text, scaled)
	}
	list := decode[[]struct {
		ID    int
		Scale float32
	}](t, get(t, url+"/lora-adapters").body)
	if len(list) != 2 || list[0].Scale != 1.5 || list[1].ID != 1 || list[1].Scale != 0 {
		t.Errorf("%+v", list)
	}
	for _, body := range []string{`{}`, ``, `[7]`, `[{"id":2,"scale":1}]`, `[{"id":-1,"scale":1}]`, `[{"id":0}]`, `[{"scale":1}]`, `[{"id":0,"scale":1e99}]`} {
		if a := do(t, "POST", url+"/lora-adapters", body); a.status != 400 {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	if a := do(t, "POST", url+"/completion", with(body, `"lora":[{"id":9,"scale":1}]`)); a.status != 400 || !strings.Contains(a.body, `"param":"lora[0].id"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}
