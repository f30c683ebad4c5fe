package llama_test

import (
	"bytes"
	"context"
	"math"
	"runtime"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"github.com/querent-ai/chord/internal/synth"
	"github.com/querent-ai/chord/llama"
)

// wideShape is one layer with the widths of TinyLlama, so that a product takes as
// long as in TinyLlama.
var wideShape = synth.Shape{Name: "wide", Title: "Wide", Dim: 2048, HiddenDim: 5632, Layers: 1, Heads: 32, KVHeads: 4, HeadDim: 64,
	Vocab: 512, Context: 512, RopeBase: 10000, NormEps: 1e-5}

// BenchmarkGarbageCollection forces collections while a model reads prompts and
// generates. The collector must wait for the longest call of assembly, which it
// cannot interrupt. On a busy machine the scheduler of the system delays most
// collections by several of its time slices of 4 ms. The first quartile,
// p25-pause-ns, shows chord's share: 0.1 to 0.6 ms, and 2.6 ms when calls took 20
// ms.
func BenchmarkGarbageCollection(b *testing.B) {
	var file bytes.Buffer
	if err := synth.Write(b.Context(), &file, wideShape, synth.Options{Type: "Q4_0", Seed: 1}); err != nil {
		b.Fatal(err)
	}
	m, err := loadModel(open(b, file.Bytes()), llama.Options{Threads: 2})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() { defer close(done); forwards(ctx, b, m) }()
	defer func() { cancel(); <-done }()
	const collections = 40
	for b.Loop() {
		pauses, times := collect(collections)
		b.ReportMetric(float64(pauses[collections/4]), "p25-pause-ns")
		b.ReportMetric(float64(times[collections/4]), "p25-collection-ns")
	}
}

// forwards reads prompts of 64 tokens and generates after them until ctx is
// done.
func forwards(ctx context.Context, t testing.TB, m *model) {
	s := m.NewSeq()
	defer s.Close()
	prompt := make([]llama.Token, 64)
	for ctx.Err() == nil {
		s.Rewind(0)
		for i := range prompt {
			prompt[i] = llama.Token{Seq: s, ID: int32(i), Out: wants(i == len(prompt)-1)}
		}
		err := m.Forward(ctx, prompt)
		for i := 0; i < 100 && err == nil; i++ {
			err = m.Forward(ctx, []llama.Token{{Seq: s, ID: int32(i), Out: llama.OutLogits}})
		}
		if err != nil && ctx.Err() == nil {
			t.Error(err)
			return
		}
	}
}

// collect forces n collections, 3 ms apart. It returns how long each stopped the
// world, including the wait for goroutines, and how long each took, both sorted.
func collect(n int) (pauses, times []time.Duration) {
	for range n {
		before, start := pauseCounts(), time.Now()
		runtime.GC()
		times = append(times, time.Since(start))
		pauses = append(pauses, longest(before, pauseCounts()))
		for start := time.Now(); time.Since(start) < 3*time.Millisecond; {
			runtime.Gosched()
		}
	}
	slices.Sort(pauses)
	slices.Sort(times)
	return pauses, times
}

// longest returns the longest pause between before and after, as the lower bound
// of its bucket.
func longest(before, after *metrics.Float64Histogram) (pause time.Duration) {
	for i, c := range after.Counts {
		if c > before.Counts[i] { // the first bucket's lower bound is -Inf
			pause = time.Duration(max(after.Buckets[i], 0) * float64(time.Second))
		}
	}
	return pause
}

// pauseCounts returns the histogram of the collections' pauses.
func pauseCounts() *metrics.Float64Histogram {
	s := []metrics.Sample{{Name: "/sched/pauses/total/gc:seconds"}}
	metrics.Read(s)
	h := s[0].Value.Float64Histogram()
	return &metrics.Float64Histogram{Counts: slices.Clone(h.Counts), Buckets: h.Buckets}
}

// TestPauseBuckets requires buckets of the histogram that are fine enough for
// BenchmarkGarbageCollection.
func TestPauseBuckets(t *testing.T) {
	b := pauseCounts().Buckets
	at, _ := slices.BinarySearch(b, 0.002)
	if at == 0 || at == len(b) || math.IsInf(b[at], 1) || b[at]/b[at-1] > 1.5 {
		t.Errorf("buckets around 2 ms: %g", b[max(at-1, 0):min(at+1, len(b))])
	}
}
