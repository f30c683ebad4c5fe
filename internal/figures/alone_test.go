package figures

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/querent-ai/chord/internal/bench"
)

// alone are the flags of chord bench, by run: a prompt, then decoding after an
// empty and after a long sequence.
var alone = [][]string{
	{"-p", "512", "-n", "64"},
	{"-p", "0", "-n", "32", "-d", "4096"},
}

// BenchmarkAlone measures the tokens a second of one caller, of program
// CHORD_AFTER divided by program CHORD_BEFORE: the ratio of medians of runs in
// turn.
func BenchmarkAlone(b *testing.B) {
	programs := []string{os.Getenv("CHORD_BEFORE"), os.Getenv("CHORD_AFTER")}
	if slices.Contains(programs, "") {
		b.Skip("CHORD_BEFORE and CHORD_AFTER name no programs")
	}
	rates := make([]map[bench.Test][]float64, len(programs))
	for i := range rates {
		rates[i] = map[bench.Test][]float64{}
	}
	for b.Loop() {
		for _, flags := range alone {
			for i, program := range programs {
				for _, r := range rows(b, program, flags) {
					rates[i][r.Test] = append(rates[i][r.Test], r.Rates()...)
				}
			}
		}
	}
	for test, after := range rates[1] {
		if before := rates[0][test]; len(before) == len(after) {
			b.ReportMetric(bench.Median(after)/bench.Median(before), test.Word()+"-of-before")
		} else {
			b.Errorf("%s: measured %d times before, %d times after", test.Name(), len(before), len(after))
		}
	}
}

// rows runs chord bench once and returns what it measured.
func rows(b *testing.B, program string, flags []string) []bench.Result {
	b.Helper()
	args := append([]string{"bench", "-r", "1", "-o", "json"}, flags...)
	if model := os.Getenv("CHORD_MODEL"); model != "" {
		args = append(args, "-m", model)
	}
	cmd := exec.CommandContext(b.Context(), program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("%s %q: %v: %s", program, args, err, &stderr)
	}
	results, err := bench.Parse(out)
	if err != nil {
		b.Fatalf("%s %q: %v", program, args, err)
	}
	return results
}
