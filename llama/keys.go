package llama

import (
	"fmt"
	"math"

	"github.com/querent-ai/chord/gguf"
)

// A formatError is about what a file says: it is [gguf.ErrFormat].
type formatError string

func (e formatError) Error() string { return string(e) }

func (e formatError) Unwrap() error { return gguf.ErrFormat }

// A reader looks up keys of one architecture and keeps the first error.
type reader struct {
	f      *gguf.File
	arch   string
	fam    family
	layers int // once known
	blocks int // layers, and those that guess further tokens
	err    error
}

// fail keeps err if it is the first.
func (r *reader) fail(err error) {
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("llama: %w", err)
	}
}

// bad reports that the value of key makes no sense.
func (r *reader) bad(key, format string, args ...any) {
	r.fail(formatError(r.arch + "." + key + ": " + fmt.Sprintf(format, args...)))
}

// unsupported reports that the value of key is not known here.
func (r *reader) unsupported(key, format string, args ...any) {
	r.fail(fmt.Errorf("%s.%s: %s: %w", r.arch, key, fmt.Sprintf(format, args...), ErrUnsupported))
}

// need returns the count under key, which must be there.
func (r *reader) need(key string) int {
	n := r.count(key, 0)
	if n == 0 {
		r.bad(key, "missing")
	}
	return n
}

// count returns the number under key, at least 1, or absent if there is none.
func (r *reader) count(key string, absent int) int {
	n, ok := r.number(key)
	if !ok {
		return absent
	}
	if n < 1 || n > maxCount {
		r.bad(key, "%d, want 1 to %d", n, maxCount)
		return absent
	}
	return int(n)
}

// whole returns the number under key, at least 0, or absent if there is none.
func (r *reader) whole(key string, absent int) int {
	n, ok := r.number(key)
	if !ok {
		return absent
	}
	if n < 0 || n > maxCount {
		r.bad(key, "%d, want 0 to %d", n, maxCount)
		return absent
	}
	return int(n)
}

// number returns the integer under key. A list of equal integers, one a layer,
// counts as one.
func (r *reader) number(key string) (n int64, ok bool) {
	list, ok := r.numbers(key)
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

// numbers returns the integers under key, one for each layer if there is a list,
// else one.
func (r *reader) numbers(key string) (list []int64, ok bool) {
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

// countEach returns the number under key for each layer, at least 1, or absent
// if there is none.
func (r *reader) countEach(key string, absent []int) []int {
	list, ok := r.numbers(key)
	if !ok || r.err != nil {
		return absent
	}
	counts := make([]int, r.layers)
	for i := range counts {
		n := list[min(i, len(list)-1)]
		if n < 1 || n > maxCount {
			r.bad(key, "%d, want 1 to %d", n, maxCount)
			return absent
		}
		counts[i] = int(n)
	}
	return counts
}

// needEach returns the number under key, which must be there, for each layer.
func (r *reader) needEach(key string) []int {
	counts := r.countEach(key, nil)
	if counts == nil {
		r.bad(key, "missing")
		return make([]int, r.layers)
	}
	return counts
}

// float returns the finite number under key. If there is none it returns
// absent; an absent that is not a number means that the key must be there.
func (r *reader) float(key string, absent float64) float64 {
	x, ok, err := r.f.Float(r.arch + "." + key)
	r.fail(err)
	switch {
	case err != nil:
		return absent
	case ok && (math.IsNaN(x) || math.IsInf(x, 0)):
		r.bad(key, "%g, want a finite number", x)
	case ok:
		return x
	case math.IsNaN(absent):
		r.bad(key, "missing")
	}
	return absent
}

// str returns the string under key, or absent.
func (r *reader) str(key, absent string) string {
	s, ok, err := r.f.Str(r.arch + "." + key)
	if r.fail(err); ok && err == nil {
		return s
	}
	return absent
}

// flag returns the bool under key, or absent.
func (r *reader) flag(key string, absent bool) bool {
	b, ok, err := r.f.Bool(r.arch + "." + key)
	if r.fail(err); ok && err == nil {
		return b
	}
	return absent
}

// positive returns the number under key, above 0, or absent if there is none.
func (r *reader) positive(key string, absent float64) float64 {
	x := r.float(key, absent)
	if !(x > 0) {
		r.bad(key, "%g, want a number above 0", x)
	}
	return x
}

// factor returns the number under key, or absent if there is none or it is 0,
// as llama.cpp takes it.
func (r *reader) factor(key string, absent float32) float32 {
	x := float32(r.float(key, 0))
	if x == 0 {
		return absent
	}
	return x
}

// softcap returns the number under key, 0 or more.
func (r *reader) softcap(key string) float32 {
	x := float32(r.float(key, 0))
	if x < 0 {
		r.bad(key, "%g, want a number above 0", x)
	}
	return x
}
