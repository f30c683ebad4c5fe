package llama_test

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/fixtures"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/simd"
)

// goldenContext is the context of the goldens.
const goldenContext = 256

// limits are the largest differences from a golden.
type limits struct {
	logit float64 // of a logit
	kl    float64 // mean divergence over the positions with logits
	nll   float64 // of the mean negative log likelihood, relative
}

// exact are the limits for arithmetic that rounds only floats: llama.cpp differs
// from float64 by at most 3.2e-5 in such files, and so may chord.
var exact = limits{logit: 2e-4, kl: 1e-7, nll: 1e-5}

// cacheRounded are the limits where both engines round only keys and values, to
// f16; few of them round to different numbers. The measured difference is 0.4 %
// of the standard deviation std.
func cacheRounded(std float64) limits { return limits{logit: 0.015 * std, kl: 3e-5, nll: 1e-3} }

// rounded are the limits where activations are rounded to 8 bits, or to f16 by
// one engine only: single logits differ, averages are close.
func rounded(std float64) limits { return limits{logit: 0.3 * std, kl: 5e-3, nll: 0.02} }

// rounded returns the limits for a model. Where the router gives two experts
// nearly the same logit, llama.cpp's own logits jump by 1.4 standard deviations.
func (g golden) rounded() limits {
	lim := rounded(g.Long.LogitsStd)
	if strings.Contains(g.File, "moe") {
		lim.logit, lim.kl = 1.4*g.Long.LogitsStd, 9e-3
	}
	return lim
}

// geluTable are the limits against llama.cpp's GELU, which it looks up in a table
// of f16. The measured difference is 4.5e-3, from chord and from float64 alike.
var geluTable = limits{logit: 1e-2, kl: 1e-5, nll: 1e-4}

// floatTypes are the types whose products do not round activations.
var floatTypes = []string{"F32", "F16", "BF16"}

func TestGolden(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		types := slices.Collect(maps.Keys(g.TensorTypes))
		floats := !slices.ContainsFunc(types, func(s string) bool { return !slices.Contains(floatTypes, s) })
		f32 := len(types) == 1 && floats
		m := load(t, g.File, llama.Options{Context: goldenContext, CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32})
		switch {
		case f32 && len(g.Float64.LongLogitsLast) > 0:
			compare(t, m, g, g.section, geluTable)
			compareFloat64(t, m, g)
		case f32:
			compare(t, m, g, g.section, exact)
		case floats:
			compare(t, m, g, g.WeightsAsF32, exact)
		default:
			compare(t, m, g, g.section, g.rounded())
		}
		m = load(t, g.File, llama.Options{Context: goldenContext})
		if f32 {
			compare(t, m, g, g.KVF16, cacheRounded(g.Long.LogitsStd))
		} else {
			compare(t, m, g, g.KVF16, g.rounded())
		}
	})
}

// compare computes the prompts of g and compares with want.
func compare(t *testing.T, m *model, g golden, want section, lim limits) {
	t.Helper()
	one, long := all(t, m, g.Prompts.One), all(t, m, g.Prompts.Long)
	short := compareGreedy(t, m, g.Prompts.Short, want, lim)
	var kls []float64
	for _, c := range []struct {
		name      string
		got, want []float32
	}{
		{"one", one[0], want.One.Logits},
		{"short", short[len(short)-1], want.Short.LogitsLast},
		{"long", long[len(long)-1], want.Long.LogitsLast},
	} {
		if len(c.want) == 0 {
			continue
		}
		d := maxDiff(c.got, c.want)
		t.Logf("%s: largest difference %.2g, limit %.2g", c.name, d, lim.logit)
		if !(d <= lim.logit) {
			t.Errorf("%s: largest difference of a logit %g, want at most %g", c.name, d, lim.logit)
		}
		kls = append(kls, divergence(c.want, c.got))
	}
	for i, top := range want.Short.Top20First8 {
		kls = append(kls, topDivergence(t, top, short[i], lim))
	}
	t.Logf("mean divergence %.2g over %d positions", mean(kls), len(kls))
	if kl := mean(kls); !(kl <= lim.kl) {
		t.Errorf("mean divergence %g over %d positions, want at most %g", kl, len(kls), lim.kl)
	}
	compareNLL(t, g.Prompts.Long, long, want, lim)
	compareArgmax(t, long, want, lim)
}

// compareFloat64 compares with logits computed in float64.
func compareFloat64(t *testing.T, m *model, g golden) {
	t.Helper()
	for _, c := range []struct {
		name string
		ids  []int32
		want []float32
	}{
		{"short", g.Prompts.Short, g.Float64.ShortLogitsLast},
		{"long", g.Prompts.Long, g.Float64.LongLogitsLast},
	} {
		got := all(t, m, c.ids)
		d := maxDiff(got[len(got)-1], c.want)
		t.Logf("%s: largest difference from float64 %.2g", c.name, d)
		if !(d <= exact.logit) {
			t.Errorf("%s: largest difference of a logit from float64 %g, want at most %g", c.name, d, exact.logit)
		}
	}
}

// topDivergence compares the logits of the best 20 tokens and returns their
// divergence.
func topDivergence(t *testing.T, top [][2]float64, logits []float32, lim limits) float64 {
	var want, got []float32
	for _, e := range top {
		want, got = append(want, float32(e[1])), append(got, logits[int(e[0])])
	}
	if d := maxDiff(want, got); !(d <= lim.logit) {
		t.Errorf("top 20: largest difference of a logit %g, want at most %g", d, lim.logit)
	}
	return divergence(want, got)
}

// compareNLL compares the mean negative log likelihood of ids.
func compareNLL(t *testing.T, ids []int32, logits [][]float32, want section, lim limits) {
	got := 0.0
	for i, id := range ids[1:] {
		nll := -logSoftmax(logits[i])[id]
		got += nll
		if len(want.Long.NLL) > 0 && lim == exact && math.Abs(nll-want.Long.NLL[i]) > 2*lim.logit {
			t.Errorf("negative log likelihood %d: got %g, want %g", i, nll, want.Long.NLL[i])
		}
	}
	t.Logf("sum of negative log likelihoods: relative difference %.2g", got/want.Long.NLLSum-1)
	if d := math.Abs(got/want.Long.NLLSum - 1); !(d <= lim.nll) {
		t.Errorf("sum of negative log likelihoods: got %g, want %g", got, want.Long.NLLSum)
	}
}

// TestGoldenQ8Cache requires that a cache of 8 bits differs no more than
// llama.cpp's own configurations do.
func TestGoldenQ8Cache(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		if dim := load(t, g.File, llama.Options{}).Config().Layer[0].KeyDim; dim%32 != 0 {
			f, err := gguf.Open(fixtures.Path(t, g.File))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := llama.Load(f, llama.Options{CacheTypeK: llama.KVQ8_0, CacheTypeV: llama.KVQ8_0}); err == nil || !strings.Contains(err.Error(), "Q8_0 wants heads") {
				t.Errorf("heads of %d elements: got %v", dim, err)
			}
			return
		}
		m, lim := load(t, g.File, llama.Options{Context: goldenContext, CacheTypeK: llama.KVQ8_0, CacheTypeV: llama.KVQ8_0}), g.rounded()
		lim.nll = 0.03 // 0.023 was measured, over few tokens
		compare(t, m, g, g.section, lim)
	})
}

// compareArgmax requires that llama.cpp's best token is chord's, or within the
// limit of it.
func compareArgmax(t *testing.T, logits [][]float32, want section, lim limits) {
	for i, w := range want.Long.Argmax {
		best := argmax(logits[i])
		if d := float64(logits[i][best] - logits[i][w]); d > 2*lim.logit {
			t.Errorf("position %d: best is %d, %g above %d", i, best, d, w)
		}
	}
}

// compareGreedy computes llama.cpp's greedy ids after a prompt. Each must be
// chord's best token, or within the limit of it where llama.cpp's margin is small
// too. It returns the logits of the prompt. The ids are one batch, on which no
// logit depends; TestStory goes token by token.
func compareGreedy(t *testing.T, m *model, prompt []int32, want section, lim limits) [][]float32 {
	ids := slices.Concat(prompt, want.Short.Greedy64)
	logits := all(t, m, ids)
	for i, id := range want.Short.Greedy64 {
		last := logits[len(prompt)-1+i]
		best := simd.Argmax(last)
		if d := float64(last[best] - last[id]); best != int(id) && d > 2*lim.logit {
			t.Errorf("greedy id %d: got %d, %g above %d", i, best, d, id)
		}
		if len(want.Short.Greedy64Margin) > 0 && best != int(id) && want.Short.Greedy64Margin[i] > 2*lim.logit {
			t.Errorf("greedy id %d: got %d, want %d", i, best, id)
		}
	}
	return logits[:len(prompt)]
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// TestStory requires the story that karpathy/llama2.c and llama.cpp tell from
// stories260K: 200 greedy ids after BOS.
func TestStory(t *testing.T) {
	var stories map[string]json.RawMessage
	readJSON(t, "golden/greedy-from-bos.json", &stories)
	for _, name := range []string{"stories260K", "babyllama-tok361-F32"} {
		t.Run(name, func(t *testing.T) {
			var want struct{ IDs []int32 }
			if err := json.Unmarshal(stories[name], &want); err != nil {
				t.Fatal(err)
			}
			m := load(t, "real/"+name+".gguf", llama.Options{Context: goldenContext, CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32})
			s := m.NewSeq()
			id := int32(1)
			for i, w := range want.IDs {
				if id = int32(simd.Argmax(next(t, m, s, []int32{id})[0])); id != w {
					t.Fatalf("id %d: got %d, want %d", i, id, w)
				}
			}
		})
	}
}

// TestGoldenSameBits computes the models one token at a time and beside other
// sequences. The bits must be those of the whole prompt.
func TestGoldenSameBits(t *testing.T) {
	eachGolden(t, func(t *testing.T, g golden) {
		m := load(t, g.File, llama.Options{Context: goldenContext, Threads: 2})
		ids := g.Prompts.Long[:40]
		want := all(t, m, ids)
		s := m.NewSeq()
		defer s.Close()
		var got [][]float32
		for i := range ids {
			got = append(got, next(t, m, s, ids[i:i+1])...)
		}
		sameLogits(t, "one by one", got, want)
		sameLogits(t, "in a batch", threeSeqs(t, m, ids), want)
	})
}
