package main

import (
	"testing"
	"time"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"Gemm", "Gemm/type=Q4_0/impl=avx2", true},
		{"Gemm/impl=avx2", "Gemm/type=Q4_0/impl=avx2", true},
		{"Gemm/impl=avx2/type=Q4_0", "Gemm/type=Q4_0/impl=avx2", true},
		{"Gemm/impl=avx", "Gemm/type=Q4_0/impl=avx2", false},
		{"Gem", "Gemm/type=Q4_0", false},
		{"Gemv", "Gemm", false},
		{"Gemm/Gemm", "Gemm", false},
	} {
		if got := matches(c.pattern, c.name); got != c.want {
			t.Errorf("%q and %q: got %v, want %v", c.pattern, c.name, got, c.want)
		}
	}
}

// measured are canned rows: a gate of 10, 11 and 30 µs, ratios of 0.5 to 0.7.
const measured = `cpu: my CPU
BenchmarkGate/name=x-2	100	10000 ns/op
BenchmarkGate/name=x-2	100	30000 ns/op
BenchmarkGate/name=x-2	100	11000 ns/op
BenchmarkGemm/type=Q4_0/impl=avx2-2	1	5 ns/op	0.5 of-limit
BenchmarkGemm/type=Q4_0/impl=avx2-2	1	5 ns/op	0.7 of-limit
BenchmarkGemm/type=Q4_0/impl=avx2-2	1	5 ns/op	0.6 of-limit
`

func TestFences(t *testing.T) {
	r := rows{}
	cpu, err := r.add([]byte(measured), "canned")
	if err != nil || cpu != "my CPU" {
		t.Fatalf("got CPU %q and error %v", cpu, err)
	}
	us := func(n int) duration { return duration{time.Duration(n) * time.Microsecond} }
	for _, c := range []struct {
		name        string
		cfg         config
		ok, missing bool
	}{
		{"limit kept by the least", config{CPU: cpu, Tier: "t", Limits: []limit{{"Gate/name=x", us(10), us(99)}}}, true, false},
		{"limit broken", config{CPU: cpu, Tier: "t", Limits: []limit{{"Gate/name=x", us(9), us(99)}}}, false, false},
		{"other CPU, ceiling", config{CPU: "other", Tier: "t", Limits: []limit{{"Gate/name=x", us(9), us(99)}}}, true, false},
		{"other tier, ceiling", config{CPU: cpu, Tier: "u", Limits: []limit{{"Gate/name=x", us(9), us(99)}}}, true, false},
		{"ceiling broken", config{CPU: "other", Tier: "t", Limits: []limit{{"Gate/name=x", us(8), us(9)}}}, false, false},
		{"limit of nothing", config{CPU: cpu, Tier: "t", Limits: []limit{{"Gate/name=y", us(9), us(99)}}}, false, true},
		{"ratio kept by the median", config{Ratios: []ratio{{"Gemm/impl=avx2", "of-limit", 0.6, ""}}}, true, false},
		{"ratio broken", config{Ratios: []ratio{{"Gemm/impl=avx2", "of-limit", 0.61, ""}}}, false, false},
		{"ratio of no such unit", config{Ratios: []ratio{{"Gemm/impl=avx2", "of-nothing", 0.61, ""}}}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			checks := append(c.cfg.checkLimits(r, cpu, "t"), c.cfg.checkRatios(r)...)
			if len(checks) != 1 || checks[0].ok != c.ok || checks[0].missing != c.missing {
				t.Errorf("got %+v, want ok=%v missing=%v", checks, c.ok, c.missing)
			}
		})
	}
}

func TestElsewhere(t *testing.T) {
	tiers := []string{"avx2", "generic"}
	for pattern, want := range map[string]bool{"Gemm/impl=avx512": true, "Gemm/impl=avx2": false, "Load/type=Q4_0": false} {
		if got := elsewhere(pattern, tiers); got != want {
			t.Errorf("%s: got %v, want %v", pattern, got, want)
		}
	}
}

// ceilings are what no gate may be slower than, whatever chord can do.
var ceilings = []struct {
	name    string
	ceiling time.Duration
}{
	{"gemm-128x128x128", 300 * time.Microsecond},
	{"gemm-512x512x512", 100 * time.Millisecond},
	{"qkv-1x2048x6144", 1500 * time.Microsecond},
	{"lm-head-1x2048x32000", 8 * time.Millisecond},
	{"transposed-1x2048x2048", time.Millisecond},
	{"attention-1", 50 * time.Microsecond},
	{"attention-64", 5 * time.Millisecond},
	{"attention-128", 15 * time.Millisecond},
	{"attention-256", 50 * time.Millisecond},
	{"multi-query-32to1", 5 * time.Millisecond},
	{"dot-64", 100 * time.Nanosecond},
	{"gguf-minimal", 100 * time.Microsecond},
	{"forward-tiny", time.Millisecond},
	{"sample", 50 * time.Microsecond},
}

// TestGates holds benchdata/gates.json: all fourteen gates, none looser than its
// ceiling or than twice what chord takes on the machine of the rows.
func TestGates(t *testing.T) {
	cfg, err := readConfig("../../benchdata/gates.json")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := readData("../../benchdata")
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Limits) != len(ceilings) {
		t.Errorf("%d limits, want %d", len(cfg.Limits), len(ceilings))
	}
	for _, c := range ceilings {
		found := false
		for _, l := range cfg.Limits {
			if l.Name == "Gate/name="+c.name {
				found = true
				if l.Ceiling.Duration > c.ceiling {
					t.Errorf("%s: ceiling %v, at most %v", c.name, l.Ceiling, c.ceiling)
				}
				if own := rows.find("Gate", "name", c.name)[seconds]; l.Limit.Seconds() > 2*own {
					t.Errorf("%s: limit %v, at most twice %s", c.name, l.Limit, formatSeconds(own))
				}
			}
		}
		if !found {
			t.Errorf("%s has no limit", c.name)
		}
	}
}
