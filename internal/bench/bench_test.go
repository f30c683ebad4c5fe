package bench

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	for _, c := range []struct {
		test       Test
		name, word string
		tokens     int
	}{
		{Test{Prompt: 512, Seqs: 1}, "pp512", "pp512", 512},
		{Test{Gen: 128, Seqs: 1}, "tg128", "tg128", 128},
		{Test{Prompt: 512, Gen: 128, Seqs: 1}, "pp512+tg128", "pp512+tg128", 640},
		{Test{Gen: 128, Depth: 4096, Seqs: 1}, "tg128 @ d4096", "tg128@d4096", 128},
		{Test{Gen: 128, Seqs: 8}, "tg128 x8", "tg128x8", 1024},
		{Test{Gen: 128, Depth: 4, Seqs: 8}, "tg128 x8 @ d4", "tg128x8@d4", 1024},
	} {
		if name, word := c.test.Name(), c.test.Word(); name != c.name || word != c.word || c.test.Tokens() != c.tokens {
			t.Errorf("%+v: got %q, %q, %d tokens, want %q, %q, %d", c.test, name, word, c.test.Tokens(), c.name, c.word, c.tokens)
		}
		for _, s := range []string{c.name, c.word, " " + c.name + "  "} {
			if got, err := ParseTest(s); err != nil || got != c.test {
				t.Errorf("%q: got %+v, %v, want %+v", s, got, err, c.test)
			}
		}
	}
}

func TestParseTest(t *testing.T) {
	if got, err := ParseTest("tg32@pp1024"); err != nil || got != (Test{Gen: 32, Depth: 1024, Seqs: 1}) {
		t.Errorf("ik_llama.cpp's spelling of a depth: got %+v, %v", got, err)
	}
	for _, s := range []string{"", "load", "pp", "pp0", "pp5tg3", "tg5+pp3", "pp5 x0", "@ d5", "pp5 d4", "pp-1", "pp99999999999999999999"} {
		if got, err := ParseTest(s); err == nil {
			t.Errorf("%q: got %+v", s, got)
		}
	}
}

func TestStats(t *testing.T) {
	for _, c := range []struct {
		xs                   []float64
		median, mean, stddev float64
	}{
		{[]float64{3}, 3, 3, 0},
		{[]float64{4, 1}, 2.5, 2.5, math.Sqrt(4.5)},
		{[]float64{9, 1, 2}, 2, 4, math.Sqrt(19)},
	} {
		if m, a, d := Median(c.xs), Mean(c.xs), StdDev(c.xs); m != c.median || a != c.mean || math.Abs(d-c.stddev) > 1e-12 {
			t.Errorf("%g: got %g, %g, %g, want %g, %g, %g", c.xs, m, a, d, c.median, c.mean, c.stddev)
		}
	}
	if !math.IsNaN(Median(nil)) {
		t.Error("the median of no values is a number")
	}
	if got := Ratios([]float64{6, 1, 2, 5}, []float64{3, math.NaN(), 0}); !reflect.DeepEqual(got, []float64{2}) {
		t.Errorf("got %g, want [2]", got)
	}
}

func TestOrigin(t *testing.T) {
	o := Here("0123456", "chord bench", "llama.cpp 3f545bec")
	if err := o.Check(); err != nil {
		t.Error(err)
	}
	lines := strings.Split(o.Header(), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "machine: ") || !strings.Contains(lines[0], " cores") ||
		lines[1] != "commit: 0123456; llama.cpp 3f545bec" || lines[2] != "command: chord bench" || lines[3] != "" {
		t.Errorf("got %q", lines)
	}
	for _, o := range []Origin{{}, {"", "c", "x"}, {"m", " ", "x"}, {"m", "c", ""}, {"m", "c", "x\ny"}} {
		if o.Check() == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
