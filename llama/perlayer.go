package llama

import (
	"math"

	"github.com/querent-ai/chord/simd"
)

// perLayer are the embeddings that a token has in every layer, besides the one
// that the residual stream begins with.
type perLayer struct {
	TokenEmbd *simd.Matrix // per_layer_token_embd, (Vocab, layers·PerLayerDim); nil: there are none
	ModelProj linear       // per_layer_model_proj, (layers·PerLayerDim, Dim)
	ProjNorm  norm         // per_layer_proj_norm, (PerLayerDim,)
}

// A layerInput is what a layer does with its embedding of a token.
type layerInput struct {
	Gate     linear    // inp_gate, (PerLayerDim, Dim)
	Proj     linear    // proj, (Dim, PerLayerDim)
	PostNorm norm      // post_norm, (Dim,)
	Scale    []float32 // layer_output_scale, (1,) or nil: factor of the residual stream after the layer
}

// perLayer returns the width of the embeddings of a layer.
func (r *keyReader) perLayer(c *Config) int {
	const key = "embedding_length_per_layer_input"
	if !r.fam.perLayer {
		return 0
	}
	n := 0
	if r.fam.streams {
		n = 256
	}
	n = r.countOrZero(key, n)
	if int64(n)*int64(len(c.Layer)) > maxCount {
		r.bad(key, "%d for each of %d layers", n, len(c.Layer))
		return 0
	}
	return n
}

// perLayer reads the embeddings of all layers. Only single rows of the large
// matrix are needed, so that it stays in the file.
func (l *loader) perLayer() (p perLayer) {
	c := &l.c
	if c.PerLayerDim == 0 {
		return p
	}
	width := len(c.Layer) * c.PerLayerDim
	budget := l.budget
	l.budget = 0
	p.TokenEmbd = l.matrix("per_layer_token_embd.weight", c.Vocab, width)
	l.budget = budget
	p.ModelProj = l.linear("per_layer_model_proj", width, c.Dim)
	p.ProjNorm = l.norm("per_layer_proj_norm", c.PerLayerDim)
	return p
}

// layerInput reads the tensors of a layer for its embeddings.
func (l *loader) layerInput(prefix string) (in layerInput) {
	if d := l.c.PerLayerDim; d > 0 {
		in.Gate = l.linear(prefix+"inp_gate", d, l.c.Dim)
		in.Proj = l.linear(prefix+"proj", l.c.Dim, d)
		in.PostNorm = l.norm(prefix+"post_norm", l.c.Dim)
	}
	if name := prefix + "layer_output_scale.weight"; l.fam.perLayer && l.has(name) {
		in.Scale = l.vector(name, 1)
	}
	return in
}

type perLayerJob pass

// embedLayers sets the embedding of every token in every layer:
//
//	(norm(ModelProj·x / √Dim) + √PerLayerDim · TokenEmbd[id]) / √2
func (p *pass) embedLayers() {
	w := &p.w.PerLayer
	if w.TokenEmbd == nil {
		return
	}
	width := w.TokenEmbd.Cols()
	p.layerEmbd = grow(p.layerEmbd, len(p.tokenOf)*width)
	p.layerRows = grow(p.layerRows, p.pool.Threads()*width)
	p.mul(p.x, product{p.layerEmbd, &w.ModelProj})
	if p.ok() {
		p.pool.Run(len(p.tokenOf), rowStep, (*perLayerJob)(p))
	}
}

func (p *perLayerJob) Do(worker, lo, hi int) {
	w, c := &p.w.PerLayer, p.c
	token := row(p.layerRows, worker, w.TokenEmbd.Cols())
	for i := lo; i < hi; i++ {
		x := row(p.layerEmbd, i, len(token))
		w.TokenEmbd.Row(token, int(p.tokens[i].ID))
		simd.Scale(token, float32(math.Sqrt(float64(c.PerLayerDim))))
		simd.Scale(x, 1/float32(math.Sqrt(float64(c.Dim))))
		for l := range c.Layer {
			part := row(x, l, c.PerLayerDim)
			(*pass)(p).normed(part, part, w.ProjNorm)
		}
		simd.Add(x, token)
		simd.Scale(x, 1/float32(math.Sqrt2))
	}
}

type layerGateJob pass

// addLayerInput adds what the layer makes of its embeddings to x, and scales x.
func (p *pass) addLayerInput(l int, w *layerInput) {
	if w.Gate.W != nil {
		p.layerInput(l, w)
		p.add(p.x, p.h)
	}
	p.scale(p.x, w.Scale)
}

// layerInput sets h to the norm of Proj·(act(Gate·x) * embedding).
func (p *pass) layerInput(l int, w *layerInput) {
	gate := p.gate[:len(p.tokenOf)*p.c.PerLayerDim]
	p.mul(p.x, product{gate, &w.Gate})
	if p.ok() {
		p.layer, p.dst = l, gate
		p.pool.Run(len(p.tokenOf), rowStep, (*layerGateJob)(p))
	}
	p.mul(gate, product{p.h, &w.Proj})
	p.norm(p.h, p.h, w.PostNorm)
}

func (p *layerGateJob) Do(_, lo, hi int) {
	d := p.c.PerLayerDim
	for i := lo; i < hi; i++ {
		gate := row(p.dst, i, d)
		embd := row(p.layerEmbd, p.tokenOf[i], len(p.c.Layer)*d)
		simd.GELUMul(gate, gate, row(embd, p.layer, d))
	}
}
