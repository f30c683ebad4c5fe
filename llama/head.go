package llama

import (
	"fmt"
	"slices"
	"strings"

	"github.com/querent-ai/chord/simd"
)

// A head is what follows the pooling of an embedder: projections of the vector,
// or a classification head, whose outputs are scores. Parts that the file does
// not have are empty. The weights are kept as floats: a head sees one vector for
// each text.
type head struct {
	Dense2, Dense3 plainLinear // dense_2, dense_3: the vector is Dense3·(Dense2·x)
	Hidden, Output plainLinear // cls, cls.output: the scores are Output·tanh(Hidden·x)
}

// A plainLinear is y = W·x + Bias. Without rows it is no linear.
type plainLinear struct {
	rows, cols int
	w          []float32 // (rows, cols)
	bias       []float32 // (rows,) or nil
}

// apply returns W·x + Bias, or x if there is no linear.
func (l *plainLinear) apply(x []float32) []float32 {
	if l.rows == 0 {
		return x
	}
	y := make([]float32, l.rows)
	for i := range y {
		y[i] = simd.Dot(row(l.w, i, l.cols), x)
	}
	if l.bias != nil {
		simd.Add(y, l.bias)
	}
	return y
}

// inHead reports whether a tensor belongs to a head, or has T5's biases of distances:
// they are kept as floats and not packed.
func inHead(name string) bool {
	if strings.HasSuffix(name, ".attn_rel_b.weight") {
		return true
	}
	base := strings.TrimSuffix(name, ".weight")
	return slices.Contains([]string{"dense_2", "dense_3", "cls", "cls.output"}, base)
}

// head reads the tensors after pooling.
func (l *loader) head() (h head) {
	if l.fam.encoder {
		h.Dense2 = l.plainLinear("dense_2", l.c.Dim)
		h.Dense3 = l.plainLinear("dense_3", max(h.Dense2.rows, 1))
		h.Hidden = l.plainLinear("cls", l.c.Dim)
	}
	cols := l.c.Dim
	if h.Hidden.rows > 0 {
		cols = h.Hidden.rows
	}
	h.Output = l.plainLinear("cls.output", cols)
	l.checkHead(&h)
	return h
}

// checkHead checks that the parts of a head fit together and to the keys.
func (l *loader) checkHead(h *head) {
	last, name := &h.Output, "cls.output.weight"
	if last.rows == 0 && h.Hidden.rows > 0 {
		last, name = &h.Hidden, "cls.weight"
	}
	labels := max(len(l.c.Labels), 1)
	switch {
	case h.Dense3.rows > 0 && h.Dense2.rows == 0:
		l.fail("dense_2.weight", formatError("missing, but there is dense_3.weight"))
	case last.rows > 0 && last.rows != labels:
		l.fail(name, formatError(fmt.Sprintf("%d outputs, but %s.classifier.output_labels has %d", last.rows, l.c.Arch, len(l.c.Labels))))
	case last.rows == 0 && l.c.Pooling == PoolingRank:
		l.fail(name, formatError(fmt.Sprintf("missing, but %s.pooling_type is %d", l.c.Arch, PoolingRank)))
	}
}

// plainLinear reads name.weight, (rows, cols) with any number of rows, and
// name.bias, if the file has them.
func (l *loader) plainLinear(name string, cols int) plainLinear {
	t, ok := l.f.Tensor(name + ".weight")
	if !ok {
		return plainLinear{}
	}
	rows, shape := uint64(1), []int{cols} // one row may be written without its second dimension
	if len(t.Shape) > 1 {
		rows = t.Shape[1]
		shape = append(shape, int(min(rows, maxCount)))
	}
	if rows < 1 || rows > maxCount {
		l.fail(t.Name, formatError(fmt.Sprintf("shape %d", t.Shape)))
		return plainLinear{}
	}
	p := plainLinear{rows: int(rows), cols: cols, w: l.vector(t.Name, shape...)}
	if l.has(name + ".bias") {
		p.bias = l.vector(name+".bias", int(rows))
	}
	return p
}

// VectorDim returns the length of a vector that [Model.Project] returns: Dim, or
// what the last projection of the file makes of it.
func (m *Model) VectorDim() int {
	switch h := &m.head; {
	case h.Dense3.rows > 0:
		return h.Dense3.rows
	case h.Dense2.rows > 0:
		return h.Dense2.rows
	}
	return m.config.Dim
}

// Project returns the projection of the pooled vector x, (Dim,), of an embedder:
// x itself if the file has no projections.
func (m *Model) Project(x []float32) []float32 {
	h := &m.head
	return h.Dense3.apply(h.Dense2.apply(x))
}

// Ranks reports whether the model has a classification head, so that
// [Model.Classify] may be called.
func (m *Model) Ranks() bool {
	return m.head.Hidden.rows > 0 || m.head.Output.rows > 0
}

// Classify returns the outputs of the classification head, one for each of the
// labels, for the vector x, (Dim,), of the first token, or of the last one if
// the model generates text. A generator's outputs are probabilities.
func (m *Model) Classify(x []float32) []float32 {
	h := &m.head
	y := h.Hidden.apply(x)
	if h.Hidden.rows > 0 {
		for i := range y {
			y[i] = simd.Tanh(y[i])
		}
	}
	y = h.Output.apply(y)
	if !m.config.Embedder() {
		simd.Softmax(y)
	}
	return y
}
