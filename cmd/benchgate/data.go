package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/querent-ai/chord/internal/bench"
)

// A point is one benchmark: the medians of its rows.
type point struct {
	base   string            // without "Benchmark"
	keys   map[string]string // key=value of the name: "type" is "Q4_0"
	values map[string]float64
}

// data are all rows of benchdata: a point a benchmark, in the rows' order, and
// how those were made that docs/benchmarks.md shows.
type data struct {
	points  []point
	origins []bench.Origin
}

// shown are the benchmarks that docs/benchmarks.md shows; rows of others are there for
// themselves.
var shown = []string{"Model", "Gemv", "Gemm", "Load", "Instructions", "Profile"}

// readData reads all *.txt of folder dir, in the order of their names.
func readData(dir string) (*data, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	d := new(data)
	values := rows{}
	var names []string
	for _, path := range paths {
		if err := d.read(path, values, &names); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		d.points = append(d.points, newPoint(name, values[name]))
	}
	return d, nil
}

// read adds one file.
func (d *data) read(path string, values rows, names *[]string) error {
	text, err := readText(path)
	if err != nil {
		return err
	}
	return d.add(string(text), path, values, names)
}

// add adds the rows of a text: their origins to d, their values to values, and
// names that are new to names. An error names the file at path.
func (d *data) add(text, path string, values rows, names *[]string) error {
	return eachResult(strings.NewReader(text), path, func(r *benchfmt.Result) error {
		o := bench.Origin{Machine: r.GetConfig("machine"), Commit: r.GetConfig("commit"), Command: r.GetConfig("command")}
		if err := o.Check(); err != nil {
			return fmt.Errorf("%s: header above %s: %w", path, r.Name, err)
		}
		name := plainName(r.Name)
		if base, _, _ := strings.Cut(name, "/"); slices.Contains(shown, base) && !slices.Contains(d.origins, o) {
			d.origins = append(d.origins, o)
		}
		if values[name] == nil {
			*names = append(*names, name)
		}
		values.add(name, r)
		return nil
	})
}

// readText reads a file as it was committed: git may end its lines otherwise
// on Windows.
func readText(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), err
}

func newPoint(name string, values map[string][]float64) point {
	parts := strings.Split(name, "/")
	p := point{base: parts[0], keys: map[string]string{}, values: map[string]float64{}}
	for _, part := range parts[1:] {
		key, value, _ := strings.Cut(part, "=")
		p.keys[key] = value
	}
	for unit, v := range values {
		p.values[unit] = bench.Median(v)
	}
	return p
}

// find returns the values of the first point of that base with these keys and
// values, in turn; nil if there is none.
func (d *data) find(base string, keys ...string) map[string]float64 {
	for _, p := range d.points {
		ok := p.base == base
		for i := 0; i < len(keys); i += 2 {
			ok = ok && p.keys[keys[i]] == keys[i+1]
		}
		if ok {
			return p.values
		}
	}
	return nil
}

// distinct returns the different values, in the order of the rows, of keys in
// the points of that base; values of several keys are joined by a space.
func (d *data) distinct(base string, keys ...string) []string {
	var all []string
	for _, p := range d.points {
		if p.base != base {
			continue
		}
		var v []string
		for _, k := range keys {
			v = append(v, p.keys[k])
		}
		if s := strings.Join(v, " "); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}
