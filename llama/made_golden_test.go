package llama_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/querent-ai/chord/llama"
)

// madeIDs is the prompt: longer than the windows and than the context before
// scaling.
func madeIDs() []int32 {
	ids := make([]int32, 40)
	for i := range ids {
		ids[i] = int32(i * 7 % madeVocab)
	}
	return ids
}

// TestMade compares with what llama.cpp computed of the same files, with its
// cache in f32: logits at three positions. CHORD_MADE names a folder that the
// files are written to, so that they can be computed again.
func TestMade(t *testing.T) {
	want := map[string]map[string][]float32{} // by model, by position
	b, err := os.ReadFile("testdata/made.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for _, m := range mades {
		t.Run(m.name, func(t *testing.T) {
			f := m.file()
			if dir := os.Getenv("CHORD_MADE"); dir != "" {
				if err := os.WriteFile(filepath.Join(dir, m.name+".gguf"), f.bytes(t), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			limit := 2e-4
			if m.arch == "gemma2" || m.arch == "bert" { // GELU from a table
				limit = tabled.logit
			}
			got := all(t, f.load(t, llama.Options{CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32}), madeIDs())
			for name, pos := range map[string]int{"5": 5, "20": 20, "39": 39} {
				logits := want[m.name][name]
				if len(logits) != len(got[pos]) {
					t.Fatalf("position %s: llama.cpp's logits are not there", name)
				}
				d := maxDiff(got[pos], logits)
				t.Logf("position %s: logits within %.2g", name, d)
				if !(d <= limit) {
					t.Errorf("position %s: a logit is %g off, at most %g", name, d, limit)
				}
			}
		})
	}
}
