package llama

import (
	"math"

	"github.com/querent-ai/chord/simd"
)

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
