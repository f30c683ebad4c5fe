package llama

import (
	"fmt"
	"slices"
)

// scale reads element e of name.scale, (n,), what products with name.weight are
// multiplied with, if there is one. NVFP4 has it, as its own scales reach from
// 2⁻¹⁰ to 240 only; name.input_scale beside it is of use where activations are
// of that type too.
func (l *loader) scale(name string, n, e int) []float32 {
	if l.has(name + ".input_scale") {
		l.vector(name+".input_scale", n)
	}
	if !l.has(name + ".scale") {
		return nil
	}
	s := l.vector(name+".scale", n)
	if s == nil {
		return nil
	}
	return s[e : e+1]
}

// linear reads name.weight, (rows, cols), name.scale and name.bias, (rows,), if
// there are such.
func (l *loader) linear(name string, rows, cols int) linear {
	return l.rows(name, rows, cols, 0, rows)
}

// rows reads rows [lo, hi) of name.weight, (rows, cols), and of name.bias.
func (l *loader) rows(name string, rows, cols, lo, hi int) linear {
	t := l.tensor(name+".weight", cols, rows)
	y := linear{W: l.part(t, cols, lo, hi), Scale: l.scale(name, 1, 0), tensor: name + ".weight"}
	if l.has(name + ".bias") {
		if b := l.vector(name+".bias", rows); b != nil {
			y.Bias = b[lo:hi:hi]
		}
	}
	return y
}

// expert reads expert e of name.weight, (Experts, rows, cols), and of
// name.bias, (Experts, rows), if there is one.
func (l *loader) expert(name string, e, rows, cols int) linear {
	n := l.c.Experts
	if int64(n)*int64(rows) > maxCount {
		l.fail(name+".weight", formatError(fmt.Sprintf("%d experts of %d rows", n, rows)))
		return linear{}
	}
	t := l.tensor(name+".weight", cols, rows, n)
	y := linear{W: l.part(t, cols, e*rows, (e+1)*rows), Scale: l.scale(name, n, e), tensor: name + ".weight", expert: e}
	if l.has(name + ".bias") {
		if b := l.vector(name+".bias", rows, n); b != nil {
			y.Bias = slices.Clone(b[e*rows : (e+1)*rows])
		}
	}
	return y
}
