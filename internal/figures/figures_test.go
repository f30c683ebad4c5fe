// Package figures measures what the engine promises to many callers, and what one
// commit changes for a single caller, as ratios within one run:
//
//	chord synth --shape llama-3.2-1b --type Q4_0 1b.gguf
//	CHORD_MODEL=$PWD/1b.gguf go test -run '^$' -bench . -benchtime 3x ./internal/figures
//
// BenchmarkDraft needs a draft model of the same vocabulary:
//
//	chord synth --shape llama-3.2-0.1b --type Q4_0 draft.gguf
//	CHORD_MODEL=$PWD/1b.gguf CHORD_DRAFT=$PWD/draft.gguf go test -run '^$' -bench Draft -benchtime 3x ./internal/figures
//
// Without CHORD_MODEL it measures the embedded model. BenchmarkAlone needs two
// programs, chord of the commit before and of this one:
//
//	CHORD_BEFORE=$PWD/old CHORD_AFTER=$PWD/new CHORD_MODEL=$PWD/1b.gguf \
//		go test -run '^$' -bench Alone -benchtime 9x ./internal/figures
package figures

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/bench"
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

// text returns n random tokens, others for each seed.
func text(m *chord.Model, n int, seed uint64) []int32 {
	r := rand.New(rand.NewPCG(1, seed))
	ids := make([]int32, min(n, m.Context()-8))
	for i := range ids {
		ids[i] = r.Int32N(int32(m.Info().Vocab))
	}
	return ids
}

// decode generates n tokens after a short prompt and returns the time of all tokens
// after the first.
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

// BenchmarkEight measures the tokens a second of eight callers together, divided by
// those of one caller, in turn.
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
	b.ReportMetric(bench.Median(ratios), "x-one-caller")
}

// BenchmarkGap measures the longest time between two tokens of a session while seven
// others read prompts of 1,500 tokens, in StepTimes.
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

// BenchmarkShort measures how many steps a short prompt takes to its first logits
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

// BenchmarkPrefix measures the time of a second prompt that begins with the same
// 1,000 tokens as the first, in percent of the first's time.
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
	b.ReportMetric(bench.Median(percents), "percent")
}

// BenchmarkVerify is how many times as fast a text is verified as it was generated.
func BenchmarkVerify(b *testing.B) {
	m := open(b, chord.Options{NoPrefixCache: true})
	var ratios []float64
	for b.Loop() {
		start := time.Now()
		r, err := m.Complete(b.Context(), "Once upon a time", chord.Params{MaxTokens: 200, IgnoreEOS: true, Seed: 1, Receipt: true})
		if err != nil {
			b.Fatal(err)
		}
		generated := time.Since(start)
		start = time.Now()
		if err := m.Verify(b.Context(), r.Receipt); err != nil {
			b.Fatal(err)
		}
		ratios = append(ratios, generated.Seconds()/time.Since(start).Seconds())
	}
	b.ReportMetric(bench.Median(ratios), "x-generation")
}
