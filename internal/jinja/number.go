package jinja

import "math"

// asInt returns the integer in v: an int or a bool.
func asInt(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// asFloat returns the number in v.
func asFloat(v any) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	i, ok := asInt(v)
	return float64(i), ok
}

// integer returns i op j.
func (r *renderer) integer(op string, i, j int64) any {
	switch op {
	case "+":
		if s := i + j; (s > i) == (j > 0) {
			return s
		}
	case "-":
		if s := i - j; (s < i) == (j > 0) {
			return s
		}
	case "*":
		if p := i * j; i == 0 || p/i == j && !(i == -1 && j == math.MinInt64) {
			return p
		}
	case "/":
		return r.float(op, float64(i), float64(j))
	case "//", "%":
		if j == 0 {
			r.fail("integer division or modulo by zero")
		}
		q, m := i/j, i%j
		if m != 0 && (m < 0) != (j < 0) {
			q, m = q-1, m+j
		}
		if op == "%" {
			return m
		}
		if !(i == math.MinInt64 && j == -1) {
			return q
		}
	case "**":
		return r.power(i, j)
	}
	r.fail("the integer does not fit into 64 bits")
	return nil
}

// power returns i ** j.
func (r *renderer) power(i, j int64) any {
	if j < 0 {
		return r.float("**", float64(i), float64(j))
	}
	p := int64(1)
	for ; j > 0; j-- {
		if i == 0 || i == 1 {
			return i
		}
		if i == -1 {
			return 1 - 2*(j&1)
		}
		p = r.integer("*", p, i).(int64)
	}
	return p
}

// float returns f op g.
func (r *renderer) float(op string, f, g float64) any {
	switch op {
	case "+":
		return f + g
	case "-":
		return f - g
	case "*":
		return f * g
	case "**":
		if f == 0 && g < 0 {
			r.fail("0.0 cannot be raised to a negative power")
		}
		return math.Pow(f, g)
	}
	if g == 0 {
		r.fail("division by zero")
	}
	if op == "/" {
		return f / g
	}
	m := math.Mod(f, g)
	if m != 0 && (m < 0) != (g < 0) {
		m += g
	}
	if op == "%" {
		return m
	}
	return math.Floor((f-m)/g + 0.5)
}
