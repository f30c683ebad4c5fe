package figures

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/bench"
	"github.com/querent-ai/chord/internal/synth"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/tales"
)

// openFile opens the file of the model.
func openFile(b *testing.B) *gguf.File {
	b.Helper()
	var f *gguf.File
	var err error
	if path := os.Getenv("CHORD_MODEL"); path != "" {
		f, err = gguf.Open(path)
	} else {
		f, err = gguf.OpenFS(tales.FS, tales.Name)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return f
}

// adapters returns four adapters for every matrix of the model's layers.
func adapters(b *testing.B, m *chord.Model, rank int) []*chord.Adapter {
	b.Helper()
	f := openFile(b)
	var all []*chord.Adapter
	for seed := range uint64(4) {
		var data bytes.Buffer
		if err := synth.WriteAdapter(&data, f, synth.AdapterOptions{Rank: rank, Type: quant.F16, Seed: seed}); err != nil {
			b.Fatal(err)
		}
		a, err := m.LoadAdapterFS(fstest.MapFS{"a": {Data: data.Bytes()}}, "a")
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// BenchmarkAdapters measures the tokens a second of eight callers with four LoRA
// adapters, two callers each, divided by those of eight callers without, in turn.
func BenchmarkAdapters(b *testing.B) {
	for _, rank := range []int{8, 16} {
		b.Run(fmt.Sprintf("rank=%d", rank), func(b *testing.B) {
			m := open(b, chord.Options{NoPrefixCache: true})
			all := adapters(b, m, rank)
			const n = 32
			eight := func(n int, p func(i int) chord.Params) float64 {
				start := time.Now()
				var wg sync.WaitGroup
				for i := range 8 {
					wg.Go(func() { decodeWith(b, m, n, uint64(i), p(i)) })
				}
				wg.Wait()
				return time.Since(start).Seconds()
			}
			plain := func(int) chord.Params { return chord.Params{} }
			adapted := func(i int) chord.Params {
				return chord.Params{Adapters: []chord.AdapterScale{{Adapter: all[i/2]}}}
			}
			eight(4, plain)
			eight(4, adapted)
			var ratios []float64
			for b.Loop() {
				without := eight(n, plain)
				ratios = append(ratios, without/eight(n, adapted))
			}
			b.ReportMetric(bench.Median(ratios), "x-without")
		})
	}
}

// decodeWith is decode with parameters; the adapters are those of the prompt too.
func decodeWith(b *testing.B, m *chord.Model, n int, seed uint64, p chord.Params) {
	s := m.NewSession()
	defer s.Close()
	if err := s.SetAdapters(p.Adapters...); err != nil {
		b.Error(err)
		return
	}
	if err := s.AppendTokens(b.Context(), text(m, 8, seed)); err != nil {
		b.Error(err)
		return
	}
	p.MaxTokens, p.IgnoreEOS, p.Temperature = n, true, chord.Greedy
	for _, err := range s.Generate(b.Context(), p) {
		if err != nil {
			b.Error(err)
		}
	}
}
