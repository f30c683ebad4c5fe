package llama_test

import (
	"encoding/json"
	"math"
	"path"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/fixtures"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
)

// A golden has the results of llama.cpp for one file, golden/*.json.
type golden struct {
	File        string
	TensorTypes map[string]int `json:"tensor_types"`
	Prompts     struct{ One, Short, Long []int32 }
	section
	KVF16        section `json:"kv_f16"`
	WeightsAsF32 section `json:"weights_as_f32"`
	Float64      struct {
		ShortLogitsLast []float32 `json:"short_logits_last"`
		LongLogitsLast  []float32 `json:"long_logits_last"`
	} `json:"-"` // from golden/float64.json, for architectures with GELU
}

// A section has the results of one configuration; absent ones are empty.
type section struct {
	One   struct{ Logits []float32 }
	Short struct {
		LogitsLast     []float32      `json:"logits_last"`
		Top20First8    [][][2]float64 `json:"top20_first8"`
		Greedy64       []int32
		Greedy64Margin []float64 `json:"greedy64_margin"`
	}
	Long struct {
		LogitsLast []float32 `json:"logits_last"`
		NLL        []float64
		NLLSum     float64 `json:"nll_sum"`
		LogitsStd  float64 `json:"logits_std"`
		Argmax     []int
	}
}

// readJSON fills v from a file of the test data.
func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	fixtures.ReadJSON(t, v, name)
}

// eachGolden runs a subtest with the golden of every model under real/ and zoo/.
func eachGolden(t *testing.T, test func(t *testing.T, g golden)) {
	t.Helper()
	var float64s map[string]json.RawMessage
	readJSON(t, "golden/float64.json", &float64s)
	for _, file := range fixtures.Names(t, "real/*.gguf", "zoo/*.gguf") {
		base := path.Base(file)
		t.Run(base, func(t *testing.T) {
			var g golden
			readJSON(t, "golden/"+strings.TrimSuffix(base, ".gguf")+".json", &g)
			if e := float64s[g.File]; e != nil {
				if err := json.Unmarshal(e, &g.Float64); err != nil {
					t.Fatal(err)
				}
			}
			test(t, g)
		})
	}
}

// load loads a model of the test data.
func load(t testing.TB, name string, o llama.Options) *model {
	t.Helper()
	return loadFile(t, fixtures.Path(t, name), o)
}

// loadFile loads a model and closes it at the end of the test.
func loadFile(t testing.TB, path string, o llama.Options) *model {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := loadModel(f, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// all returns the logits of each of ids, in a new sequence.
func all(t testing.TB, m *model, ids []int32) [][]float32 {
	t.Helper()
	s := m.NewSeq()
	defer s.Close()
	return next(t, m, s, ids)
}

// next appends ids to s and returns the logits of each.
func next(t testing.TB, m *model, s *kvcache.Seq, ids []int32) [][]float32 {
	t.Helper()
	batch := make([]llama.Token, len(ids))
	for i, id := range ids {
		batch[i] = llama.Token{Seq: s, ID: id, Out: llama.OutLogits}
	}
	if err := m.Forward(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	logits := make([][]float32, len(ids))
	for i := range logits {
		logits[i] = append(logits[i], m.Logits(i)...)
	}
	return logits
}

// logSoftmax returns the logarithms of the probabilities, in float64.
func logSoftmax(logits []float32) []float64 {
	top := math.Inf(-1)
	for _, x := range logits {
		top = max(top, float64(x))
	}
	sum := 0.0
	for _, x := range logits {
		sum += math.Exp(float64(x) - top)
	}
	p := make([]float64, len(logits))
	for i, x := range logits {
		p[i] = float64(x) - top - math.Log(sum)
	}
	return p
}

// divergence returns the Kullback-Leibler divergence of got from want.
func divergence(want, got []float32) float64 {
	p, q := logSoftmax(want), logSoftmax(got)
	sum := 0.0
	for i := range p {
		sum += math.Exp(p[i]) * (p[i] - q[i])
	}
	return sum
}

// maxDiff returns the largest difference between elements of a and b.
func maxDiff(a, b []float32) float64 {
	d := 0.0
	for i := range a {
		d = max(d, math.Abs(float64(a[i])-float64(b[i])))
	}
	return d
}

// argmax returns the lowest index of the largest element.
func argmax(x []float32) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}
