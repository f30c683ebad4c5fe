package llama

import (
	"fmt"
	"math"

	"github.com/querent-ai/chord/simd"
)

// [mla] DeepSeek-AI, DeepSeek-V2, 2024, arXiv:2405.04434

// mla is the mixer [MixMLA]: attention whose keys and values are products of one
// short vector c for each token [mla]. Only c and the rotated part of the keys,
// which all heads share, are cached: it is attention with one KV head, with keys
// (c, rotated) and values c. The products with KB and VB, which make keys and
// values of c, are done with the queries and with attention's output instead.
type mla struct {
	Q      linear // attn_q, (Heads·MLAKeyDim, Dim), or empty
	QA     linear // attn_q_a, (QRank, Dim), instead of Q
	QANorm norm   // attn_q_a_norm, (QRank,)
	QB     linear // attn_q_b, (Heads·MLAKeyDim, QRank)

	KVA     linear   // attn_kv_a_mqa, (KVRank+RopeDim, Dim)
	KVANorm norm     // attn_kv_a_norm, (KVRank,)
	KB      []linear // attn_k_b, for each head (KVRank, MLAKeyDim-RopeDim)
	VB      []linear // attn_v_b, for each head (MLAValueDim, KVRank)
	KVB     linear   // attn_kv_b, (Heads·(MLAKeyDim-RopeDim+MLAValueDim), KVRank), of [MixWholeMLA] instead of KB and VB

	inner attention // Output is attn_output, (Dim, Heads·MLAValueDim)
}

// bytes returns the size of the matrices.
func (m *mla) bytes() int64 {
	n := m.Q.bytes() + m.QA.bytes() + m.QB.bytes() + m.KVA.bytes() + m.KVB.bytes() + m.inner.Output.bytes()
	for h := range m.KB {
		n += m.KB[h].bytes() + m.VB[h].bytes()
	}
	return n
}

// mlaHeads reads the sizes of MLA. RopeDim elements of a key rotate, the last ones.
func (r *keyReader) mlaHeads(c *Config) {
	if !r.fam.mla && !r.fam.wholeMLA || r.err != nil {
		return
	}
	if _, ok := r.integer("attention.key_length_mla"); !ok || r.fam.wholeMLA {
		r.wholeMLAHeads(c)
		return
	}
	c.MLAKeyDim, c.MLAValueDim = r.mustCount("attention.key_length_mla"), r.mustCount("attention.value_length_mla")
	c.QRank, c.KVRank = r.countOrZero("attention.q_lora_rank", 0), r.mustCount("attention.kv_lora_rank")
	for i := range c.Layer {
		l := &c.Layer[i]
		if !l.attends() {
			continue
		}
		l.Mixer = MixMLA
		if r.fam.mixer == MixKDA { // without RoPE; the file's length of values is that of a head
			l.Rope, l.ValueDim = RopeNone, c.KVRank
		}
		wide := max(int64(c.MLAKeyDim), int64(c.MLAValueDim), int64(l.KeyDim))
		switch {
		case l.KVHeads != 1:
			r.bad("attention.head_count_kv", "%d, want 1", l.KVHeads)
		case l.ValueDim != c.KVRank || int64(l.KeyDim) != int64(c.KVRank)+int64(c.RopeDim):
			r.bad("attention.key_length", "%d and %d of values, want kv_lora_rank %d plus rope.dimension_count %d, and kv_lora_rank", l.KeyDim, l.ValueDim, c.KVRank, c.RopeDim)
		case c.RopeDim < 2 || c.RopeDim >= c.MLAKeyDim:
			r.bad("rope.dimension_count", "%d, want less than key_length_mla %d", c.RopeDim, c.MLAKeyDim)
		case int64(l.Heads)*wide > maxCount:
			r.bad("attention.key_length_mla", "%d heads of %d", l.Heads, wide)
		}
	}
}

// mlaScale returns the factor of the queries of MLA: 1/√MLAKeyDim, times the
// square of YaRN's factor.
func (c *Config) mlaScale() float32 {
	scale := 1 / math.Sqrt(float64(c.MLAKeyDim))
	if c.RopeScaling == "yarn" && c.RopeFactor > 1 {
		m := c.RopeAttnFactor * yarnScale(c) * (1 + float64(0.1*float64(c.YarnLogMul*simd.Log(c.RopeFactor))))
		scale *= m * m
	}
	return float32(scale)
}

// mla reads the mixer of a layer.
func (l *loader) mla(prefix string, c *LayerConfig) *mla {
	m, all := new(mla), &l.c
	dim, q := all.Dim, c.Heads*all.MLAKeyDim
	if all.QRank > 0 {
		m.QA = l.linear(prefix+"attn_q_a", all.QRank, dim)
		m.QANorm = l.norm(prefix+"attn_q_a_norm", all.QRank)
		m.QB = l.linear(prefix+"attn_q_b", q, all.QRank)
	} else {
		m.Q = l.linear(prefix+"attn_q", q, dim)
	}
	m.KVA = l.linear(prefix+"attn_kv_a_mqa", all.KVRank+all.RopeDim, dim)
	m.KVANorm = l.norm(prefix+"attn_kv_a_norm", all.KVRank)
	if c.Mixer == MixWholeMLA {
		m.KVB = l.linear(prefix+"attn_kv_b", c.Heads*(all.MLAKeyDim-all.RopeDim+all.MLAValueDim), all.KVRank)
		m.inner.Output = l.linear(prefix+"attn_output", dim, c.outDim())
		return m
	}
	m.KB = l.heads(prefix+"attn_k_b", all.KVRank, all.MLAKeyDim-all.RopeDim, c.Heads)
	m.VB = l.heads(prefix+"attn_v_b", all.MLAValueDim, all.KVRank, c.Heads)
	m.inner.Output = l.linear(prefix+"attn_output", dim, c.Heads*all.MLAValueDim)
	return m
}

// heads reads name.weight, (heads, rows, cols), a matrix for each head.
func (l *loader) heads(name string, rows, cols, heads int) []linear {
	if int64(heads)*int64(rows) > maxCount {
		l.fail(name+".weight", formatError(fmt.Sprintf("%d heads of %d rows", heads, rows)))
		return nil
	}
	t := l.tensor(name+".weight", cols, rows, heads)
	data := l.data(t)
	var all []linear
	for h := 0; h < heads && l.err == nil; h++ {
		all = append(all, linear{W: l.partOf(t, data, cols, h*rows, (h+1)*rows), tensor: name + ".weight", expert: h, id: l.target(name+".weight", h, 0, rows, cols)})
	}
	return all
}
