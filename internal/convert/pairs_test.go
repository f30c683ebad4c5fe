package convert

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

// pairIDs is long enough for windows and for rotations to matter.
var pairIDs = []int32{1, 30, 200, 40, 77, 9, 130, 55, 2, 250, 17, 91, 33, 150, 8, 60, 211, 5, 44, 120}

// pairLogits returns the logits of every few tokens.
func pairLogits(t *testing.T, f *gguf.File) []float32 {
	t.Helper()
	m, err := llama.Load(f, llama.Options{CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32, Threads: 1, NoRepack: true})
	if err != nil {
		t.Fatalf("what was written cannot be opened: %v", err)
	}
	defer m.Close()
	var logits []float32
	for _, long := range []bool{false, true} { // with the other factors of LongRoPE too
		if long && m.LongFrom() == 0 {
			break
		}
		logits = append(logits, forward(t, m, long)...)
	}
	return logits
}

// forward returns the logits after every few of pairIDs.
func forward(t *testing.T, m *llama.Model, long bool) []float32 {
	t.Helper()
	cache := m.NewCache(0)
	defer cache.Close()
	seq, config := cache.NewSeq(""), m.Config()
	batch := make([]llama.Token, len(pairIDs))
	for i, id := range pairIDs {
		batch[i] = llama.Token{Seq: seq, ID: id, Long: long}
		switch {
		case i%6 != 1:
		case config.Embedder():
			batch[i].Out = llama.OutEmbd
		default:
			batch[i].Out = llama.OutLogits
		}
	}
	var out llama.Output
	if err := m.Forward(t.Context(), batch, &out); err != nil {
		t.Fatal(err)
	}
	var all []float32
	for i := range batch {
		if batch[i].Out == llama.OutNone {
			continue
		}
		all = append(all, out.Row(i)...)
		if config.Embedder() {
			all = append(all, m.Project(out.Row(i))...)
		}
		if config.Embedder() && m.Ranks() {
			all = append(all, m.Classify(out.Row(i))...)
		}
	}
	return all
}

// apart returns the largest difference of two models' logits, relative to the
// largest logit.
func apart(a, b []float32) float64 {
	far, most := 0.0, 0.0
	for i := range a {
		far, most = max(far, math.Abs(float64(a[i]-b[i]))), max(most, math.Abs(float64(a[i])))
		if a[i] != a[i] || b[i] != b[i] {
			return math.Inf(1)
		}
	}
	return far / most
}

// convert converts the folder and returns the file, nil if that must fail.
func (p *pair) convert(t *testing.T, dir string) *gguf.File {
	t.Helper()
	m, err := Open(dir, Options{Type: p.typ})
	if p.fails != "" {
		if err == nil {
			m.Close()
		}
		if err == nil || !strings.Contains(err.Error(), p.fails) {
			t.Errorf("got %v, want an error with %q", err, p.fails)
		}
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var b bytes.Buffer
	b.Grow(1 << 19)
	if err := m.Write(context.Background(), &b, nil); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.OpenReaderAt(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestEveryFamilyHasAPair requires that pairModels has every family.
func TestEveryFamilyHasAPair(t *testing.T) {
	for i := range families {
		f := &families[i]
		if !slices.ContainsFunc(pairModels, func(h *pairModel) bool { return h.arch == f.arch && h.family() == f }) {
			t.Errorf("pairModels has no %s, converted from %s", f.arch, strings.Join(f.from, ", "))
		}
	}
}

// TestPairs converts a model of every family with every option of config.json, one
// at a time, and wants the logits of the same weights in GGUF.
func TestPairs(t *testing.T) {
	for _, h := range pairModels {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			plain := h.pair(nil)
			base := pairLogits(t, plain.gguf(t))
			for i, o := range append([]pairOption{{name: "plain", same: true}}, pairOptions...) {
				if o.applies != nil && !o.applies(h) || h.alias && i > 0 {
					continue
				}
				t.Run(o.name, func(t *testing.T) {
					p := h.pair(&o)
					want := p.gguf(t)
					got := p.convert(t, p.folder(t, want).write(t))
					if got == nil {
						return
					}
					a := base
					if !p.same {
						if a = pairLogits(t, want); apart(base, a) < 1e-6 {
							t.Error("logits with the option are those without it")
						}
					}
					if d := apart(a, pairLogits(t, got)); !(d <= p.loose) {
						t.Errorf("logits are %g apart, at most %g", d, p.loose)
					}
				})
			}
		})
	}
}
