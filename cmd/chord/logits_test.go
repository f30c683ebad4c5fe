package main

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/querent-ai/chord/internal/fixtures"
)

// logitsOf is the output of chord logits.
type logitsOf struct {
	IDs    []int32     `json:"ids"`
	Logits [][]float32 `json:"logits"`
}

// logits runs chord logits.
func logits(t *testing.T, stdin string, args ...string) (l logitsOf) {
	t.Helper()
	out := ok(t, stdin, append([]string{"logits"}, args...)...)
	if err := json.Unmarshal([]byte(out), &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLogitsGolden compares with llama.cpp's logits, within 2e-4; the long prompt is
// longer than the context of the file.
func TestLogitsGolden(t *testing.T) {
	const limit = 2e-4
	data, err := os.ReadFile(fixtures.Path(t, "golden", "stories260K.json"))
	if err != nil {
		t.Fatal(err)
	}
	type last struct {
		Logits []float64 `json:"logits_last"`
	}
	var golden struct {
		Prompts     map[string][]int32
		Short, Long last
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]last{"short": golden.Short, "long": golden.Long} {
		prompt := golden.Prompts[name]
		ids, err := json.Marshal(prompt)
		if err != nil {
			t.Fatal(err)
		}
		l := logits(t, string(ids), "-m", fixtures.Path(t, "models", "stories260K.gguf"), "--ids", "-")
		if !cmp.Equal(l.IDs, prompt) || len(l.Logits) != 1 || len(l.Logits[0]) != len(want.Logits) {
			t.Fatalf("%s: got %d ids, %d rows", name, len(l.IDs), len(l.Logits))
		}
		for i, w := range want.Logits {
			if got := float64(l.Logits[0][i]); !(math.Abs(got-w) <= limit) {
				t.Errorf("%s: logit %d: got %g, want %g", name, i, got, w)
			}
		}
	}
}

// TestLogitsAll wants a row for every id, the last equal to the single row without
// --all, for more ids than are computed at a time, and the same bits for any number
// of threads.
func TestLogitsAll(t *testing.T) {
	ids := strings.TrimSuffix(strings.Repeat("5,9,", 40), ",")
	n := strings.Count(ids, ",") + 1
	all := logits(t, "", "--ids", ids, "--all")
	last := logits(t, "", "--ids", ids, "-t", "1")
	if len(all.Logits) != n || len(last.Logits) != 1 {
		t.Fatalf("got %d and %d rows, want %d and 1", len(all.Logits), len(last.Logits), n)
	}
	if !cmp.Equal(all.Logits[n-1], last.Logits[0]) {
		t.Error("the last row depends on --all or on the threads")
	}
	first := logits(t, "", "--ids", "5")
	if !cmp.Equal(all.Logits[0], first.Logits[0]) {
		t.Error("the first row depends on what follows")
	}
}

// TestAppendRow wants numbers that read back to the same bits.
func TestAppendRow(t *testing.T) {
	row := []float32{0, float32(math.Copysign(0, -1)), 1, -1.5, 0.1, math.MaxFloat32, math.SmallestNonzeroFloat32, 16777216, 3.4e-5}
	var back []float32
	if err := json.Unmarshal(appendRow(nil, row), &back); err != nil {
		t.Fatal(err)
	}
	for i := range row {
		if math.Float32bits(back[i]) != math.Float32bits(row[i]) {
			t.Errorf("got %g, want %g", back[i], row[i])
		}
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	if got := string(appendRow(nil, []float32{nan, inf, 0.1})); got != "[null,null,0.1]" {
		t.Errorf("got %s", got)
	}
}

// A key that is overridden counts.
func TestLogitsOverrideKV(t *testing.T) {
	plain := logits(t, "", "--ids", "1,2,3")
	other := logits(t, "", "--ids", "1,2,3", "--override-kv", "llama.rope.freq_base=float:500")
	if cmp.Equal(plain.Logits, other.Logits) {
		t.Error("another rope.freq_base gives the same logits")
	}
}
