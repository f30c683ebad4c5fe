package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"

	"golang.org/x/perf/benchfmt"
)

// seconds is the unit that benchfmt makes of ns/op.
const seconds = "sec/op"

// rows are measured values: by benchmark, without "Benchmark" and the number
// of CPUs, and by unit.
type rows map[string]map[string][]float64

// read adds what a benchmark binary printed; what names it in errors.
func (r rows) read(output []byte, what string) error {
	return eachResult(bytes.NewReader(output), what, func(res *benchfmt.Result) error {
		r.add(plainName(res.Name), res)
		return nil
	})
}

// add adds the values of a result to those of the benchmark called name.
func (r rows) add(name string, res *benchfmt.Result) {
	if r[name] == nil {
		r[name] = map[string][]float64{}
	}
	for _, v := range res.Values {
		r[name][v.Unit] = append(r[name][v.Unit], v.Value)
	}
}

// names returns the benchmarks in r, sorted.
func (r rows) names() []string { return slices.Sorted(maps.Keys(r)) }

// eachResult calls f for each result of the Go benchmark format in r until f
// returns an error; what names r in errors.
func eachResult(r io.Reader, what string, f func(*benchfmt.Result) error) error {
	br := benchfmt.NewReader(r, what)
	for br.Scan() {
		switch rec := br.Result().(type) {
		case *benchfmt.Result:
			if err := f(rec); err != nil {
				return err
			}
		case *benchfmt.SyntaxError:
			return fmt.Errorf("%s:%d: %s", what, rec.Line, rec.Msg)
		}
	}
	return br.Err()
}

// plainName returns name without the number of CPUs at its end.
func plainName(name benchfmt.Name) string {
	base, parts := name.Parts()
	s := string(base)
	for _, p := range parts {
		if p[0] != '-' {
			s += string(p)
		}
	}
	return s
}
