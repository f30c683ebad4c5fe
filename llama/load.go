package llama

import (
	"fmt"
	"math"
	"runtime/debug"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
	"github.com/querent-ai/chord/simd"
)

// blk reads layer i.
func (l *loader) blk(i int) blk {
	prefix := fmt.Sprintf("blk.%d.", i)
	if l.fam.relative {
		prefix = "enc." + prefix
	}
	c := &l.c.Layer[i]
	var b blk
	l.norms(&b, prefix)
	switch c.Mixer {
	case MixAttention:
		b.Attn = l.attention(prefix, c)
	case MixMLA, MixWholeMLA:
		b.MLA = l.mla(prefix, c)
	case MixDeltaNet:
		b.Delta = l.deltaNet(prefix)
	case MixShortConv:
		b.Conv = l.shortConv(prefix)
	case MixMamba2:
		b.Mamba = l.mamba2(prefix)
	case MixMamba:
		b.Mamba1 = l.mamba1(prefix)
	case MixKDA:
		b.KDA = l.kda(prefix)
	case MixRWKV7:
		b.RWKV = l.rwkv(prefix)
	case MixAttentionMamba2:
		b.Attn, b.Mamba = l.attention(prefix, c), l.mamba2(prefix)
	}
	if l.fam.oneBlock {
		l.oneBlock(&b, prefix, c)
		return b
	}
	if l.fam.channelMix {
		l.channelMix(&b, prefix, c.HiddenDim)
		return b
	}
	if c.Experts {
		b.Experts = l.mixture(prefix)
	}
	if !c.Experts || l.fam.denseExperts {
		b.FFN = l.mlp(prefix+"ffn_%s", c.HiddenDim)
		if l.fam.subNorms {
			b.FFN.SubNorm = l.norm(prefix+"ffn_sub_norm", c.HiddenDim)
		}
	}
	b.Input = l.layerInput(prefix)
	b.Streams = l.streamLayer(prefix)
	return b
}

// oneBlock reads the norm of a layer that is a mixer or a feed-forward network, and
// the network.
func (l *loader) oneBlock(b *blk, prefix string, c *LayerConfig) {
	n := l.norm(prefix+"attn_norm", l.c.Dim)
	if c.Mixer != MixNone {
		b.AttnNorm = n
		return
	}
	if b.FFNNorm = n; c.Experts {
		b.Experts = l.mixture(prefix)
		return
	}
	b.FFN = l.mlp(prefix+"ffn_%s", c.HiddenDim)
}

// loadWeights reads all tensors of f, which must be those of c and no others. It
// repacks at most budget bytes of matrices. If p is nil, it only checks the
// tensors and reads no data. progress may be nil.
func loadWeights(f *gguf.File, c Config, p *simd.Pool, budget int64, progress func(done, total int64)) (w weights, err error) {
	l := &loader{f: f, p: p, budget: budget, c: c, fam: c.family(), read: map[string]bool{}, progress: progress}
	for i := range f.Tensors {
		l.total += f.Tensors[i].Size
	}
	defer func() {
		if err != nil {
			_ = l.arena.free() // the caller gets the first error
		}
	}()
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	w.TokenEmbd = l.matrix("token_embd.weight", c.Vocab, c.Dim)
	w.PerLayer = l.perLayer()
	w.Streams = l.streams()
	w.RopeFactors, w.RopeLong = l.ropeFactors()
	if l.fam.learnedPos && (!l.fam.optionalPos || l.has("position_embd.weight")) {
		w.PositionEmbd = l.matrix("position_embd.weight", c.Context, c.Dim)
	}
	if l.fam.embdNorm {
		w.TokenEmbdNorm = l.norm("token_embd_norm", c.Dim)
	}
	if l.fam.encoder {
		l.encoder(&w)
	} else {
		l.output(&w)
	}
	w.Head = l.head()
	for i := 0; i < len(c.Layer) && l.err == nil; i++ {
		w.Blk = append(w.Blk, l.blk(i))
	}
	l.refuseUnread()
	w.arena, w.targets, w.skipped = l.arena, l.targets, l.skipped
	return w, l.err
}

// output reads the last norm and the output matrix.
func (l *loader) output(w *weights) {
	name := "output_norm"
	if l.fam.mixer == MixShortConv {
		name = "token_embd_norm"
	}
	w.OutputNorm = l.norm(name, l.c.Dim)
	if l.fam.embdNorm {
		w.TokenEmbdNorm = l.norm("token_embd_norm", l.c.Dim)
	}
	w.Output = linear{W: w.TokenEmbd, tensor: "token_embd.weight"}
	if l.has("output.weight") {
		const name = "output.weight"
		w.Output = linear{W: l.matrix(name, l.c.Vocab, l.c.Dim), Scale: l.scale("output", 1), tensor: name, id: l.target(name, 0, 0, l.c.Vocab, l.c.Dim)}
	}
	if l.has("output.bias") {
		w.Output.Bias = l.vector("output.bias", l.c.Vocab)
	}
}

// encoder reads the norms and the tensors that only embedders have.
func (l *loader) encoder(w *weights) {
	if l.fam.noPreNorm {
		w.TokenEmbdNorm = l.norm("token_embd_norm", l.c.Dim)
	} else {
		last := l.fam.lastNorm
		if last == "" {
			last = "output_norm"
		}
		w.OutputNorm = l.norm(last, l.c.Dim)
	}
	if l.fam.relative && l.has("output.weight") {
		l.skip("output.weight")
	}
	if t, ok := l.f.Tensor("token_types.weight"); ok && len(t.Shape) > 0 {
		types := uint64(1)
		if len(t.Shape) > 1 {
			types = t.Shape[1]
		}
		if types < 1 || types > maxCount {
			l.fail(t.Name, formatError(fmt.Sprintf("shape %d", t.Shape)))
			return
		}
		w.TokenTypes = l.matrix(t.Name, int(types), l.c.Dim)
	}
}

// attention reads the mixer of a layer. Without keys and values of its own it
// needs no tensors of them, though the file may have some.
func (l *loader) attention(prefix string, c *LayerConfig) *attention {
	a := new(attention)
	if c.KVBack == 0 {
		l.qkv(a, prefix, c)
		l.qkNorms(a, prefix, c)
		l.valueNorm(a, c)
	} else {
		a.Q = l.linear(prefix+"attn_q", c.qDim(), l.c.Dim)
		a.QNorm = l.norm(prefix+"attn_q_norm", c.KeyDim)
		l.skip(prefix+"attn_k.weight", prefix+"attn_v.weight", prefix+"attn_k_norm.weight")
	}
	a.Gate = l.outGate(prefix+"attn_gate", c)
	if l.fam.subNorms {
		a.SubNorm = l.norm(prefix+"attn_sub_norm", c.outDim())
	}
	if l.fam.relative {
		l.relativeBias(a, prefix, c)
		return a
	}
	a.Output = l.linear(prefix+"attn_output", l.c.Dim, c.outDim())
	if l.has(prefix + "attn_sinks.weight") {
		a.Sinks = l.vector(prefix+"attn_sinks.weight", c.Heads)
	}
	return a
}

// outGate reads the gate of attention's output, for every element or every head.
func (l *loader) outGate(name string, c *LayerConfig) linear {
	t, ok := l.f.Tensor(name + ".weight")
	if l.fam.outGate == outGateNone || l.fam.outGate == outGateOptional && !ok {
		return linear{}
	}
	rows := c.outDim()
	if ok && len(t.Shape) == 2 && t.Shape[1] == uint64(c.Heads) {
		rows = c.Heads
	}
	return l.linear(name, rows, l.c.Dim)
}

// qkv reads the matrices of queries, keys and values: three tensors, or one with
// the rows of all three.
func (l *loader) qkv(a *attention, prefix string, c *LayerConfig) {
	dim, q, k, v := l.c.Dim, c.qDim(), c.kDim(), c.vDim()
	if l.fam.queryGate {
		q *= 2
	}
	if name := prefix + "attn_qkv"; l.has(name + ".weight") {
		rows := q + k + v
		a.Q = l.rows(name, rows, dim, 0, q)
		a.K = l.rows(name, rows, dim, q, q+k)
		a.V = l.rows(name, rows, dim, q+k, rows)
		return
	}
	a.Q = l.linear(prefix+"attn_q", q, dim)
	a.K = l.linear(prefix+"attn_k", k, dim)
	if l.fam.keyIsValue && k == v && !l.has(prefix+"attn_v.weight") {
		return
	}
	a.V = l.linear(prefix+"attn_v", v, dim)
}

// valueNorm makes the family's norm of values.
func (l *loader) valueNorm(a *attention, c *LayerConfig) {
	if l.fam.valueNorm {
		a.VNorm = l.ones(c.ValueDim)
	}
}

// qkNorms reads the family's norms of queries and keys.
func (l *loader) qkNorms(a *attention, prefix string, c *LayerConfig) {
	if l.fam.bareNorms && c.Rope != RopeNone && l.c.Experts != 128 {
		a.QNorm, a.KNorm = l.ones(c.KeyDim), l.ones(c.KeyDim)
	}
	switch q, k := prefix+"attn_q_norm", prefix+"attn_k_norm"; l.fam.qkNorm {
	case qkNormPerHead:
		a.QNorm, a.KNorm = l.norm(q, c.KeyDim), l.norm(k, c.KeyDim)
	case qkNormPerHeadOptional:
		if l.has(q + ".weight") {
			a.QNorm = l.norm(q, c.KeyDim)
		}
		if l.has(k + ".weight") {
			a.KNorm = l.norm(k, c.KeyDim)
		}
	case qkNormWhole:
		a.QNorm, a.KNorm = l.norm(q, c.qDim()), l.norm(k, c.kDim())
	case qkNormOptional:
		if l.has(q + ".weight") {
			a.QNorm = l.norm(q, c.KeyDim, c.Heads)
		}
		if l.has(k + ".weight") {
			a.KNorm = l.norm(k, c.KeyDim, c.KVHeads)
		}
	case qkNormWholeOptional:
		if l.has(q + ".weight") {
			a.QNorm = l.norm(q, c.qDim())
		}
		if l.has(k + ".weight") {
			a.KNorm = l.norm(k, c.kDim())
		}
	}
}

// norms reads the family's norms of the residual stream.
func (l *loader) norms(b *blk, prefix string) {
	c := l.c
	if l.fam.oneBlock {
		return
	}
	if !l.fam.noPreNorm {
		if !l.fam.embdNorm || prefix != "blk.0." || l.has(prefix+"attn_norm.weight") {
			b.AttnNorm = l.norm(prefix+"attn_norm", c.Dim)
		}
		switch name := l.fam.ffnNorm; {
		case l.fam.parallel == parallelAlways:
			if name := prefix + "attn_norm_2"; l.has(name + ".weight") {
				b.FFNNorm, b.AttnNorm = b.AttnNorm, l.norm(name, c.Dim)
			}
		case name == "attn_norm":
		case name != "":
			b.FFNNorm = l.norm(prefix+name, c.Dim)
		case l.has(prefix + "ffn_norm"): // falcon-h1's
			b.FFNNorm = norm{W: l.vector(prefix+"ffn_norm", c.Dim)}
		case l.fam.qkNorm != qkNormOptional || l.has(prefix+"ffn_norm.weight"): // some stablelm models lack it
			b.FFNNorm = l.norm(prefix+"ffn_norm", c.Dim)
		}
	}
	if l.fam.encoder && l.fam.noPreNorm {
		b.AttnOutputNorm = l.norm(prefix+"attn_output_norm", c.Dim)
		b.LayerOutputNorm = l.norm(prefix+"layer_output_norm", c.Dim)
		if l.has(prefix + "attn_norm_2.weight") {
			b.AttnNorm2 = l.norm(prefix+"attn_norm_2", c.Dim)
		}
	}
	if l.fam.postNorm {
		b.AttnPostNorm = l.postNorm(prefix + "post_attention_norm")
		b.FFNPostNorm = l.postNorm(prefix + "post_ffw_norm")
	}
}

// postNorm reads a norm whose name has no suffix in some files.
func (l *loader) postNorm(name string) norm {
	if l.has(name) {
		return norm{W: l.vector(name, l.c.Dim)}
	}
	return l.norm(name, l.c.Dim)
}

// mlp reads a feed-forward network of the given width. The names of its tensors
// are format with "gate", "up" and "down" for %s.
func (l *loader) mlp(format string, hidden int) mlp {
	dim := l.c.Dim
	gate, up, down := fmt.Sprintf(format, "gate"), fmt.Sprintf(format, "up"), fmt.Sprintf(format, "down")
	m := mlp{Down: l.linear(down, dim, hidden)}
	switch l.gate(gate, up, hidden) {
	case gateSeparate:
		m.Gate, m.Up = l.linear(gate, hidden, dim), l.linear(up, hidden, dim)
	case gateInUp:
		m.Gate, m.Up = l.rows(up, 2*hidden, dim, 0, hidden), l.rows(up, 2*hidden, dim, hidden, 2*hidden)
	case gateNone:
		m.Up = l.linear(up, hidden, dim)
	}
	return m
}

// gate returns where the gate of a network is.
func (l *loader) gate(gate, up string, hidden int) gateKind {
	if l.fam.gate != gateByFile {
		return l.fam.gate
	}
	if l.has(gate + ".weight") {
		return gateSeparate
	}
	if t, ok := l.f.Tensor(up + ".weight"); ok && len(t.Shape) > 1 && t.Shape[1] == 2*uint64(hidden) {
		return gateInUp
	}
	return gateNone
}

// mixture reads the router and the experts of a layer.
func (l *loader) mixture(prefix string) *mixture {
	c := l.c
	m := new(mixture)
	if l.fam.denseExperts {
		l.besideDense(m, prefix)
	} else {
		m.GateInp = l.linear(prefix+"ffn_gate_inp", c.Experts, c.Dim)
	}
	for _, name := range []string{prefix + "exp_probs_b.bias", prefix + "exp_probs_b"} { // hy_v3's
		if l.has(name) {
			m.ProbsBias = l.vector(name, c.Experts)
		}
	}
	m.Expert = l.expertMLPs(prefix+"ffn_%s_exps", c.Experts, c.ExpertDim)
	if l.fam.adjugate {
		m.Adjugate = &mixture{Expert: l.expertMLPs(prefix+"ffn_%s_chexps", c.Experts/c.ExpertsShare, c.AdjugateDim)}
	}
	if name := prefix + "ffn_gate_inp_shexp.weight"; l.has(name) {
		m.SharedGate = l.vector(name, c.Dim)
	}
	if c.SharedDim > 0 && (m.SharedGate != nil || l.has(prefix+"ffn_up_shexp.weight") || !l.fam.splitFFN) {
		m.Shared = l.mlp(prefix+"ffn_%s_shexp", c.SharedDim)
	}
	return m
}

// expertMLPs reads n experts of the given width. The names of their tensors are
// format with "gate", "up" and "down" for %s. The file has their gates and ups
// apart, or in one tensor with the gate of an expert before its up.
func (l *loader) expertMLPs(format string, n, hidden int) (all []mlp) {
	dim, name := l.c.Dim, func(part string) string { return fmt.Sprintf(format, part) }
	down := l.experts(name("down"), dim, hidden, n)
	var gate, up, both expertTensor
	fused := l.has(name("gate_up") + ".weight")
	if fused {
		both = l.experts(name("gate_up"), 2*hidden, dim, n)
	} else {
		if l.fam.gate != gateNone {
			gate = l.experts(name("gate"), hidden, dim, n)
		}
		up = l.experts(name("up"), hidden, dim, n)
	}
	for e := 0; e < n && l.err == nil; e++ {
		x := mlp{Down: l.expert(down, e)}
		switch {
		case l.fam.gate == gateNone:
			x.Up = l.expert(up, e)
		case fused:
			x.Gate, x.Up = l.expertRows(both, e, 0, hidden), l.expertRows(both, e, hidden, 2*hidden)
		default:
			x.Gate, x.Up = l.expert(gate, e), l.expert(up, e)
		}
		all = append(all, x)
	}
	return all
}

// besideDense reads the router and the norms of a mixture beside a dense network.
func (l *loader) besideDense(m *mixture, prefix string) {
	c := l.c
	const router = "ffn_gate_inp"
	m.GateInp = linear{W: l.matrix(prefix+router+".weight", c.Experts, c.Dim), tensor: prefix + router + ".weight", id: l.target(prefix+router+".weight", 0, 0, c.Experts, c.Dim)}
	m.RouterNorm.W = l.vector(prefix+router+".scale", c.Dim)
	for i := range m.RouterNorm.W {
		m.RouterNorm.W[i] *= 1 / float32(math.Sqrt(float64(c.Dim)))
	}
	m.DenseNorm = l.norm(prefix+"post_ffw_norm_1", c.Dim)
	m.PreNorm = l.norm(prefix+"pre_ffw_norm_2", c.Dim)
	m.PostNorm = l.norm(prefix+"post_ffw_norm_2", c.Dim)
}

// refuseUnread refuses tensors that have not been read: without them the result
// would be wrong.
func (l *loader) refuseUnread() {
	next, _ := l.integer("nextn_predict_layers")
	for i := range l.f.Tensors {
		name := l.f.Tensors[i].Name
		if l.err != nil || l.read[name] {
			continue
		}
		var n int
		if _, err := fmt.Sscanf(name, "blk.%d.", &n); err == nil && n >= len(l.c.Layer) && strings.HasPrefix(name, "blk.") {
			if n >= len(l.c.Layer)+next {
				l.fail(name, formatError(fmt.Sprintf("%s.block_count is %d", l.c.Arch, len(l.c.Layer)+next)))
			}
			l.skipped = append(l.skipped, name)
			continue
		}
		l.fail(name, fmt.Errorf("not a known tensor of architecture %s: %w", l.c.Arch, ErrUnsupported))
	}
}

// integer returns the integer under a key of the architecture, 0 if absent.
func (l *loader) integer(key string) (int, error) {
	n, _, err := l.f.Int(l.c.Arch + "." + key)
	return int(n), err
}

// ropeHalved returns the elements that rotate in layers with a window, if those of
// the others are half of them; else 0.
func ropeHalved(c *Config) int {
	if c.family().halfRope {
		return c.WindowRopeDim
	}
	return 0
}

// ropeFactors reads the divisors of the frequencies of RoPE: Llama 3's, or
// LongRoPE's two lists, for sequences up to RopeContext and for longer ones.
func (l *loader) ropeFactors() (factors, long []float32) {
	const short = "rope_factors_short.weight"
	switch {
	case l.has("rope_freqs.weight"):
		return l.factors("rope_freqs.weight", max(l.c.RopeDim, ropeHalved(&l.c))/2), nil
	case l.has("rope_factors_long.weight") || l.has(short):
		return l.factors(short, l.c.RopeDim/2), l.factors("rope_factors_long.weight", l.c.RopeDim/2)
	}
	return nil, nil
}
