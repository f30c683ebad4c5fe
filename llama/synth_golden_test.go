package llama_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/querent-ai/chord/llama"
)

// synthIDs returns the prompt: longer than the windows and than the context
// before scaling.
func synthIDs() []int32 {
	ids := make([]int32, 40)
	for i := range ids {
		ids[i] = int32(i * 7 % synthVocab)
	}
	return ids
}

// TestSynthetic compares the logits at three positions with llama.cpp's for the
// same files and an f32 cache. CHORD_SYNTHETIC names a folder to write the files
// to, so that llama.cpp can compute them again.
func TestSynthetic(t *testing.T) {
	want := map[string]map[string][]float32{} // by model, by position
	b, err := os.ReadFile("testdata/made.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for _, m := range synthetics {
		t.Run(m.name, func(t *testing.T) {
			f := m.file()
			if dir := os.Getenv("CHORD_SYNTHETIC"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, m.name+".gguf"), f.bytes(t), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			limit := 2e-4
			if m.arch == "gemma2" || m.arch == "bert" { // llama.cpp looks GELU up in a table
				limit = geluTable.logit
			}
			got := all(t, f.load(t, llama.Options{CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32}), synthIDs())
			for name, pos := range map[string]int{"5": 5, "20": 20, "39": 39} {
				logits := want[m.name][name]
				if len(logits) != len(got[pos]) {
					t.Fatalf("position %s: no logits of llama.cpp", name)
				}
				d := maxDiff(got[pos], logits)
				t.Logf("position %s: largest difference %.2g", name, d)
				if !(d <= limit) {
					t.Errorf("position %s: largest difference of a logit %g, want at most %g", name, d, limit)
				}
			}
		})
	}
}
