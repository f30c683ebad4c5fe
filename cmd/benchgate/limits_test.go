package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/querent-ai/chord/internal/cpu"
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

// measured are rows of a gate with 10, 11 and 30 µs and of ratios 0.5 to 0.7.
const measured = `BenchmarkGate/name=x-2	100	10000 ns/op
BenchmarkGate/name=x-2	100	30000 ns/op
BenchmarkGate/name=x-2	100	11000 ns/op
BenchmarkGemm/type=Q4_0/impl=avx2-2	1	5 ns/op	0.5 of-limit
BenchmarkGemm/type=Q4_0/impl=avx2-2	1	5 ns/op	0.7 of-limit
BenchmarkGemm/type=Q4_0/impl=avx2-2	1	5 ns/op	0.6 of-limit
`

func TestChecks(t *testing.T) {
	r := rows{}
	if err := r.read([]byte(measured), "measured"); err != nil {
		t.Fatal(err)
	}
	us := func(n int) duration { return duration{time.Duration(n) * time.Microsecond} }
	for _, c := range []struct {
		name        string
		cfg         config
		apply       bool
		ok, missing bool
	}{
		{"limit kept by the shortest", config{Limits: []limit{{"Gate/name=x", us(10), us(99)}}}, true, true, false},
		{"limit broken", config{Limits: []limit{{"Gate/name=x", us(9), us(99)}}}, true, false, false},
		{"ceiling kept", config{Limits: []limit{{"Gate/name=x", us(9), us(99)}}}, false, true, false},
		{"ceiling broken", config{Limits: []limit{{"Gate/name=x", us(8), us(9)}}}, false, false, false},
		{"limit of no benchmark", config{Limits: []limit{{"Gate/name=y", us(9), us(99)}}}, true, false, true},
		{"ratio kept by the median", config{Ratios: []ratio{{"Gemm/impl=avx2", "of-limit", 0.6, ""}}}, true, true, false},
		{"ratio broken", config{Ratios: []ratio{{"Gemm/impl=avx2", "of-limit", 0.61, ""}}}, true, false, false},
		{"ratio of a unit that is not there", config{Ratios: []ratio{{"Gemm/impl=avx2", "of-nothing", 0.61, ""}}}, true, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			checks := append(c.cfg.checkLimits(r, c.apply), c.cfg.checkRatios(r)...)
			if len(checks) != 1 || checks[0].ok != c.ok || checks[0].missing != c.missing {
				t.Errorf("got %+v, want ok=%v missing=%v", checks, c.ok, c.missing)
			}
		})
	}
}

// cpuinfo returns a text such as /proc/cpuinfo of one CPU.
func cpuinfo(vendor string, family, model, stepping int, name string) string {
	return fmt.Sprintf("processor\t: 0\nvendor_id\t: %s\ncpu family\t: %d\nmodel\t\t: %d\nmodel name\t: %s\nstepping\t: %d\ncpu MHz\t\t: 2000.000\n",
		vendor, family, model, name, stepping)
}

// TestNotHere wants limits to follow the CPU's numbers, whatever its name is.
func TestNotHere(t *testing.T) {
	const gates = `{"cpu": {"vendor": "AuthenticAMD", "family": 26, "model": 2%s}, "tier": "avx512", "slowdown": {"alpha": 0.01, "threshold": 0.1}}`
	for _, c := range []struct {
		name, stepping, cpuinfo, tier string
		want                          string // "" if limits apply
	}{
		{"bare metal", "", cpuinfo("AuthenticAMD", 26, 2, 1, "AMD EPYC"), "avx512", ""},
		{"the same under another name", "", cpuinfo("AuthenticAMD", 26, 2, 1, "Some Virtual Turin-like Processor"), "avx512", ""},
		{"this stepping", `, "stepping": 1`, cpuinfo("AuthenticAMD", 26, 2, 1, "AMD EPYC"), "avx512", ""},
		{"another stepping", `, "stepping": 0`, cpuinfo("AuthenticAMD", 26, 2, 1, "AMD EPYC"), "avx512",
			"limits do not apply on AuthenticAMD family 26 model 2 stepping 1 with tier avx512, they are of AuthenticAMD family 26 model 2 stepping 0 with tier avx512: the ceilings apply"},
		{"another model under the same name", "", cpuinfo("AuthenticAMD", 26, 17, 1, "AMD EPYC"), "avx512",
			"limits do not apply on AuthenticAMD family 26 model 17 stepping 1 with tier avx512, they are of AuthenticAMD family 26 model 2 with tier avx512: the ceilings apply"},
		{"another family", "", cpuinfo("AuthenticAMD", 25, 2, 1, "AMD EPYC"), "avx512",
			"limits do not apply on AuthenticAMD family 25 model 2 stepping 1 with tier avx512, they are of AuthenticAMD family 26 model 2 with tier avx512: the ceilings apply"},
		{"another vendor", "", cpuinfo("GenuineIntel", 26, 2, 1, "AMD EPYC"), "avx512",
			"limits do not apply on GenuineIntel family 26 model 2 stepping 1 with tier avx512, they are of AuthenticAMD family 26 model 2 with tier avx512: the ceilings apply"},
		{"another tier", "", cpuinfo("AuthenticAMD", 26, 2, 1, "AMD EPYC"), "avx2",
			"limits do not apply on AuthenticAMD family 26 model 2 stepping 1 with tier avx2, they are of AuthenticAMD family 26 model 2 with tier avx512: the ceilings apply"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gates.json")
			if err := os.WriteFile(path, fmt.Appendf(nil, gates, c.stepping), 0o644); err != nil {
				t.Fatal(err)
			}
			cfg, err := readConfig(path)
			if err != nil {
				t.Fatal(err)
			}
			id, ok := cpu.ParseID(c.cpuinfo)
			if got := cfg.notHere(id, c.tier); !ok || got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestOtherTier(t *testing.T) {
	tiers := []string{"avx2", "generic"}
	for pattern, want := range map[string]bool{"Gemm/impl=avx512": true, "Gemm/impl=avx2": false, "Load/type=Q4_0": false} {
		if got := otherTier(pattern, tiers); got != want {
			t.Errorf("%s: got %v, want %v", pattern, got, want)
		}
	}
}

// ceilings are the longest that gates.json may allow on any machine.
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

// TestGates checks benchdata/gates.json: it has all fourteen gates, no ceiling is
// above the one here and no limit above twice the median in benchdata.
func TestGatesFile(t *testing.T) {
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
