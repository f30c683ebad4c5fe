package llama

import (
	"fmt"

	"github.com/querent-ai/chord/gguf"
)

// scale reads name.scale, (n,), what products with name.weight, or with each of
// n experts', are multiplied with; nil if there is none. NVFP4 has it, as its own
// scales reach from 2⁻¹⁰ to 240 only; name.input_scale beside it is of use where
// activations are of that type too.
func (l *loader) scale(name string, n int) []float32 {
	if l.has(name + ".input_scale") {
		l.vector(name+".input_scale", n)
	}
	if !l.has(name + ".scale") {
		return nil
	}
	return l.vector(name+".scale", n)
}

// linear reads name.weight, (rows, cols), name.scale and name.bias, (rows,), if
// there are such.
func (l *loader) linear(name string, rows, cols int) linear {
	return l.rows(name, rows, cols, 0, rows)
}

// rows reads rows [lo, hi) of name.weight, (rows, cols), and of name.bias.
func (l *loader) rows(name string, rows, cols, lo, hi int) linear {
	t := l.tensor(name+".weight", cols, rows)
	y := linear{W: l.part(t, cols, lo, hi), Scale: l.scale(name, 1), tensor: name + ".weight"}
	if l.has(name + ".bias") {
		if b := l.vector(name+".bias", rows); b != nil {
			y.Bias = b[lo:hi:hi]
		}
	}
	return y
}

// An experts is name.weight, (Experts, rows, cols), with what there is of
// name.scale, (Experts,), and name.bias, (Experts, rows).
type experts struct {
	t          *gguf.Tensor
	data       []byte // of t
	rows, cols int
	scale      []float32
	bias       []float32
}

// experts reads what the experts' matrices called name share, once for all of
// them.
func (l *loader) experts(name string, rows, cols int) experts {
	n := l.c.Experts
	if int64(n)*int64(rows) > maxCount {
		l.fail(name+".weight", formatError(fmt.Sprintf("%d experts of %d rows", n, rows)))
		return experts{}
	}
	e := experts{t: l.tensor(name+".weight", cols, rows, n), rows: rows, cols: cols, scale: l.scale(name, n)}
	e.data = l.data(e.t)
	if l.has(name + ".bias") {
		e.bias = l.vector(name+".bias", rows, n)
	}
	return e
}

// expert reads expert i of e.
func (l *loader) expert(e experts, i int) linear {
	if l.err != nil {
		return linear{}
	}
	y := linear{W: l.partOf(e.t, e.data, e.cols, i*e.rows, (i+1)*e.rows), tensor: e.t.Name, expert: i}
	if e.scale != nil {
		y.Scale = e.scale[i : i+1 : i+1]
	}
	if e.bias != nil {
		y.Bias = e.bias[i*e.rows : (i+1)*e.rows : (i+1)*e.rows]
	}
	return y
}
