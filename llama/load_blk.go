package llama

import "fmt"

// blk reads layer i.
func (l *loader) blk(i int) blk {
	prefix := fmt.Sprintf("blk.%d.", i)
	c := &l.c.Layer[i]
	var b blk
	l.norms(&b, prefix)
	b.Attn = l.attention(prefix, c)
	if c.Experts {
		b.Experts = l.mixture(prefix)
	} else {
		b.FFN = l.mlp(prefix+"ffn_%s", c.HiddenDim)
	}
	return b
}

// attention reads the mixer of a layer.
func (l *loader) attention(prefix string, c *LayerConfig) *attention {
	a := new(attention)
	l.qkv(a, prefix, c)
	l.qkNorms(a, prefix, c)
	a.Output = l.linear(prefix+"attn_output", l.c.Dim, c.outDim())
	if l.has(prefix + "attn_sinks.weight") {
		a.Sinks = l.vector(prefix+"attn_sinks.weight", c.Heads)
	}
	return a
}

// qkv reads the matrices that make queries, keys and values: three, or one
// with their rows one after the other.
func (l *loader) qkv(a *attention, prefix string, c *LayerConfig) {
	dim, q, k, v := l.c.Dim, c.qDim(), c.kDim(), c.vDim()
	if name := prefix + "attn_qkv"; l.has(name + ".weight") {
		rows := q + k + v
		a.Q = l.rows(name, rows, dim, 0, q)
		a.K = l.rows(name, rows, dim, q, q+k)
		a.V = l.rows(name, rows, dim, q+k, rows)
		return
	}
	a.Q = l.linear(prefix+"attn_q", q, dim)
	a.K = l.linear(prefix+"attn_k", k, dim)
	a.V = l.linear(prefix+"attn_v", v, dim)
}

// qkNorms reads the norms of queries and keys that the family has.
func (l *loader) qkNorms(a *attention, prefix string, c *LayerConfig) {
	switch q, k := prefix+"attn_q_norm", prefix+"attn_k_norm"; l.fam.qkNorm {
	case qkNormHeads:
		a.QNorm, a.KNorm = l.norm(q, c.KeyDim), l.norm(k, c.KeyDim)
	case qkNormAll:
		a.QNorm, a.KNorm = l.norm(q, c.qDim()), l.norm(k, c.kDim())
	case qkNormMaybe:
		if l.has(q + ".weight") {
			a.QNorm = l.norm(q, c.KeyDim, c.Heads)
		}
		if l.has(k + ".weight") {
			a.KNorm = l.norm(k, c.KeyDim, c.KVHeads)
		}
	}
}

// norms reads those that the family has.
func (l *loader) norms(b *blk, prefix string) {
	c := l.c
	if !l.fam.noPreNorm {
		b.AttnNorm = l.norm(prefix+"attn_norm", c.Dim)
		switch name := l.fam.ffnNorm; {
		case name == "attn_norm":
		case name != "":
			b.FFNNorm = l.norm(prefix+name, c.Dim)
		case l.fam.qkNorm != qkNormMaybe || l.has(prefix+"ffn_norm.weight"): // some stablelm go without
			b.FFNNorm = l.norm(prefix+"ffn_norm", c.Dim)
		}
	}
	if l.fam.encoder {
		b.AttnOutputNorm = l.norm(prefix+"attn_output_norm", c.Dim)
		b.LayerOutputNorm = l.norm(prefix+"layer_output_norm", c.Dim)
	}
	if l.fam.postNorm {
		b.AttnPostNorm = l.norm(prefix+"post_attention_norm", c.Dim)
		b.FFNPostNorm = l.norm(prefix+"post_ffw_norm", c.Dim)
	}
}

// mlp reads a network of the given width, whose tensors' names have "gate",
// "up" and "down" for %s.
func (l *loader) mlp(format string, hidden int) mlp {
	dim := l.c.Dim
	gate, up, down := fmt.Sprintf(format, "gate"), fmt.Sprintf(format, "up"), fmt.Sprintf(format, "down")
	m := mlp{Down: l.linear(down, dim, hidden)}
	switch l.fam.gate {
	case gateApart:
		m.Gate, m.Up = l.linear(gate, hidden, dim), l.linear(up, hidden, dim)
	case gateInUp:
		m.Gate, m.Up = l.rows(up, 2*hidden, dim, 0, hidden), l.rows(up, 2*hidden, dim, hidden, 2*hidden)
	case gateNone:
		m.Up = l.linear(up, hidden, dim)
	}
	return m
}

// mixture reads a layer's experts.
func (l *loader) mixture(prefix string) *mixture {
	c := l.c
	m := &mixture{GateInp: l.linear(prefix+"ffn_gate_inp", c.Experts, c.Dim)}
	gate := l.experts(prefix+"ffn_gate_exps", c.ExpertDim, c.Dim)
	up := l.experts(prefix+"ffn_up_exps", c.ExpertDim, c.Dim)
	down := l.experts(prefix+"ffn_down_exps", c.Dim, c.ExpertDim)
	for e := 0; e < c.Experts && l.err == nil; e++ {
		m.Expert = append(m.Expert, mlp{Gate: l.expert(gate, e), Up: l.expert(up, e), Down: l.expert(down, e)})
	}
	if name := prefix + "ffn_gate_inp_shexp.weight"; l.has(name) {
		m.SharedGate = l.vector(name, c.Dim)
	}
	if c.SharedDim > 0 && (m.SharedGate != nil || l.has(prefix+"ffn_up_shexp.weight") || !l.fam.splitFF) {
		m.Shared = l.mlp(prefix+"ffn_%s_shexp", c.SharedDim)
	}
	return m
}
