package main

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/internal/par"
)

// TestBenchBusy measures beside the test binary, which TestMain lets burn.
func TestBenchBusy(t *testing.T) {
	flags := append(slices.Clone(quick), "--busy", "1")
	var rows []struct {
		Rate    float64   `json:"busy_ts"`
		Ratio   float64   `json:"busy_ratio"`
		Fair    float64   `json:"busy_time_of_fair"`
		Samples []float64 `json:"samples_busy_ratio"`
	}
	if err := json.Unmarshal([]byte(ok(t, "", append(flags, "-o", "json")...)), &rows); err != nil {
		t.Fatal(err)
	}
	share := min(1, float64(par.Cores())/2) // of one thread's core
	for _, r := range rows {
		times := 0.0
		for _, x := range r.Samples {
			times += share / x / 2
		}
		if !(r.Rate > 0 && r.Ratio > 0) || len(r.Samples) != 2 || math.Abs(r.Fair-times) > 1e-9*times {
			t.Errorf("got %+v", r)
		}
	}
	if len(rows) != 2 {
		t.Errorf("%d rows", len(rows))
	}
	table := markdownTable(t, ok(t, "", flags...))
	matchAll(t, column(t, table, "busy t/s"), ratePattern)
	matchAll(t, column(t, table, "of alone"), `\d+\.\d{3}`)
	matchAll(t, column(t, table, "time ÷ fair"), `\d+\.\d\d`)
	lines := ok(t, "", append(flags, "-o", "go")...)
	if n := len(regexp.MustCompile(`\d busy-tokens/s\s+[\d.]+ busy-of-alone\s+[\d.]+ busy-time-of-fair\n`).FindAllString(lines, -1)); n != 4 {
		t.Errorf("got %s", lines)
	}
}

// TestBurn wants chord burn to end with stdin, and errors for wrong numbers.
func TestBurn(t *testing.T) {
	if out := ok(t, "", "burn", "2"); out != "burning\n" {
		t.Errorf("got %q", out)
	}
	for _, c := range []string{"burn 0", "burn x", "burn", "bench --busy -1", "bench --load --busy 1"} {
		if r := do(t, "", strings.Fields(c)...); r.code != exitUsage {
			t.Errorf("%s: exit %d, stderr %q, want 2", c, r.code, r.stderr)
		}
	}
}
