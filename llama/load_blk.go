package llama

import "fmt"

// blk reads layer i.
func (l *loader) blk(i int) blk {
	prefix := fmt.Sprintf("blk.%d.", i)
	c := l.c
	var b blk
	l.norms(&b, prefix)
	l.qkv(&b, prefix)
	b.AttnOutput = l.linear(prefix+"attn_output", c.Dim, c.qDim())
	if l.has(prefix + "attn_sinks.weight") {
		b.AttnSinks = l.vector(prefix+"attn_sinks.weight", c.Heads)
	}
	if c.Experts > 0 && i >= c.DenseLayers {
		b.Experts = l.mixture(prefix)
	} else {
		b.FFN = l.mlp(prefix+"ffn_%s", c.HiddenDim)
	}
	return b
}

// qkv reads the matrices that make queries, keys and values: three, or one
// with their rows one after the other.
func (l *loader) qkv(b *blk, prefix string) {
	c := l.c
	if name := prefix + "attn_qkv"; l.has(name + ".weight") {
		q, k := c.qDim(), c.kvDim()
		rows := q + 2*k
		b.AttnQ = l.rows(name, rows, c.Dim, 0, q)
		b.AttnK = l.rows(name, rows, c.Dim, q, q+k)
		b.AttnV = l.rows(name, rows, c.Dim, q+k, rows)
		return
	}
	b.AttnQ = l.linear(prefix+"attn_q", c.qDim(), c.Dim)
	b.AttnK = l.linear(prefix+"attn_k", c.kvDim(), c.Dim)
	b.AttnV = l.linear(prefix+"attn_v", c.kvDim(), c.Dim)
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
	switch q, k := prefix+"attn_q_norm", prefix+"attn_k_norm"; l.fam.qkNorm {
	case qkNormHeads:
		b.AttnQNorm, b.AttnKNorm = l.norm(q, c.HeadDim), l.norm(k, c.HeadDim)
	case qkNormAll:
		b.AttnQNorm, b.AttnKNorm = l.norm(q, c.qDim()), l.norm(k, c.kvDim())
	case qkNormMaybe:
		if l.has(q + ".weight") {
			b.AttnQNorm = l.norm(q, c.HeadDim, c.Heads)
		}
		if l.has(k + ".weight") {
			b.AttnKNorm = l.norm(k, c.HeadDim, c.KVHeads)
		}
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
