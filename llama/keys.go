package llama

import (
	"fmt"
	"math"

	"github.com/querent-ai/chord/gguf"
)

// A formatError is an error about the contents of a file; it is [gguf.ErrFormat].
type formatError string

func (e formatError) Error() string { return string(e) }

func (e formatError) Unwrap() error { return gguf.ErrFormat }

// A keyReader looks up the keys of one architecture and keeps the first error.
// A method returns def where the key is absent.
type keyReader struct {
	f      *gguf.File
	arch   string
	fam    family
	c      *Config // what has been read
	layers int     // 0 until block_count has been read
	blocks int     // layers plus those that predict further tokens
	err    error
}

// fail keeps err if it is the first.
func (r *keyReader) fail(err error) {
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("llama: %w", err)
	}
}

// bad reports that the value of key is invalid.
func (r *keyReader) bad(key, format string, args ...any) {
	r.fail(formatError(r.arch + "." + key + ": " + fmt.Sprintf(format, args...)))
}

// unsupported reports that the value of key is not supported.
func (r *keyReader) unsupported(key, format string, args ...any) {
	r.fail(fmt.Errorf("%s.%s: %s: %w", r.arch, key, fmt.Sprintf(format, args...), ErrUnsupported))
}

// mustCount returns the number under key, at least 1; the key must be present.
func (r *keyReader) mustCount(key string) int {
	n := r.count(key, 0)
	if n == 0 {
		r.bad(key, "missing")
	}
	return n
}

// count returns the number under key, at least 1.
func (r *keyReader) count(key string, def int) int {
	n, ok := r.integer(key)
	if !ok {
		return def
	}
	if n < 1 || n > maxCount {
		r.bad(key, "%d, want 1 to %d", n, maxCount)
		return def
	}
	return int(n)
}

// countOrZero returns the number under key, at least 0.
func (r *keyReader) countOrZero(key string, def int) int {
	n, ok := r.integer(key)
	if !ok {
		return def
	}
	if n < 0 || n > maxCount {
		r.bad(key, "%d, want 0 to %d", n, maxCount)
		return def
	}
	return int(n)
}

// integer returns the integer under key. A list of equal integers, one for each
// layer, counts as one integer.
func (r *keyReader) integer(key string) (n int64, ok bool) {
	list, ok := r.integers(key)
	if !ok {
		return 0, false
	}
	for _, v := range list {
		if v != list[0] {
			r.unsupported(key, "%d in one layer, %d in another", list[0], v)
			return 0, false
		}
	}
	return list[0], true
}

// integers returns the integers under key: one, or a list with one for each
// layer.
func (r *keyReader) integers(key string) (list []int64, ok bool) {
	full := r.arch + "." + key
	n, ok, err := r.f.Int(full)
	if err == nil {
		return []int64{n}, ok
	}
	ints, _, notList := r.f.Ints(full)
	if notList != nil {
		r.fail(err)
		return nil, false
	}
	if len(ints) == 0 || len(ints) != r.layers && len(ints) != r.blocks {
		r.bad(key, "list of %d, want one number for each of %d layers", len(ints), r.layers)
		return nil, false
	}
	for _, v := range ints[:r.layers] {
		list = append(list, int64(v))
	}
	return list, true
}

// widths returns the number under key for each layer, 0 where it is absent. In a
// family whose layers are a mixer or a network it may be 0.
func (r *keyReader) widths(key string) []int {
	if !r.fam.oneBlock {
		return r.layerCounts(key, make([]int, r.layers))
	}
	list, _ := r.integers(key)
	counts := make([]int, r.layers)
	for i := range counts {
		if len(list) == 0 {
			break
		}
		n := list[min(i, len(list)-1)]
		if n < 0 || n > maxCount {
			r.bad(key, "%d, want 0 to %d", n, maxCount)
			return counts
		}
		counts[i] = int(n)
	}
	return counts
}

// layerCounts returns the number under key for each layer, at least 1 in those with
// attention.
func (r *keyReader) layerCounts(key string, def []int) []int {
	list, ok := r.integers(key)
	if !ok || r.err != nil {
		return def
	}
	counts := make([]int, r.layers)
	for i := range counts {
		n, least := list[min(i, len(list)-1)], int64(1)
		if i < len(r.c.Layer) && !r.c.Layer[i].attends() {
			least = 0
		}
		if n < least || n > maxCount {
			r.bad(key, "%d, want %d to %d", n, least, maxCount)
			return def
		}
		counts[i] = int(n)
	}
	return counts
}

// mustLayerCounts returns the number under key for each layer, at least 1; the
// key must be present.
func (r *keyReader) mustLayerCounts(key string) []int {
	counts := r.layerCounts(key, nil)
	if counts == nil {
		r.bad(key, "missing")
		return make([]int, r.layers)
	}
	return counts
}

// float returns the finite number under key. If def is NaN, the key must be
// present.
func (r *keyReader) float(key string, def float64) float64 {
	x, ok, err := r.f.Float(r.arch + "." + key)
	r.fail(err)
	switch {
	case err != nil:
		return def
	case ok && (math.IsNaN(x) || math.IsInf(x, 0)):
		r.bad(key, "%g, want a finite number", x)
	case ok:
		return x
	case math.IsNaN(def):
		r.bad(key, "missing")
	}
	return def
}

// layerFloats returns the number under key for each layer, nil if it is absent. A
// list may go on with the layers that predict further tokens.
func (r *keyReader) layerFloats(key string) []float32 {
	full := r.arch + "." + key
	list, ok, err := r.f.Floats(full)
	if err != nil {
		x := float32(r.float(key, 0))
		list, ok = make([]float32, r.layers), true
		for i := range list {
			list[i] = x
		}
	}
	switch {
	case !ok || r.err != nil:
		return nil
	case len(list) != r.layers && len(list) != r.blocks:
		r.bad(key, "list of %d, want one for each of %d layers", len(list), r.layers)
		return nil
	}
	for _, x := range list {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			r.bad(key, "%g, want a finite number", x)
			return nil
		}
	}
	return list
}

// str returns the string under key.
func (r *keyReader) str(key, def string) string {
	s, ok, err := r.f.Str(r.arch + "." + key)
	if r.fail(err); ok && err == nil {
		return s
	}
	return def
}

// flag returns the bool under key.
func (r *keyReader) flag(key string, def bool) bool {
	b, ok, err := r.f.Bool(r.arch + "." + key)
	if r.fail(err); ok && err == nil {
		return b
	}
	return def
}

// positive returns the number under key, above 0.
func (r *keyReader) positive(key string, def float64) float64 {
	x := r.float(key, def)
	if !(x > 0) {
		r.bad(key, "%g, want a number above 0", x)
	}
	return x
}

// factor returns the number under key. It returns def for 0 too, as llama.cpp
// does.
func (r *keyReader) factor(key string, def float32) float32 {
	x := float32(r.float(key, 0))
	if x == 0 {
		return def
	}
	return x
}

// softcap returns the number under key, at least 0; absent: 0.
func (r *keyReader) softcap(key string) float32 {
	x := float32(r.float(key, 0))
	if x < 0 {
		r.bad(key, "%g, want a number above 0", x)
	}
	return x
}
