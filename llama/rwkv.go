package llama

// [rwkv7] Peng et al., RWKV-7 Goose, 2025, arXiv:2503.14456

// rwkvInputs is the number of inputs of a time mix: those of R, W, K, V, A and G.
const rwkvInputs = 6

// rwkv is the mixer [MixRWKV7], a time mix.
type rwkv struct {
	Lerp    []float32 // time_mix_lerp_fused, (rwkvInputs or one less, Dim): how much of the token before
	R, K, V linear    // time_mix_receptance, time_mix_key, time_mix_value, (Dim, Dim)
	W, A    lowRank   // time_mix_w1, w2, w0: decays; time_mix_a1, a2, a0: rates
	Mix     lowRank   // time_mix_v1, v2, v0: how much of the first layer's values; none in the first layer
	G       lowRank   // time_mix_g1, g2: gates of the output, or empty
	KK, KA  []float32 // time_mix_k_k, time_mix_k_a, (Dim,)
	RK      []float32 // time_mix_r_k, (Dim,)
	Norm    norm      // time_mix_ln, (Dim,), of each head; or empty
	Out     linear    // time_mix_output, (Dim, Dim)
}

// A lowRank is B·f(A·x) + Bias for some f.
type lowRank struct {
	A, B linear // (rank, Dim), (Dim, rank)
	Bias []float32
}

// rwkv reads the mixer of a layer.
func (l *loader) rwkv(prefix string) *rwkv {
	s, dim, name := &l.c.SSM, l.c.Dim, prefix+"time_mix_"
	inputs := rwkvInputs
	if s.GateRank == 0 {
		inputs--
	}
	w := &rwkv{
		Lerp: l.vector(name+"lerp_fused.weight", dim, 1, 1, inputs),
		R:    l.linear(name+"receptance", dim, dim),
		K:    l.linear(name+"key", dim, dim),
		V:    l.linear(name+"value", dim, dim),
		W:    l.lowRank(name, "w", s.DecayRank),
		A:    l.lowRank(name, "a", s.RateRank),
		KK:   l.vector(name+"k_k.weight", dim),
		KA:   l.vector(name+"k_a.weight", dim),
		RK:   l.vector(name+"r_k.weight", dim),
		Out:  l.linear(name+"output", dim, dim),
	}
	if prefix == "blk.0." {
		l.skip(name+"v0.weight", name+"v1.weight", name+"v2.weight")
	} else {
		w.Mix = l.lowRank(name, "v", s.ValueRank)
	}
	if s.GateRank > 0 {
		w.G = lowRank{A: l.linear(name+"g1", s.GateRank, dim), B: l.linear(name+"g2", dim, s.GateRank)}
	}
	if l.has(name + "ln.weight") {
		w.Norm = l.norm(name+"ln", dim)
	}
	return w
}

// lowRank reads the tensors whose names end in letter1, letter2 and letter0.
func (l *loader) lowRank(name, letter string, rank int) lowRank {
	name += letter
	return lowRank{
		A: l.linear(name+"1", rank, l.c.Dim), B: l.linear(name+"2", l.c.Dim, rank), Bias: l.vector(name+"0.weight", l.c.Dim),
	}
}

// bytes returns the size of the matrices.
func (w *rwkv) bytes() int64 {
	n := w.R.bytes() + w.K.bytes() + w.V.bytes() + w.Out.bytes()
	for _, low := range []*lowRank{&w.W, &w.A, &w.Mix, &w.G} {
		n += low.A.bytes() + low.B.bytes()
	}
	return n
}

// channelMix reads what a feed-forward network of RWKV has: relu² without a gate, of
// the token and the one before it.
func (l *loader) channelMix(b *blk, prefix string, hidden int) {
	b.FFN.Up = l.linear(prefix+"channel_mix_key", hidden, l.c.Dim)
	b.FFN.Down = l.linear(prefix+"channel_mix_value", l.c.Dim, hidden)
	b.ChannelLerp = l.vector(prefix+"channel_mix_lerp_k.weight", l.c.Dim)
}
