package modelbench

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/querent-ai/chord/internal/bench"
)

// timed returns a row of a test that takes seconds.
func timed(test bench.Test, threads int, seconds ...float64) *row {
	r := &row{Info: Info{File: "model.gguf", Type: "llama 1B Q4_0", Size: 700 << 20, Params: 1.24e9}, Test: test, threads: threads, cache: cache{"f16", "f16"}, tier: "avx2"}
	for _, s := range seconds {
		r.samples = append(r.samples, time.Duration(s*float64(time.Second)))
	}
	return r
}

// picture returns what a screen shows of rows at the end.
func picture(t *testing.T, p Plan, rows ...*row) string {
	t.Helper()
	var b strings.Builder
	s := &screen{w: &b, plan: p}
	for _, r := range rows {
		if err := s.row(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var read, write = bench.Test{Prompt: 512, Seqs: 1}, bench.Test{Gen: 128, Seqs: 1}

// TestScreen wants a table that a person can read: what is the same in all rows once, bars
// that compare what can be compared, and colours only where they are wanted.
func TestScreen(t *testing.T) {
	for _, c := range []struct {
		name   string
		screen Screen
		rows   []*row
		want   string
	}{
		{"narrow", Screen{Columns: 60}, []*row{timed(read, 2, 1, 1, 1.024), timed(write, 2, 5.12, 5.12, 5)}, `
model.gguf: llama 1B Q4_0, 700.00 MiB, 1.24 B weights
kernels avx2, threads 2, cache f16

TEST       TOKENS/S
pp512   512.0 ± 6.9  ███████████████████████████████████████
tg128  25.00 ± 0.35  █▉

median ± standard deviation of 3; build: abc
pp512 reads a prompt of 512 tokens, tg128 generates 128, @
d64 after 64 others
bar: share of the fastest row
`},
		{"threads", Screen{Columns: 200}, []*row{timed(read, 1, 1), timed(write, 1, 4), timed(read, 2, 0.4), timed(write, 2, 3)}, `
model.gguf: llama 1B Q4_0, 700.00 MiB, 1.24 B weights
kernels avx2, cache f16

TEST   THREADS  TOKENS/S
pp512        1     512.0  ████████████████
tg128        1     32.00  ██████████████████████████████
pp512        2      1280  ████████████████████████████████████████
tg128        2     42.67  ████████████████████████████████████████

median ± standard deviation of 3; build: abc
pp512 reads a prompt of 512 tokens, tg128 generates 128, @ d64 after 64 others
bar: share of the fastest row that reads, or that generates
`},
		{"one row in colours", Screen{Color: true}, []*row{timed(write, 2, 4)}, `
model.gguf: llama 1B Q4_0, 700.00 MiB, 1.24 B weights
kernels avx2, threads 2, cache f16

` + "\x1b[1mTEST   TOKENS/S\x1b[0m" + `
tg128     32.00

` + "\x1b[2mmedian ± standard deviation of 3; build: abc\npp512 reads a prompt of 512 tokens, tg128 generates 128, @ d64 after 64 others\x1b[0m\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := picture(t, Plan{Reps: 3, Build: "abc", Screen: c.screen}, c.rows...)
			if want := strings.TrimPrefix(c.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestScreenWidths wants tables that are at most as wide as the screen, with and without
// bars, for all that is compared.
func TestScreenWidths(t *testing.T) {
	deep := handRow(bench.Test{Gen: 128, Depth: 4096, Seqs: 1})
	deep.drafts = drafts{rates: []float64{30, 30}, plain: []float64{20, 20}, drafted: 100, accepted: 75}
	p := Plan{Reps: 2, Build: "abc", Limits: true, Draft: &Draft{}}
	p.defaults()
	for _, columns := range []int{60, 70, 80, 90, 120, 200} {
		p.Screen.Columns = columns
		text := picture(t, p, deep, handRow(read))
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
				t.Errorf("%d columns, want %d: %q", n, columns, line)
			}
		}
		for _, want := range []string{"30.00 ± 0.00", "75 % of 100", "÷ FAIR", "█"} {
			if !strings.Contains(text, want) {
				t.Errorf("%d columns: no %q in\n%s", columns, want, text)
			}
		}
	}
}

// TestScreenDrawn wants the table on a terminal to be replaced after each row, unless it is
// too long, and to be complete at the end.
func TestScreenDrawn(t *testing.T) {
	rows := []*row{timed(read, 2, 1), timed(write, 2, 4)}
	text := picture(t, Plan{Reps: 1, Screen: Screen{Lines: 24}}, rows...)
	if n, m := strings.Count(text, "\x1b[5A\x1b[J"), strings.Count(text, "\x1b[6A\x1b[J"); n != 1 || m != 1 {
		t.Errorf("replaced 5 lines %d times, and 6 lines %d times, want 1 each: %q", n, m, text)
	}
	text = picture(t, Plan{Reps: 1, Screen: Screen{Lines: 6}}, rows...)
	if n := strings.Count(text, "\x1b["); n != 0 || !strings.Contains(text, "tg128") {
		t.Errorf("a table that is too long: %q", text)
	}
}

// TestDrafts wants rows that generate, and those only, to have figures with drafts, and
// the draft model to be used.
func TestDrafts(t *testing.T) {
	p := Plan{Models: []Source{story}, Prompt: []int{4}, Gen: []int{40}, Depth: []int{0, 3}, Reps: 2, NoWarmup: true, Threads: []int{1}}
	p.Draft = &Draft{Max: 6, Prompt: "cat cat cat cat cat cat cat cat"}
	var b strings.Builder
	if err := p.Run(context.Background(), &b, "jsonl"); err != nil {
		t.Fatal(err)
	}
	measured := 0
	for line := range strings.Lines(b.String()) {
		var r struct {
			Test       string    `json:"test"`
			Rate       float64   `json:"draft_ts"`
			Ratios     []float64 `json:"samples_draft_ratio"`
			Acceptance float64   `json:"draft_acceptance"`
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if has := r.Test == "tg40"; has != (r.Rate > 0) || has != (len(r.Ratios) == 2) {
			t.Errorf("got %+v", r)
		} else if has {
			measured++
			if !(r.Acceptance > 0 && r.Acceptance <= 1) {
				t.Errorf("acceptance: got %g", r.Acceptance)
			}
		}
	}
	if measured != 1 {
		t.Errorf("got %s", b.String())
	}
	p.Draft = &Draft{Path: "nosuch.gguf"}
	if err := p.Run(context.Background(), &b, "jsonl"); err == nil || !strings.Contains(err.Error(), "nosuch.gguf") {
		t.Errorf("a draft model that is not there: %v", err)
	}
}

// TestMeasurements wants as many measurements as the plan says, so that progress ends at
// 100 %.
func TestMeasurements(t *testing.T) {
	p := Plan{Models: []Source{story}, Prompt: []int{4, 0}, Gen: []int{3, 2}, PG: [][2]int{{2, 1}}, Seqs: []int{1, 2}, Depth: []int{0, 1},
		Threads: []int{1, 2}, Reps: 2, NoWarmup: true}
	calls, last, of := 0, 0, 0
	p.Progress = func(now string, done, total int) {
		if !strings.HasPrefix(now, "loading") {
			calls++
		}
		last, of = done, total
	}
	var b strings.Builder
	if err := p.Run(context.Background(), &b, "jsonl"); err != nil {
		t.Fatal(err)
	}
	if want := 2 * 2 * 2 * (1 + 2*2 + 1); calls != want || of != want || last != want-1 {
		t.Errorf("%d measurements, %d of %d at the last one, want %d", calls, last, of, want)
	}
}
