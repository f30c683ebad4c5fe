package llama

// [altup] Baykal et al., Alternating Updates for Efficient Transformers, 2023, arXiv:2301.13310
// [laurel] Menghani et al., LAuReL, 2024, arXiv:2411.07501

// altStreams is the number of residual streams of Gemma 3n; layers compute the
// first of them and predict the others [altup].
const altStreams = 4

// laurelRank is the rank of Gemma 3n's second way around attention [laurel].
const laurelRank = 64

// streams are the matrices between the embeddings and the residual streams.
type streams struct {
	Proj   []linear // altup_proj, (Dim, Dim) for each stream but the first; empty: there is one stream
	Unembd []linear // altup_unembd_proj, the same
}

// A streamLayer is what a layer does with several residual streams.
type streamLayer struct {
	RouterNorm   norm      // altup_router_norm, (Dim,); empty: there is one stream
	Router       linear    // altup_router, (altStreams, Dim)
	Predict      linear    // altup_predict_coef, (altStreams², altStreams)
	Correct      linear    // altup_correct_coef, (altStreams, altStreams)
	CorrectScale []float32 // altup_correct_scale, (Dim,)

	LaurelL    linear // laurel_l, (laurelRank, Dim)
	LaurelR    linear // laurel_r, (Dim, laurelRank)
	LaurelNorm norm   // laurel_post_norm, (Dim,)
}

// streams reads the matrices outside the layers.
func (l *loader) streams() (s streams) {
	if l.fam.streams {
		s.Proj = l.heads("altup_proj", l.c.Dim, l.c.Dim, altStreams-1)
		s.Unembd = l.heads("altup_unembd_proj", l.c.Dim, l.c.Dim, altStreams-1)
	}
	return s
}

// streamLayer reads the tensors of a layer.
func (l *loader) streamLayer(prefix string) (s streamLayer) {
	if !l.fam.streams {
		return s
	}
	dim := l.c.Dim
	s.RouterNorm = l.norm(prefix+"altup_router_norm", dim)
	s.Router = l.linear(prefix+"altup_router", altStreams, dim)
	s.Predict = l.linear(prefix+"altup_predict_coef", altStreams*altStreams, altStreams)
	s.Correct = l.linear(prefix+"altup_correct_coef", altStreams, altStreams)
	s.CorrectScale = l.vector(prefix+"altup_correct_scale.weight", dim)
	s.LaurelL = l.linear(prefix+"laurel_l", laurelRank, dim)
	s.LaurelR = l.linear(prefix+"laurel_r", dim, laurelRank)
	s.LaurelNorm = l.norm(prefix+"laurel_post_norm", dim)
	return s
}
