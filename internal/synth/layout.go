package synth

import "fmt"

// A layout collects the tensors of a shape, those of layer i or, at -1, those
// outside the layers.
type layout struct {
	Shape
	i  int
	ts []tensor
}

// whole adds a tensor under its whole name.
func (l *layout) whole(name string, rows, cols int) {
	l.ts = append(l.ts, tensor{name: name, rows: rows, cols: cols, layer: l.i, vector: rows == 1})
}

// blk adds the weight of a layer called name: a vector if rows is 1.
func (l *layout) blk(name string, rows, cols int) {
	l.whole(fmt.Sprintf("blk.%d.%s.weight", l.i, name), rows, cols)
}

// norms adds norms of the residual stream.
func (l *layout) norms(names ...string) {
	for _, n := range names {
		l.blk(n, 1, l.Dim)
	}
}

// float adds a matrix that is F32 in all files.
func (l *layout) float(name string, rows, cols int) {
	l.blk(name, rows, cols)
	l.ts[len(l.ts)-1].float = true
}

// times adds n matrices in one tensor: of experts or heads.
func (l *layout) times(n int, name string, rows, cols int) {
	l.blk(name, rows, cols)
	l.ts[len(l.ts)-1].times = n
}

// values adds a vector of a layer, under its name without a suffix, whose elements
// are those of values in turn.
func (l *layout) values(name string, n int, values ...float32) {
	l.ts = append(l.ts, tensor{name: fmt.Sprintf("blk.%d.%s", l.i, name), rows: 1, cols: n, layer: l.i, vector: true, values: values})
}

// filled adds an F32 matrix of a layer, under its name without a suffix, whose
// elements are those of values in turn.
func (l *layout) filled(name string, rows, cols int, values ...float32) {
	l.values(name, cols, values...)
	t := &l.ts[len(l.ts)-1]
	t.rows, t.vector, t.float = rows, false, true
}

// biases adds biases, positive and negative, small beside what they are added to.
func (l *layout) biases(n int, names ...string) {
	for _, name := range names {
		l.values(name+".bias", n, 0.05, -0.05)
	}
}

// attention adds queries, keys, values and output.
func (l *layout) attention() {
	q, kv := l.Heads*l.HeadDim, l.KVHeads*l.HeadDim
	l.blk("attn_q", q, l.Dim)
	l.blk("attn_k", kv, l.Dim)
	l.blk("attn_v", kv, l.Dim)
	l.blk("attn_output", l.Dim, q)
}

// headNorms adds norms of each head of queries and keys.
func (l *layout) headNorms() {
	l.blk("attn_q_norm", 1, l.HeadDim)
	l.blk("attn_k_norm", 1, l.HeadDim)
}

// network adds a feed-forward network whose names end in suffix.
func (l *layout) network(suffix string, hidden int) {
	l.blk("ffn_gate"+suffix, hidden, l.Dim)
	l.blk("ffn_up"+suffix, hidden, l.Dim)
	l.blk("ffn_down"+suffix, l.Dim, hidden)
}

// experts adds a router and n experts.
func (l *layout) experts(n, hidden int) {
	l.float("ffn_gate_inp", n, l.Dim)
	l.times(n, "ffn_gate_exps", hidden, l.Dim)
	l.times(n, "ffn_up_exps", hidden, l.Dim)
	l.times(n, "ffn_down_exps", l.Dim, hidden)
}

// llamaLayer adds a layer of llama.
func llamaLayer(l *layout) {
	l.norms("attn_norm")
	l.attention()
	l.norms("ffn_norm")
	l.network("", l.HiddenDim)
}
