package llama

// An Observer is told of products with the model's matrices, before each:
// the matrix's name in the file, the expert, 0 where there are none, and what
// it is multiplied with, x, (rows, cols), which is valid during the call and
// must not be changed.
//
// The parts of a tensor that holds several matrices, such as attn_qkv, are one
// call. Experts are called with the rows that chose them, if there are any.
type Observer func(tensor string, expert int, x []float32)

// Observe makes o see the products of all Forwards from now on, one after the
// other; nil ends it. Meanwhile all tokens go through the whole last layer, and
// those that want logits through the output matrix. Logits are the same.
func (m *Model) Observe(o Observer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pass.observe = o
}

// observed tells of products of x.
func (p *pass) observed(x []float32, ts []product) {
	for i, t := range ts {
		if i == 0 || t.w.tensor != ts[i-1].w.tensor {
			p.observe(t.w.tensor, t.w.expert, x)
		}
	}
}
