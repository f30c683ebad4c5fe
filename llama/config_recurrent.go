package llama

// maxLowRank bounds the ranks of small matrices in recurrent layers.
const maxLowRank = 1 << 16

// mamba reads the sizes of Mamba's layers. Every channel is a head, or heads of
// several channels have one decay, and the file has no groups.
func (r *keyReader) mamba(c *Config) {
	s := &c.SSM
	s.Conv = r.mustCount("ssm.conv_kernel")
	s.Inner = r.mustCount("ssm.inner_size")
	s.State = r.mustCount("ssm.state_size")
	s.Rank = r.mustCount("ssm.time_step_rank")
	s.Norms = r.flag("ssm.dt_b_c_rms", false)
	s.Heads, s.Groups, s.Channels = s.Inner, 1, s.Inner
	if r.fam.mambaHeads {
		s.Heads, s.Rank = s.Rank, max(64, c.Dim/16)
	}
	switch {
	case r.err != nil:
	case s.State > maxStateDim:
		r.unsupported("ssm.state_size", "%d, at most %d", s.State, maxStateDim)
	case s.Rank > maxLowRank:
		r.unsupported("ssm.time_step_rank", "%d, at most %d", s.Rank, maxLowRank)
	case s.Inner%s.Heads != 0:
		r.bad("ssm.inner_size", "%d, with ssm.time_step_rank %d", s.Inner, s.Heads)
	case 2*int64(s.Inner) > maxCount:
		r.bad("ssm.inner_size", "%d", s.Inner)
	}
}

// kda reads the sizes of Kimi Delta Attention, which has attention's number of heads.
func (r *keyReader) kda(s *SSM) {
	s.Conv = r.mustCount("ssm.conv_kernel")
	s.State = r.mustCount("kda.head_dim")
	s.Heads = r.mustCount("attention.head_count")
	switch {
	case r.err != nil:
	case s.State > maxStateDim:
		r.unsupported("kda.head_dim", "%d, at most %d", s.State, maxStateDim)
	case 3*int64(s.State)*int64(s.Heads) > maxCount:
		r.bad("attention.head_count", "%d heads of %d", s.Heads, s.State)
	default:
		s.Groups, s.Rank, s.Inner = s.Heads, s.State, s.Heads*s.State
		s.Channels = 3 * s.Inner
	}
}

// rwkv reads the sizes of RWKV 7.
func (r *keyReader) rwkv(c *Config) {
	s, shifts := &c.SSM, r.count("token_shift_count", 2)
	want := 1
	if r.fam.channelMix {
		want = 2
	}
	s.State = r.mustCount("wkv.head_size")
	s.DecayRank = r.rank("attention.decay_lora_rank")
	s.RateRank = r.rank("attention.iclr_lora_rank")
	s.ValueRank = r.rank("attention.value_residual_mix_lora_rank")
	s.GateRank = r.countOrZero("attention.gate_lora_rank", 0)
	switch {
	case r.err != nil:
	case shifts != want:
		r.unsupported("token_shift_count", "%d, want %d", shifts, want)
	case s.State > maxStateDim:
		r.unsupported("wkv.head_size", "%d, at most %d", s.State, maxStateDim)
	case c.Dim%s.State != 0 || rwkvInputs*int64(c.Dim) > maxCount:
		r.bad("wkv.head_size", "%d, with embedding_length %d", s.State, c.Dim)
	case s.GateRank > maxLowRank:
		r.unsupported("attention.gate_lora_rank", "%d, at most %d", s.GateRank, maxLowRank)
	default:
		s.Inner, s.Channels, s.Heads = c.Dim, c.Dim, c.Dim/s.State
		s.Groups, s.Conv = s.Heads, 1+shifts
	}
}

// rank returns the rank under key, which must be present.
func (r *keyReader) rank(key string) int {
	n := r.mustCount(key)
	if n > maxLowRank {
		r.unsupported(key, "%d, at most %d", n, maxLowRank)
	}
	return n
}
