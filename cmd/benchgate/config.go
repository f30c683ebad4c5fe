package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/querent-ai/chord/internal/cpu"
)

// A config is benchdata/gates.json: what is measured and what it may cost.
type config struct {
	// CPU and Tier say on which machines the limits apply; on all others the
	// ceilings do.
	CPU  cpuModel `json:"cpu"`
	Tier string   `json:"tier"` // as simd.Tier names it

	Slowdown slowdown `json:"slowdown"`
	Suites   []suite  `json:"suites"`
	Limits   []limit  `json:"limits"`
	Ratios   []ratio  `json:"ratios"`
}

// A cpuModel is a model of CPU by its own numbers, see cpu.ID. A marketing name
// would not do: a hypervisor can give the same silicon any.
type cpuModel struct {
	Vendor   string `json:"vendor"`
	Family   int    `json:"family"`
	Model    int    `json:"model"`
	Stepping *int   `json:"stepping"` // nil: any
}

// is reports whether a CPU is of the model.
func (m cpuModel) is(id cpu.ID) bool {
	return m.Vendor == id.Vendor && m.Family == id.Family && m.Model == id.Model && (m.Stepping == nil || *m.Stepping == id.Stepping)
}

// String returns the model as cpu.ID writes one.
func (m cpuModel) String() string {
	s := fmt.Sprintf("%s family %d model %d", m.Vendor, m.Family, m.Model)
	if m.Stepping != nil {
		s += fmt.Sprintf(" stepping %d", *m.Stepping)
	}
	return s
}

// notHere returns in one line why the limits do not apply on a machine with
// this CPU and tier, "" if they do.
func (c *config) notHere(id cpu.ID, tier string) string {
	if c.CPU.is(id) && c.Tier == tier {
		return ""
	}
	return fmt.Sprintf("limits do not apply on %s with tier %s, they are of %s with tier %s: the ceilings apply", id, tier, c.CPU, c.Tier)
}

// A slowdown says when a benchmark counts as slower than it was.
type slowdown struct {
	Alpha      float64            `json:"alpha"`      // significance level of the Mann-Whitney test
	Threshold  float64            `json:"threshold"`  // 0.1: more than 10 % slower
	Thresholds map[string]float64 `json:"thresholds"` // of benchmarks that have their own, by pattern
}

// A suite is benchmarks of one package that run together.
type suite struct {
	Package   string   `json:"package"`   // folder, from the root
	Bench     string   `json:"bench"`     // as go test's -bench; {tier} stands for simd.Tier
	Benchtime duration `json:"benchtime"` // of one benchmark, once
	Count     int      `json:"count"`     // how often each commit is measured
	Compare   bool     `json:"compare"`   // whether base and head are compared; otherwise head alone runs
}

// A limit is the longest time that a benchmark may take.
type limit struct {
	Name    string   `json:"name"`    // pattern
	Limit   duration `json:"limit"`   // on the CPU of the config: at most twice the median in benchdata
	Ceiling duration `json:"ceiling"` // on any machine
}

// A ratio is the least value of a metric that is measured against another in the
// same run, so that it says the same on a slow machine.
type ratio struct {
	Name  string  `json:"name"` // pattern
	Unit  string  `json:"unit"`
	Least float64 `json:"least"`
	What  string  `json:"what"` // for people: what is divided by what
}

// A duration is written as time.ParseDuration reads it.
type duration struct{ time.Duration }

// UnmarshalText reads a duration.
func (d *duration) UnmarshalText(text []byte) (err error) {
	d.Duration, err = time.ParseDuration(string(text))
	return err
}

// readConfig reads the file at path; an error says what in it is wrong.
func readConfig(path string) (*config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := new(config)
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, c.check(path)
}

func (c *config) check(path string) error {
	if c.CPU.Vendor == "" || c.Tier == "" {
		return fmt.Errorf("%s: cpu and tier are needed: without them no limit applies anywhere", path)
	}
	if s := c.Slowdown; s.Alpha <= 0 || s.Alpha >= 1 || s.Threshold <= 0 {
		return fmt.Errorf("%s: slowdown: alpha %g and threshold %g, want them above 0", path, s.Alpha, s.Threshold)
	}
	for _, s := range c.Suites {
		if s.Package == "" || s.Bench == "" || s.Count < 1 || s.Benchtime.Duration <= 0 {
			return fmt.Errorf("%s: suite %q: package, bench, benchtime and count are needed", path, s.Package)
		}
		if n := leastCount(c.Slowdown.Alpha); s.Compare && s.Count < n {
			return fmt.Errorf("%s: suite %q: count %d, but no difference is significant at alpha %g with fewer than %d",
				path, s.Package, s.Count, c.Slowdown.Alpha, n)
		}
	}
	for _, l := range c.Limits {
		if l.Limit.Duration <= 0 || l.Ceiling.Duration < l.Limit.Duration {
			return fmt.Errorf("%s: limit %q: %v, ceiling %v", path, l.Name, l.Limit, l.Ceiling)
		}
	}
	for _, r := range c.Ratios {
		if r.Unit == "" || r.Least <= 0 {
			return fmt.Errorf("%s: ratio %q: unit and least are needed", path, r.Name)
		}
	}
	return nil
}

// threshold returns the slowdown that the benchmark called name may have.
func (c *config) threshold(name string) float64 {
	for pattern, t := range c.Slowdown.Thresholds {
		if matches(pattern, name) {
			return t
		}
	}
	return c.Slowdown.Threshold
}

// matches reports whether a pattern matches the name of a benchmark: they have
// the same function, and each key=value of the pattern is one of the name's. So
// "Gemm/impl=avx2" matches all of BenchmarkGemm with that tier.
func matches(pattern, name string) bool {
	p, n := strings.Split(pattern, "/"), strings.Split(name, "/")
	if p[0] != n[0] {
		return false
	}
	for _, part := range p[1:] {
		found := false
		for _, have := range n[1:] {
			found = found || have == part
		}
		if !found {
			return false
		}
	}
	return true
}
