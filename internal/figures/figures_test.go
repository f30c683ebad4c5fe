// Package figures measures what the engine promises to many callers, as ratios
// within one run:
//
//	chord synth --shape llama-3.2-1b --type Q4_0 1b.gguf
//	CHORD_MODEL=1b.gguf go test -run '^$' -bench . -benchtime 3x ./internal/figures
//
// Without CHORD_MODEL it measures the embedded model.
package figures

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
)

// open opens the model.
func open(b *testing.B, o chord.Options) *chord.Model {
	b.Helper()
	var m *chord.Model
	var err error
	if path := os.Getenv("CHORD_MODEL"); path != "" {
		if o.Context == 0 {
			o.Context = 16384
		}
		m, err = chord.Open(path, o)
	} else {
		m, err = chord.OpenFS(tales.FS, tales.Name, o)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close() })
	return m
}

// text returns n tokens that begin as those of no other seed.
func text(m *chord.Model, n int, seed uint64) []int32 {
	r := rand.New(rand.NewPCG(1, seed))
	ids := make([]int32, min(n, m.Context()-8))
	for i := range ids {
		ids[i] = r.Int32N(int32(m.Info().Vocab))
	}
	return ids
}

// decode generates n tokens after a short prompt and returns how long the tokens
// after the first took.
func decode(b *testing.B, m *chord.Model, n int, seed uint64) time.Duration {
	s := m.NewSession()
	defer s.Close()
	if err := s.AppendTokens(b.Context(), text(m, 8, seed)); err != nil {
		b.Error(err)
		return 0
	}
	for t, err := range s.Generate(b.Context(), chord.Params{MaxTokens: n, IgnoreEOS: true, Temperature: chord.Greedy}) {
		if err != nil {
			b.Error(err)
		}
		if t.Result != nil {
			return t.Result.TokenTime
		}
	}
	return 0
}

// median returns the middle of x.
func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// BenchmarkEight is how many times the tokens of one caller eight get together,
// in turn with one.
func BenchmarkEight(b *testing.B) {
	m := open(b, chord.Options{NoPrefixCache: true})
	const n = 48
	var ratios []float64
	decode(b, m, 8, 1)
	for b.Loop() {
		start := time.Now()
		decode(b, m, n, 1)
		one := time.Since(start)
		var wg sync.WaitGroup
		start = time.Now()
		for i := range 8 {
			wg.Go(func() { decode(b, m, n, uint64(i)) })
		}
		wg.Wait()
		ratios = append(ratios, 8*one.Seconds()/time.Since(start).Seconds())
	}
	b.ReportMetric(median(ratios), "x-one-caller")
}

// BenchmarkGap is the longest gap between two tokens of a decoder while seven
// prompts of 1,500 tokens are read, in StepTimes.
func BenchmarkGap(b *testing.B) {
	const step = 40 * time.Millisecond
	m := open(b, chord.Options{StepTime: step, NoPrefixCache: true})
	var worst []float64
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		s := m.NewSession()
		if err := s.AppendTokens(ctx, text(m, 8, 1)); err != nil {
			b.Fatal(err)
		}
		var reading atomic.Int32
		var wg sync.WaitGroup
		last := time.Time{}
		for t, err := range s.Generate(ctx, chord.Params{MaxTokens: 4000, IgnoreEOS: true, Temperature: chord.Greedy}) {
			now := time.Now()
			if err != nil || t.Result != nil {
				break
			}
			if !last.IsZero() && reading.Load() > 0 {
				worst = append(worst, now.Sub(last).Seconds()/step.Seconds())
			}
			if last.IsZero() {
				for i := range 7 {
					reading.Add(1)
					wg.Go(func() {
						p := m.NewSession()
						defer p.Close()
						if err := p.AppendTokens(ctx, text(m, 1500, uint64(i+2))); err != nil {
							b.Error(err)
						}
						reading.Add(-1)
					})
				}
			} else if reading.Load() == 0 {
				break
			}
			last = now
		}
		wg.Wait()
		cancel()
		s.Close()
	}
	slices.Sort(worst)
	b.ReportMetric(worst[len(worst)-1], "StepTimes-longest")
	b.ReportMetric(worst[len(worst)*99/100], "StepTimes-99th")
	b.ReportMetric(worst[len(worst)/2], "StepTimes-median")
}

// BenchmarkShort is after how many steps a short prompt has its first logits
// while a prompt of 2,000 tokens is read.
func BenchmarkShort(b *testing.B) {
	m := open(b, chord.Options{NoPrefixCache: true})
	most := int64(0)
	for b.Loop() {
		var wg sync.WaitGroup
		ctx, cancel := context.WithCancel(b.Context())
		wg.Go(func() {
			s := m.NewSession()
			defer s.Close()
			_ = s.AppendTokens(ctx, text(m, 2000, 1)) // it is cancelled
		})
		for m.Metrics().Waiting == 0 && m.Metrics().Steps == 0 {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(30 * time.Millisecond)
		s := m.NewSession()
		before := m.Metrics().Steps
		if err := s.AppendTokens(ctx, text(m, 20, 2)); err != nil {
			b.Error(err)
		}
		most = max(most, m.Metrics().Steps-before)
		cancel()
		wg.Wait()
		s.Close()
	}
	b.ReportMetric(float64(most), "steps")
}

// BenchmarkPrefix is the time of a second prompt that begins with the same 1,000
// tokens, in percent of the first's.
func BenchmarkPrefix(b *testing.B) {
	m := open(b, chord.Options{})
	var percents []float64
	seed := uint64(1)
	read := func(ids []int32) float64 {
		start := time.Now()
		for _, err := range m.Logits(b.Context(), ids, 1) {
			if err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(start).Seconds()
	}
	for b.Loop() {
		seed++
		ids := text(m, 1000, seed)
		first := read(append(slices.Clone(ids), 1, 2, 3))
		percents = append(percents, 100*read(append(slices.Clone(ids), 4, 5, 6))/first)
	}
	b.ReportMetric(median(percents), "percent")
}

// BenchmarkCancel is the longest that a call goes on after its context is done,
// in milliseconds: queued, in a prompt, between tokens, in Embed, in Score, in
// the encoding of 10 MB; and that Close takes beside them.
func BenchmarkCancel(b *testing.B) {
	m := open(b, chord.Options{})
	r := rand.New(rand.NewPCG(3, 4))
	var seed atomic.Uint64
	long := strings.Repeat("Once upon a time there was a cat. ", 300)
	huge := strings.Repeat("once upon a time ", 10<<20/17)
	calls := []func(ctx context.Context) error{
		func(ctx context.Context) error {
			s := m.NewSession()
			defer s.Close()
			return s.AppendTokens(ctx, text(m, 3000, seed.Add(1)))
		},
		func(ctx context.Context) error {
			_, err := m.Complete(ctx, "once", chord.Params{IgnoreEOS: true})
			return err
		},
		func(ctx context.Context) error {
			_, err := m.Embed(ctx, []string{long, long + "a"}, chord.EmbedOptions{Truncate: true})
			return err
		},
		func(ctx context.Context) error {
			_, err := m.Score(ctx, long[:800], []string{" a dog", " the sea"})
			return err
		},
		func(ctx context.Context) error { _, err := m.Complete(ctx, huge, chord.Params{}); return err },
	}
	var latest []float64
	for b.Loop() {
		for i := range 100 {
			call := calls[i%len(calls)]
			ctx, cancel := context.WithCancel(b.Context())
			background, stop := context.WithCancel(b.Context())
			var wg sync.WaitGroup
			if i%3 == 0 { // somebody else's prompt is read meanwhile
				wg.Go(func() { _ = calls[0](background) })
			}
			var at time.Time
			timer := time.AfterFunc(time.Duration(r.IntN(60))*time.Millisecond, func() { at = time.Now(); cancel() })
			err := call(ctx)
			now := time.Now()
			if !timer.Stop() && errors.Is(err, context.Canceled) {
				<-ctx.Done()
				late := 1e3 * now.Sub(at).Seconds()
				latest = append(latest, late)
				b.Logf("call %d: %.1f ms", i%len(calls), late)
			}
			cancel()
			stop()
			wg.Wait()
		}
	}
	slices.Sort(latest)
	b.ReportMetric(latest[len(latest)-1], "ms-longest")
	b.ReportMetric(latest[len(latest)*99/100], "ms-99th")
	b.ReportMetric(float64(len(latest)), "tries")
	go func() { _ = calls[0](context.Background()) }()
	go func() { _ = calls[1](context.Background()) }()
	time.Sleep(20 * time.Millisecond)
	start := time.Now()
	if err := m.Close(); err != nil {
		b.Error(err)
	}
	b.ReportMetric(1e3*time.Since(start).Seconds(), "ms-Close")
}
