package llama_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/simd"
	"github.com/querent-ai/chord/tales"
)

// talesHash is the SHA-256 of the embedded model's logits for talesPrompt. It is
// the same for every tier, number of threads, batch and operating system.
const talesHash = "d02b18be43dd6ffe30ae781f3af160f4ff33698e5ef54c9ac1c173d752bfa124"

// talesPrompt is longer than a page of the cache and a piece of a batch.
func talesPrompt() []int32 {
	r := rand.New(rand.NewPCG(1, 2))
	ids := make([]int32, 520)
	for i := range ids {
		ids[i] = r.Int32N(2048)
	}
	return ids
}

// openTales loads the embedded model.
func openTales(t testing.TB, o llama.Options) *model {
	t.Helper()
	f, err := gguf.OpenFS(tales.FS, tales.Name)
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

// add hashes the bits of logits.
func add(h hash.Hash, logits []float32) {
	b := make([]byte, 4*len(logits))
	for i, x := range logits {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(x))
	}
	h.Write(b)
}

// hashOf returns the hash of the logits of ids, computed in batches of n.
func hashOf(t *testing.T, m *model, ids []int32, n int) string {
	t.Helper()
	s := m.NewSeq()
	defer s.Close()
	h := sha256.New()
	for len(ids) > 0 {
		k := min(n, len(ids))
		for _, logits := range next(t, m, s, ids[:k]) {
			add(h, logits)
		}
		ids = ids[k:]
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestSameBits(t *testing.T) {
	ids := talesPrompt()
	for _, c := range []struct {
		name          string
		threads, size int
	}{
		{"1 thread, one batch", 1, len(ids)},
		{"2 threads, one batch", 2, len(ids)},
		{"3 threads, batches of 7", 3, 7},
		{"2 threads, batches of 1", 2, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := openTales(t, llama.Options{Threads: c.threads, Context: 600})
			if got := hashOf(t, m, ids, c.size); got != talesHash {
				t.Errorf("%s: got %s, want %s", simd.Tier(), got, talesHash)
			}
		})
	}
}

// cacheHashes are the hashes for the first 300 tokens of talesPrompt, with other
// types of keys and values.
var cacheHashes = map[[2]llama.KVType]string{
	{llama.KVF32, llama.KVF32}:   "8e2e0504c639815e255181d04a518aca6b749b6b1880759a0adb083b606e36c0",
	{llama.KVF16, llama.KVQ8_0}:  "7b5a10c6577686f9efb76a82edc47cfe0c62bbd550c333a8dc8bb58fac2ba5c9",
	{llama.KVQ8_0, llama.KVF16}:  "8617f3c883f701ec6a8e4027cecf9865a641d1235250a62be432b7584e2f42bd",
	{llama.KVQ8_0, llama.KVF32}:  "363a17f774fc4b9037d3d0e73e20b46af2871b0a2e7d4355d2af4c3c054a65de",
	{llama.KVQ4_0, llama.KVQ4_0}: "e1a7cbdbe55c4d44ab28d477a27335d0c631296337f54589f12e7ac04af848ae",
	{llama.KVQ4_0, llama.KVQ8_0}: "51d9407fa193623bae3003afaeffb0158a0ca7525a5912b35b0eef8d47a8e38e",
	{llama.KVQ8_0, llama.KVQ8_0}: "d933c02e3278cee0e94ef35dd4efbde32ec8c396035b187668936b52951fc38d",
}

func TestSameBitsCacheTypes(t *testing.T) {
	ids := talesPrompt()[:300]
	for typ, want := range cacheHashes {
		for _, c := range []struct{ threads, size int }{{1, len(ids)}, {3, 7}, {2, 1}} {
			m := openTales(t, llama.Options{Threads: c.threads, CacheTypeK: typ[0], CacheTypeV: typ[1]})
			if got := hashOf(t, m, ids, c.size); got != want {
				t.Errorf("%s: cache types %d, %d threads, %d tokens at a time: got %s, want %s", simd.Tier(), typ, c.threads, c.size, got, want)
			}
		}
	}
}

// TestCacheTypes compares logits with those of an f32 cache. Rounding keys and
// values to f16 or q8_0 makes some activations round to other 8-bit integers,
// which is most of the difference. Measured: 1.8e-4 and 2.8e-4; rounded allows
// 5e-3. Of q4_0 the rounding itself counts most: 7.3e-3, 4.7e-3 and 2.6e-3.
func TestCacheTypes(t *testing.T) {
	ids := talesPrompt()[:300]
	want := all(t, openTales(t, llama.Options{CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32}), ids)
	for _, c := range []struct {
		key, value llama.KVType
		kl         float64
	}{{llama.KVF16, llama.KVF16, 5e-4}, {llama.KVQ8_0, llama.KVQ8_0, 1e-3}, {llama.KVQ8_0, llama.KVF16, 1e-3}, {llama.KVF16, llama.KVQ8_0, 1e-3},
		{llama.KVQ4_0, llama.KVQ4_0, 1.5e-2}, {llama.KVQ4_0, llama.KVF16, 1e-2}, {llama.KVF16, llama.KVQ4_0, 6e-3}} {
		var kls []float64
		for i, got := range all(t, openTales(t, llama.Options{CacheTypeK: c.key, CacheTypeV: c.value}), ids) {
			kls = append(kls, divergence(want[i], got))
		}
		kl := mean(kls)
		t.Logf("cache types %d, %d: mean divergence %.2g", c.key, c.value, kl)
		if kl > c.kl || kl == 0 {
			t.Errorf("cache types %d, %d: mean divergence %g, want at most %g and not 0", c.key, c.value, kl, c.kl)
		}
	}
}

// TestSameBitsMixed runs two sequences in common batches, three tokens of one for
// each token of the other. Only some tokens have logits.
func TestSameBitsMixed(t *testing.T) {
	ids := talesPrompt()[:150]
	m := openTales(t, llama.Options{Threads: 2})
	want := all(t, m, ids)
	a, b := m.NewSeq(), m.NewSeq()
	defer a.Close()
	defer b.Close()
	for i := range 50 {
		batch := []llama.Token{
			{Seq: b, ID: ids[i], Out: llama.OutLogits},
			{Seq: a, ID: ids[3*i]},
			{Seq: a, ID: ids[3*i+1], Out: wants(i%2 == 0)},
			{Seq: a, ID: ids[3*i+2]},
		}
		if err := m.Forward(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		same(t, i, m.Logits(0), want[i])
		if batch[2].Out != llama.OutNone {
			same(t, 3*i+1, m.Logits(2), want[3*i+1])
		}
	}
}

// same requires equal bits at a position.
func same(t *testing.T, pos int, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("position %d, logit %d: got %g, want %g", pos, i, got[i], want[i])
		}
	}
}

// A taleGolden has the results of llama.cpp for one chord-tales file.
type taleGolden struct {
	File      string
	IDs       []int32
	Greedy    []int32
	Margin    []float64 `json:"greedy_margin"`
	Logits    []float32
	LogitsF64 []float32 `json:"logits_f64"`
}

func TestGoldenTales(t *testing.T) {
	var goldens struct{ Models []taleGolden }
	readJSON(t, "models/chord-tales-golden.json", &goldens)
	for _, g := range goldens.Models {
		if g.File == "chord-tales-f16.gguf" {
			continue // the test data have its golden, but not the file
		}
		t.Run(g.File, func(t *testing.T) {
			m := load(t, "models/"+g.File, llama.Options{CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32})
			lim := rounded(stddev(g.Logits))
			if g.File == "chord-tales-f32.gguf" {
				lim = exact
			}
			var want section
			want.Short.Greedy64, want.Short.Greedy64Margin = g.Greedy, g.Margin
			logits := compareGreedy(t, m, g.IDs, want, lim)
			got := logits[len(logits)-1]
			if g.File == "chord-tales-f32.gguf" {
				if d := maxDiff(got, g.LogitsF64); d > lim.logit {
					t.Errorf("largest difference of a logit from float64 %g, want at most %g", d, lim.logit)
				}
			}
			d, kl := maxDiff(got, g.Logits), divergence(g.Logits, got)
			t.Logf("largest difference %.2g, limit %.2g; divergence %.2g", d, lim.logit, kl)
			if d > lim.logit || kl > lim.kl {
				t.Errorf("largest difference of a logit %g, want at most %g; divergence %g, want at most %g", d, lim.logit, kl, lim.kl)
			}
		})
	}
}

// stddev returns the standard deviation of x.
func stddev(x []float32) float64 {
	var sum, squares float64
	for _, v := range x {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := float64(len(x))
	return math.Sqrt(squares/n - sum/n*sum/n)
}
