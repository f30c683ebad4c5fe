package figures

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/querent-ai/chord"
)

// BenchmarkCancel measures the longest time from the end of a context to the return
// of a call, in milliseconds: of a call that waits, reads a prompt, generates, embeds,
// scores or encodes 10 MB; and how long Close takes while calls run.
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
			if i%3 == 0 { // with another session's prompt beside it
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
