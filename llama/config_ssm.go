package llama

// An SSM holds the sizes of recurrent layers, under the names that GGUF took from
// state space models. All are 0 without such layers.
type SSM struct {
	Conv     int // arch.ssm.conv_kernel or arch.shortconv.l_cache: inputs that the causal convolution of a channel sees
	Inner    int // arch.ssm.inner_size: width of all values
	State    int // arch.ssm.state_size: elements of a key
	Heads    int // arch.ssm.time_step_rank: heads of values, each with a state
	Groups   int // arch.ssm.group_count: heads of queries and keys
	Channels int // of the convolution

	Rank  int  // Mamba: arch.ssm.time_step_rank; [MixKDA]: rank of the matrices of decays and gates
	Norms bool // arch.ssm.dt_b_c_rms: Mamba's time steps, keys and queries are normed

	DecayRank int // arch.attention.decay_lora_rank, of RWKV
	RateRank  int // arch.attention.iclr_lora_rank
	ValueRank int // arch.attention.value_residual_mix_lora_rank
	GateRank  int // arch.attention.gate_lora_rank; 0: no gates
}

// headDim returns the elements of a value.
func (s *SSM) headDim() int { return s.Inner / s.Heads }

// maxStateDim bounds the elements of a key, so that the state is not much larger
// than the layer's matrices. Models have 256 at most.
const maxStateDim, maxConv = 512, 64

// mixers reads which layers are recurrent, and their sizes.
func (r *keyReader) mixers(c *Config) {
	if r.fam.mixer == MixAttention || r.err != nil {
		return
	}
	for i, recurrent := range r.recurrent() {
		if recurrent {
			c.Layer[i].Mixer = r.fam.mixer
		}
	}
	r.networks(c)
	s := &c.SSM
	switch r.fam.mixer {
	case MixShortConv:
		s.Conv, s.Channels = r.mustCount("shortconv.l_cache"), c.Dim
	case MixMamba:
		r.mamba(c)
	case MixKDA:
		r.kda(s)
	case MixRWKV7:
		r.rwkv(c)
	default:
		r.ssm(s)
	}
	if s.Conv > maxConv {
		r.unsupported("ssm.conv_kernel or shortconv.l_cache", "%d, at most %d", s.Conv, maxConv)
	}
}

// networks marks the layers that are a feed-forward network only: those that have
// a width, in a family whose layers are one thing each.
func (r *keyReader) networks(c *Config) {
	if !r.fam.oneBlock {
		return
	}
	hidden, _ := r.integers("feed_forward_length")
	for i := range c.Layer {
		if len(hidden) > 0 && hidden[min(i, len(hidden)-1)] > 0 {
			c.Layer[i].Mixer = MixNone
		}
	}
}

// ssm reads the sizes of heads and states.
func (r *keyReader) ssm(s *SSM) {
	s.Conv = r.mustCount("ssm.conv_kernel")
	s.Inner = r.mustCount("ssm.inner_size")
	s.State = r.mustCount("ssm.state_size")
	s.Heads = r.mustCount("ssm.time_step_rank")
	s.Groups = r.count("ssm.group_count", 1)
	switch {
	case r.err != nil:
	case s.State > maxStateDim:
		r.unsupported("ssm.state_size", "%d, at most %d", s.State, maxStateDim)
	case s.Inner%s.Heads != 0 || r.fam.mixer == MixDeltaNet && s.headDim() != s.State:
		r.bad("ssm.inner_size", "%d, with ssm.time_step_rank %d and ssm.state_size %d", s.Inner, s.Heads, s.State)
	case s.Groups > s.Heads || s.Heads%s.Groups != 0:
		r.bad("ssm.group_count", "%d, want a divisor of the %d heads", s.Groups, s.Heads)
	case 2*int64(s.Inner)+2*int64(s.Groups)*int64(s.State)+int64(s.Heads) > maxCount:
		r.bad("ssm.inner_size", "%d", s.Inner)
	default:
		s.Channels = s.Inner + 2*s.Groups*s.State
	}
}

// recurrent reports for each layer whether it is recurrent: as the list says, or
// one without heads of keys, or all but every Nth layer.
func (r *keyReader) recurrent() []bool {
	const key = "attention.recurrent_layers"
	if list, ok, err := r.f.Bools(r.arch + "." + key); ok || err != nil {
		r.fail(err)
		if len(list) != r.layers && len(list) != r.blocks {
			r.bad(key, "list of %d, want one for each of %d layers", len(list), r.layers)
			return nil
		}
		return list[:r.layers]
	}
	list := make([]bool, r.layers)
	if r.fam.noAttention || r.fam.mixer == MixAttentionMamba2 {
		for i := range list {
			list[i] = true
		}
		return list
	}
	if r.fam.attentionEvery == 0 {
		kv, _ := r.integers("attention.head_count_kv")
		for i := range list {
			list[i] = len(kv) > 0 && kv[min(i, len(kv)-1)] == 0
		}
		return list
	}
	every := r.count("full_attention_interval", r.fam.attentionEvery)
	for i := range list {
		list[i] = (i+1)%every != 0
	}
	return list
}

// stateLen returns the floats of a layer's recurrent state, 0 if it has none: the
// last inputs of the convolution, (Conv-1, Channels), of RWKV those of its mixes, and the states of the heads,
// (Inner, State).
func (c *Config) stateLen(l *LayerConfig) int64 {
	s := &c.SSM
	switch l.Mixer {
	case MixShortConv:
		return max(s.convLen(), 1)
	case MixDeltaNet, MixMamba2, MixAttentionMamba2, MixMamba, MixKDA, MixRWKV7:
		return s.convLen() + int64(s.Inner)*int64(s.State)
	}
	return 0
}

// convLen returns the floats of the convolution's part of a state.
func (s *SSM) convLen() int64 { return int64(s.Conv-1) * int64(s.Channels) }
