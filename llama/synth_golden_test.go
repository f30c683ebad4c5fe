package llama_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
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

// synthGoldens returns what llama.cpp computes, by model and by position, or by
// the name of what follows pooling.
func synthGoldens(t *testing.T) map[string]map[string][]float32 {
	t.Helper()
	want := map[string]map[string][]float32{}
	for _, name := range []string{"testdata/made.json", "testdata/embedders.json", "testdata/dense.json", "testdata/hybrid.json", "testdata/older.json", "testdata/newer.json", "testdata/recurrent.json"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
	}
	return want
}

// TestSynthetic compares the logits at three positions with llama.cpp's for the
// same files and an f32 cache. CHORD_SYNTHETIC names a folder to write the files
// to, so that llama.cpp can compute them again.
func TestSynthetic(t *testing.T) {
	want := synthGoldens(t)
	for _, m := range synthetics {
		t.Run(m.name, func(t *testing.T) {
			f := m.file()
			if dir := os.Getenv("CHORD_SYNTHETIC"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, m.name+".gguf"), f.bytes(t), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			limit := 2e-4
			if slices.Contains([]string{"gemma2", "gemma3n", "gemma4", "falcon", "gptneox", "phi2", "bloom", "mpt", "starcoder", "codeshell", "t5encoder", "modern-bert", "nomic-bert-moe", "bert", "jina-bert-v2", "jina-bert-v3", "gemma-embedding"}, m.arch) { // llama.cpp looks GELU up in a table
				limit = geluTable.logit
			}
			model := f.load(t, llama.Options{CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32})
			got := all(t, model, synthIDs())
			for name, pos := range map[string]int{"5": 5, "20": 20, "39": 39} {
				logits := want[m.name][name]
				if len(logits) != len(got[pos]) {
					t.Fatalf("position %s: no logits of llama.cpp", name)
				}
				if m.embeds {
					got[pos] = model.Project(got[pos])
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
