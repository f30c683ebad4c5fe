package jinja

import (
	"math"
	"strconv"
	"strings"
)

// filterInt is jinja2's do_int: a value that is not a number gives the default.
func filterInt(r *renderer, v any, b []any) any {
	none := b[0]
	if none == absent {
		none = int64(0)
	}
	if i, ok := asInt(v); ok {
		return i
	}
	s, ok := textOf(v)
	if !ok {
		if f, ok := v.(float64); ok && math.Abs(f) < 1<<63 {
			return int64(f)
		}
		return none
	}
	r.alloc(4 * len(s))
	s = strings.TrimFunc(s, isSpace)
	base := r.count64("int", b[1], 10)
	if base < 0 || base == 1 || base > 36 {
		return none
	}
	digits := s
	if prefix := map[int64]string{2: "0b", 8: "0o", 16: "0x"}[base]; prefix != "" && len(s) > 2 && strings.EqualFold(s[:2], prefix) {
		digits = s[2:]
	}
	if i, err := strconv.ParseInt(strings.ReplaceAll(digits, "_", ""), int(base), 64); err == nil {
		return i
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < 1<<63 {
		return int64(f)
	}
	return none
}

// filterFloat is jinja2's do_float.
func filterFloat(r *renderer, v any, b []any) any {
	if f, ok := asFloat(v); ok {
		return f
	}
	if s, ok := textOf(v); ok {
		r.alloc(4 * len(s))
		s = strings.TrimFunc(s, isSpace)
		if f, err := strconv.ParseFloat(s, 64); (err == nil || math.IsInf(f, 0)) && !strings.ContainsAny(s, "xX") {
			return f
		}
	}
	if b[0] != absent {
		return b[0]
	}
	return 0.0
}

func filterAbs(r *renderer, v any, _ []any) any {
	if f, ok := asFloat(v); ok && f < 0 {
		return r.signed("-", v)
	}
	return r.signed("+", v)
}

// filterRound rounds to a number of digits, halves to even as Python does, or up
// or down.
func filterRound(r *renderer, v any, b []any) any {
	f, ok := asFloat(v)
	if !ok {
		r.bad(v)
		r.fail("the filter round wants a number, not '%s'", typeName(v))
	}
	r.spend(100) // many digits are slow
	digits := min(max(r.count64("round", b[0], 0), -300), 300)
	how, _ := textOf(b[1])
	scale := math.Pow(10, float64(digits))
	switch how {
	case "", "common":
		if i, ok := asInt(v); ok && digits >= 0 {
			return i
		}
		if digits > 15 {
			return f
		}
		if digits >= 0 {
			f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(digits), 64), 64)
			return f
		}
		return math.RoundToEven(f*scale) / scale
	case "ceil":
		return math.Ceil(f*scale) / scale
	case "floor":
		return math.Floor(f*scale) / scale
	}
	r.fail("the filter round knows common, ceil and floor, not %s", quoted(how))
	return nil
}
