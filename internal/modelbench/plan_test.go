package modelbench

import (
	"context"
	"errors"
	"io"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord/internal/bench"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/tales"
)

// story is the embedded model.
var story = Source{Path: tales.Name, FS: tales.FS}

// TestInfo counts the weights of the model in the binary by its hyperparameters.
func TestInfo(t *testing.T) {
	f, err := story.gguf()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in, err := infoOf(story, f)
	if err != nil {
		t.Fatal(err)
	}
	const dim, hidden, layers, kv, vocab = 256, 768, 5, 128, 2048
	qkv, rest := int64(dim*(dim+2*kv)), int64(dim*dim+3*dim*hidden)
	if want := layers*qkv + (layers-1)*rest; in.perToken != want {
		t.Errorf("every token: got %d weights, want %d", in.perToken, want)
	}
	if want := rest + dim*vocab; in.perLogits != want {
		t.Errorf("tokens with logits: got %d weights, want %d", in.perLogits, want)
	}
	if in.Type != "llama 4.5M Q4_0" || in.File != tales.Name {
		t.Errorf("got %q, %q", in.Type, in.File)
	}
}

// TestFewAllocations allows, in the measured part, a page or a goroutine for each
// sequence now and then.
func TestFewAllocations(t *testing.T) {
	x, err := (&Plan{}).open(story, 2, cache{"f16", "q8_0"}, 64)
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	ctx := context.Background()
	for _, test := range []bench.Test{{Prompt: 40, Seqs: 1}, {Gen: 12, Seqs: 1}, {Gen: 12, Depth: 8, Seqs: 4}, {Prompt: 9, Gen: 5, Depth: 3, Seqs: 1}} {
		t.Run(test.Name(), func(t *testing.T) {
			if err := x.prepare(ctx, test, 16); err != nil {
				t.Fatal(err)
			}
			if err := x.warm(ctx, test, 16); err != nil {
				t.Fatal(err)
			}
			if n := testing.AllocsPerRun(5, func() {
				if _, err := x.time(ctx, test, 16); err != nil {
					t.Fatal(err)
				}
			}); n > 4+4*float64(test.Seqs) {
				t.Errorf("%g allocations", n)
			}
			for i, s := range x.seqs {
				if i < test.Seqs && s.Len() != test.Depth || s.Len() > test.Depth {
					t.Errorf("sequence %d has %d tokens afterwards, want %d", i, s.Len(), test.Depth)
				}
			}
		})
	}
}

// TestTokens wants as many tokens as the test says: with one more the context is full.
func TestTokens(t *testing.T) {
	x, err := (&Plan{}).open(story, 1, cache{"f16", "f16"}, 20)
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	ctx := context.Background()
	for _, test := range []bench.Test{{Gen: 20, Seqs: 1}, {Prompt: 20, Seqs: 1}, {Prompt: 7, Gen: 13, Seqs: 1}, {Gen: 15, Depth: 5, Seqs: 2}} {
		if err := x.prepare(ctx, test, 4); err != nil {
			t.Fatal(err)
		}
		if _, err := x.time(ctx, test, 4); err != nil {
			t.Errorf("%s: %v", test.Name(), err)
		}
		test.Gen++
		if _, err := x.time(ctx, test, 4); !errors.Is(err, llama.ErrContextFull) {
			t.Errorf("%s: got %v, want a full context", test.Name(), err)
		}
	}
}

// TestWarmup wants one warm-up for each row, or none.
func TestWarmup(t *testing.T) {
	for _, c := range []struct {
		no   bool
		want int
	}{{false, 2}, {true, 0}} {
		warm := 0
		p := Plan{Models: []Source{story}, Prompt: []int{4}, Gen: []int{3}, Reps: 3, NoWarmup: c.no, Threads: []int{1}}
		p.Progress = func(now string, _, _ int) {
			if strings.HasSuffix(now, "warm-up") {
				warm++
			}
		}
		if err := p.Run(context.Background(), io.Discard, "md"); err != nil {
			t.Fatal(err)
		}
		if warm != c.want {
			t.Errorf("NoWarmup %v: %d, want %d", c.no, warm, c.want)
		}
	}
}

// handRow is a row whose ratios can be computed by hand.
func handRow(test bench.Test) *row {
	return &row{Info: Info{Type: "llama 1B Q4_0", perToken: 1e6, perLogits: 2e6}, Test: test, threads: 2, cache: cache{"f16", "f16"}, tier: "avx2",
		bytes: 5e6, batch: 2048, ubatch: 100,
		samples: []time.Duration{time.Second, 2 * time.Second},
		limits:  []limit{{read: 1e9, peak: 1e12}, {read: 1e9, peak: 1e12}},
		beside:  []time.Duration{2 * time.Second, 2 * time.Second}, fair: 0.75,
		others: []float64{50, math.NaN()}}
}

func TestShares(t *testing.T) {
	for _, c := range []struct {
		test bench.Test
		want []float64
	}{
		{bench.Test{Gen: 100, Seqs: 1}, []float64{0.5, 0.25}},         // 100 · 5 MB
		{bench.Test{Gen: 100, Seqs: 4}, []float64{0.5, 0.25}},         // a step reads them once for all
		{bench.Test{Prompt: 250, Seqs: 1}, []float64{512e-6, 256e-6}}, // 2·(250·1M + 3·2M)
		{bench.Test{Prompt: 5, Gen: 5, Seqs: 1}, nil},
	} {
		got, _ := handRow(c.test).shares()
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %g, want %g", c.test.Name(), got, c.want)
		}
	}
	r := handRow(bench.Test{Gen: 100, Seqs: 4})
	r.single = handRow(bench.Test{Gen: 100, Seqs: 1})
	if got := r.toOne(); !reflect.DeepEqual(got, []float64{4, 4}) {
		t.Errorf("to one: got %g", got)
	}
	if got := r.toAlone(); !reflect.DeepEqual(got, []float64{0.5, 1}) {
		t.Errorf("to alone: got %g", got)
	}
	if got := r.toFair(); !reflect.DeepEqual(got, []float64{1.5, 0.75}) {
		t.Errorf("to fair: got %g", got)
	}
	if got := r.vs(); !reflect.DeepEqual(got, []float64{8}) {
		t.Errorf("vs: got %g", got)
	}
}

// TestGoBench wants lines that benchstat reads: name, count, then value and
// unit in turn.
func TestGoBench(t *testing.T) {
	var b strings.Builder
	g := &goBench{w: &b}
	r := handRow(bench.Test{Prompt: 50, Depth: 7, Seqs: 1})
	r.others = []float64{25, 50}
	if err := g.row(r); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	want := `^BenchmarkPrompt/model=llama-1B-Q4_0/test=pp50/depth=7/batch=1/cache=f16/threads=2/tier=avx2/ub=100\s+50\s+20000000.0 ns/op\s+50.00 tokens/s\s+0.0001 of-limit\s+25.00 busy-tokens/s\s+0.5000 busy-of-alone\s+1.5000 busy-time-of-fair\s+2.0000 of-vs$`
	if len(lines) != 6 || !regexp.MustCompile(want).MatchString(lines[4]) {
		t.Errorf("got %q", lines)
	}
}

// TestRunErrors wants errors for what cannot be opened or written.
func TestRunErrors(t *testing.T) {
	p := Plan{Models: []Source{story}, Gen: []int{1}, Reps: 1}
	if err := p.Run(context.Background(), io.Discard, "sql"); err == nil {
		t.Error("no error for an unknown format")
	}
	p.Models = []Source{{Path: "nosuch.gguf"}}
	if err := p.Run(context.Background(), io.Discard, "md"); err == nil {
		t.Error("no error for a missing file")
	}
	if err := p.Load(context.Background(), io.Discard, "md", func() {}, func() int64 { return 0 }); err == nil {
		t.Error("Load: no error for a missing file")
	}
}

// TestInterrupted wants the repetitions so far and the context's error.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p := Plan{Models: []Source{story}, Prompt: []int{4}, Gen: []int{3}, Reps: 1000, NoWarmup: true, Threads: []int{1}}
	p.Progress = func(now string, _, _ int) {
		if strings.HasPrefix(now, "pp4, threads 1: 4 of 1000") {
			cancel()
		}
	}
	var b strings.Builder
	err := p.Run(ctx, &b, "jsonl")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if s := b.String(); strings.Count(s, "\n") != 1 || !strings.Contains(s, `"test": "pp4"`) {
		t.Errorf("got %s", s)
	}
}
