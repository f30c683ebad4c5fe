package llama

import (
	"math"

	"github.com/querent-ai/chord/simd"
)

// [altup] Baykal et al., Alternating Updates for Efficient Transformers, 2023, arXiv:2301.13310
// [laurel] Menghani et al., LAuReL, 2024, arXiv:2411.07501

// altStreams is the number of residual streams of Gemma 3n; layers compute the
// first of them and predict the others [altup].
const altStreams = 4

// laurelRank is the rank of Gemma 3n's second way around attention [laurel].
const laurelRank = 64

// sparseLayers is the number of Gemma 3n's first layers whose gates keep only
// about a twentieth of their elements.
const sparseLayers = 10

// sparseDeviations is how many standard deviations above the mean a gate's element
// must be to be kept: 95 % of a normal distribution are below.
const sparseDeviations = 1.6448533535003662

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

// streamState are the buffers of several residual streams.
type streamState struct {
	streams []float32    // (rows, altStreams, Dim): after a layer; within it, what the layer predicts
	modal   []float32    // (rows, altStreams): how a row belongs to the streams
	coefs   []float32    // (rows, altStreams²)
	layerOf *streamLayer // argument of the jobs
	stream1 int          // argument of the jobs
}

// stream returns stream s of a row.
func (p *pass) stream(i, s int) []float32 {
	return row(row(p.streams, i, altStreams*p.c.Dim), s, p.c.Dim)
}

type splitStreamsJob pass

// splitStreams makes the streams of the embeddings: the embedding itself, and
// products of it with the same length.
func (p *pass) splitStreams() {
	w := p.w.Streams.Proj
	if len(w) == 0 {
		return
	}
	p.streams = grow(p.streams, len(p.x)*altStreams)
	for s := range w {
		p.mul(p.x, product{p.h, &w[s]})
		p.stream1 = s + 1
		p.forRows((*splitStreamsJob)(p))
	}
}

func (p *splitStreamsJob) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		x, y := row(p.x, i, p.c.Dim), row(p.h, i, p.c.Dim)
		simd.Scale(y, length(x)/length(y))
		copy((*pass)(p).stream(i, 0), x)
		copy((*pass)(p).stream(i, p.stream1), y)
	}
}

// length returns √Σx².
func length(x []float32) float32 { return float32(math.Sqrt(float64(simd.Dot(x, x)))) }

type joinStreamsJob pass

// joinStreams sets x to the mean of the streams, those but the first multiplied
// with matrices and as long as the first.
func (p *pass) joinStreams() {
	w := p.w.Streams.Unembd
	if len(w) == 0 {
		return
	}
	for s := range w {
		p.takeStream(s + 1)
		p.mul(p.x, product{p.h, &w[s]})
		p.stream1 = s + 1
		p.forRows((*joinStreamsJob)(p))
	}
	p.forRows((*meanJob)(p))
}

func (p *joinStreamsJob) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		y := row(p.h, i, p.c.Dim)
		simd.Scale(y, length((*pass)(p).stream(i, 0))/length(y))
		copy((*pass)(p).stream(i, p.stream1), y)
	}
}

type meanJob pass

func (p *meanJob) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		x := row(p.x, i, p.c.Dim)
		copy(x, (*pass)(p).stream(i, 0))
		for s := 1; s < altStreams; s++ {
			simd.Add(x, (*pass)(p).stream(i, s))
		}
		simd.Scale(x, 1./altStreams)
	}
}

// takeStream copies a stream to x.
func (p *pass) takeStream(s int) {
	for i := range p.tokenOf {
		copy(row(p.x, i, p.c.Dim), p.stream(i, s))
	}
}

type modalJob pass

// route sets modal to tanh(Router·norm(x)/Dim).
func (p *pass) route(w *streamLayer) {
	p.modal = grow(p.modal, len(p.tokenOf)*altStreams)
	p.norm(p.n, p.x, w.RouterNorm)
	p.forRows((*modalJob)(p))
	p.mul(p.n, product{p.modal, &w.Router})
	if p.ok() {
		for i, v := range p.modal {
			p.modal[i] = simd.Tanh(v)
		}
	}
}

func (p *modalJob) Do(_, lo, hi int) {
	simd.Scale(p.n[lo*p.c.Dim:hi*p.c.Dim], 1/float32(p.c.Dim))
}

type predictJob pass

// predict adds to every stream a mixture of all, and sets x to the first.
func (p *pass) predict(w *streamLayer) {
	if w.RouterNorm.W == nil {
		return
	}
	p.takeStream(0)
	p.route(w)
	p.coefs = grow(p.coefs, len(p.tokenOf)*altStreams*altStreams)
	p.mul(p.modal, product{p.coefs, &w.Predict})
	p.forRows((*predictJob)(p))
}

func (p *predictJob) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		c := row(p.coefs, i, altStreams*altStreams)
		all := row(p.streams, i, altStreams*p.c.Dim)
		for d := range p.c.Dim {
			var v [altStreams]float32
			for s := range v {
				v[s] = all[s*p.c.Dim+d]
			}
			for s := range v {
				sum := float32(0)
				for k := range v {
					sum += float32(c[s*altStreams+k] * v[k])
				}
				all[s*p.c.Dim+d] = v[s] + sum
			}
		}
		copy(row(p.x, i, p.c.Dim), all)
	}
}

// laurel adds LaurelR·LaurelL·n, normed, and n to x, and divides it by √2; n is
// attention's input.
func (p *pass) laurel(w *streamLayer) {
	if w.LaurelL.W == nil {
		return
	}
	rows := len(p.tokenOf)
	p.low = grow(p.low, rows*laurelRank)
	p.mul(p.n, product{p.low, &w.LaurelL})
	p.mul(p.low, product{p.h, &w.LaurelR})
	p.norm(p.h, p.h, w.LaurelNorm)
	p.add(p.h, p.n)
	p.add(p.x, p.h)
	p.scale(p.x, halfRoot)
}

// halfRoot is 1/√2.
var halfRoot = []float32{float32(1 / math.Sqrt2)}

type correctJob pass

// correct adds to every stream its share of what the layer has made of the first,
// x, and to all but the first the layer's embedding of the token.
func (p *pass) correct(l int, w *streamLayer, in *layerInput) {
	if w.RouterNorm.W == nil {
		return
	}
	p.route(w)
	p.coefs = grow(p.coefs, len(p.tokenOf)*altStreams)
	p.mul(p.modal, product{p.coefs, &w.Correct})
	p.layerOf = w
	p.forRows((*correctJob)(p))
	p.layerInput(l, in)
	p.forRows((*spreadJob)(p))
}

func (p *correctJob) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		x, c := row(p.x, i, p.c.Dim), row(p.coefs, i, altStreams)
		first := (*pass)(p).stream(i, 0)
		for d, v := range x {
			x[d] = v - first[d]
		}
		for s := range altStreams {
			for d, v := range (*pass)(p).stream(i, s) {
				(*pass)(p).stream(i, s)[d] = v + float32(x[d]*(c[s]+1))
			}
		}
		for d, v := range first {
			x[d] = v * p.layerOf.CorrectScale[d]
		}
	}
}

type spreadJob pass

// Do adds h to all streams but the first.
func (p *spreadJob) Do(_, lo, hi int) {
	for i := lo; i < hi; i++ {
		for s := 1; s < altStreams; s++ {
			simd.Add((*pass)(p).stream(i, s), row(p.h, i, p.c.Dim))
		}
	}
}

type sparseJob pass

// sparsify sets the elements of a gate to how far they are above the mean plus
// sparseDeviations standard deviations of their row, or to 0.
func (p *pass) sparsify(gate []float32) {
	if p.fam.streams && p.layer < sparseLayers && p.ok() {
		p.dst = gate
		p.forRows((*sparseJob)(p))
	}
}

func (p *sparseJob) Do(_, lo, hi int) {
	n := len(p.dst) / len(p.tokenOf)
	for i := lo; i < hi; i++ {
		x := row(p.dst, i, n)
		sum := float32(0)
		for _, v := range x {
			sum += v
		}
		mean, square := sum/float32(n), float32(0)
		for _, v := range x {
			square += float32((v - mean) * (v - mean))
		}
		deviation := float32(math.Sqrt(float64(square / float32(n-1))))
		least := mean + float32(deviation*sparseDeviations)
		for d, v := range x {
			x[d] = max(v-least, 0)
		}
	}
}
