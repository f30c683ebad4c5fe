package llama_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/querent-ai/chord/llama"
)

// headed returns a model with a multi-token-prediction head.
func headed(t testing.TB, name string) *file {
	t.Helper()
	for _, m := range slices.Concat(hybrids, synthMixtures) {
		if m.name != name {
			continue
		}
		f := m.file()
		if name == "qwen35-list" { // which has one
			return f
		}
		f.set(m.arch+".block_count", uint32(synthLayers+1))
		f.set(m.arch+".nextn_predict_layers", uint32(1))
		m.layer(f, synthLayers)
		f.weight(layerName(synthLayers, "nextn.eh_proj"), 2*synthDim, synthDim)
		norms(f, synthLayers, "nextn.enorm", "nextn.hnorm")
		return f
	}
	t.Fatal("no such model")
	return nil
}

// loadHead returns the model and its head.
func loadHead(t testing.TB, f *file, o llama.Options) (m, head *model) {
	t.Helper()
	g := f.open(t)
	m, err := loadModel(g, o)
	if err != nil {
		t.Fatal(err)
	}
	h, err := m.LoadHead(g)
	if err != nil || h == nil {
		t.Fatalf("no head: %v", err)
	}
	head = &model{Model: h, cache: h.NewCache(0)}
	t.Cleanup(func() { head.Close(); m.Close() })
	return m, head
}

// TestDraftHeads compares the logits of heads with llama.cpp's: after the tokens of a text,
// with the vectors of the model, and once more after a token with the head's own.
func TestDraftHeads(t *testing.T) {
	data, err := os.ReadFile("testdata/heads.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]map[int][]float32
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"qwen35-list", "glm4moe", "deepseek-v3"} {
		t.Run(name, func(t *testing.T) {
			f := headed(t, name)
			if dir := os.Getenv("CHORD_SYNTHETIC"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, "head-"+name+".gguf"), f.bytes(t), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			m, head := loadHead(t, f, llama.Options{CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32})
			got := headLogits(t, m, head, synthIDs(), 40)
			for pos, logits := range want[name] {
				d := maxDiff(got[pos], logits)
				t.Logf("position %d: largest difference %.2g", pos, d)
				if !(d <= 2e-4) {
					t.Errorf("position %d: largest difference of a logit %g", pos, d)
				}
			}
			if len(want[name]) != 5 {
				t.Error("no logits of llama.cpp")
			}
			for _, step := range []int{1, 7} { // the same bits, whatever the batches
				sameLogits(t, "in pieces", headLogits(t, m, head, synthIDs(), step), got)
			}
		})
	}
}

// headLogits returns the logits of a head for the tokens of ids but the first, step at a
// time, and for token 7 after them with the head's own vector.
func headLogits(t *testing.T, m, head *model, ids []int32, step int) (logits [][]float32) {
	t.Helper()
	s, h := m.NewSeq(), head.NewSeq()
	defer s.Close()
	defer h.Close()
	var batch []llama.Token
	for _, id := range ids {
		batch = append(batch, llama.Token{Seq: s, ID: id, Out: llama.OutLogits, Keep: true})
	}
	if err := m.Forward(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	var hidden []float32
	forward := func(batch []llama.Token) {
		if err := head.Forward(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		for i := range batch {
			logits = append(logits, slices.Clone(head.Logits(i)))
		}
		hidden = slices.Clone(head.out.Hidden(len(batch) - 1))
	}
	for lo := 1; lo < len(ids); lo += step {
		var batch []llama.Token
		for i := lo; i < min(lo+step, len(ids)); i++ {
			batch = append(batch, llama.Token{Seq: h, ID: ids[i], Out: llama.OutLogits, Keep: true, Hidden: m.out.Hidden(i - 1)})
		}
		forward(batch)
	}
	forward([]llama.Token{{Seq: h, ID: 7, Out: llama.OutLogits, Keep: true, Hidden: hidden}})
	return logits
}

// TestDraftHeadErrors wants errors of heads that do not fit, and none where there is no
// head.
func TestDraftHeadErrors(t *testing.T) {
	for name, edit := range map[string]func(f *file){
		"eh_proj of another shape": func(f *file) {
			f.remove(layerName(synthLayers, "nextn.eh_proj"))
			f.weight(layerName(synthLayers, "nextn.eh_proj"), synthDim, synthDim)
		},
		"no norm":  func(f *file) { f.remove(layerName(synthLayers, "nextn.hnorm")) },
		"no layer": func(f *file) { f.remove(layerName(synthLayers, "attn_q")) },
	} {
		f := headed(t, "glm4moe")
		edit(f)
		g := f.open(t)
		m, err := loadModel(g, llama.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		if h, err := m.LoadHead(g); err == nil {
			t.Errorf("%s: a head, %v", name, h != nil)
		}
		m.Close()
	}
	f := headed(t, "glm4moe")
	f.remove(layerName(synthLayers, "nextn.eh_proj"))
	g := f.open(t)
	m, err := loadModel(g, llama.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if h, err := m.LoadHead(g); h != nil || err != nil {
		t.Errorf("without eh_proj: a head: %v, %v", h != nil, err)
	}
}
