package llama

import (
	"fmt"
	"runtime/debug"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/mmap"
)

// [mtp] DeepSeek-AI, DeepSeek-V3 Technical Report, 2024, arXiv:2412.19437, 2.2

// nextn is what a head that predicts one token more puts before its layer [mtp]:
//
//	x = EHProj·[ENorm(embedding of a token), HNorm(vector of the token before)]
type nextn struct {
	EHProj       linear // nextn.eh_proj, (Dim, 2·Dim)
	ENorm, HNorm norm   // nextn.enorm, nextn.hnorm, (Dim,)
}

// headArchs are the architectures whose heads are known: a layer of the model between
// EHProj and the output.
var headArchs = map[string]bool{"qwen35": true, "qwen35moe": true, "qwen3next": true, "glm4moe": true, "deepseek2": true}

// LoadHead loads the multi-token-prediction head of f, the file of m; nil if there is
// none that is known. It is a model of one layer with a cache of its own, for drafts:
// its tokens have the vector of the token before them ([Token.Hidden]), and its logits
// are those of the token after them. It computes with m's threads, one Forward of both
// at a time, and has to be closed before m.
func (m *Model) LoadHead(f *gguf.File) (*Model, error) {
	c := m.config
	prefix := fmt.Sprintf("blk.%d.", len(c.Layer))
	_, ok := f.Tensor(prefix + "nextn.eh_proj.weight")
	next, _, err := f.Int(c.Arch + ".nextn_predict_layers")
	if !ok || err != nil || next != 1 || !headArchs[c.Arch] || m.onDevice {
		return nil, err
	}
	i := len(c.Layer) - 1
	for i >= 0 && !c.Layer[i].attends() {
		i--
	}
	if i < 0 {
		return nil, nil
	}
	layer := c.Layer[i]
	w, err := m.loadHead(f, prefix, layer)
	if err != nil {
		return nil, err
	}
	c.Layer = []LayerConfig{layer}
	h := &Model{config: c, context: m.context, weights: w, pool: m.pool, trunk: m}
	if h.layout, err = newCacheLayout(&c, m.kvTypes[0], m.kvTypes[1]); err != nil {
		_ = w.free() // the caller gets the first error
		return nil, fmt.Errorf("llama: %w", err)
	}
	h.ropes = newRopes(&h.config, m.weights.RopeFactors, m.weights.RopeLong)
	h.pass = newPass(h)
	return h, nil
}

// loadHead reads the weights of the head, whose layer is the next one after m's.
func (m *Model) loadHead(f *gguf.File, prefix string, layer LayerConfig) (w weights, err error) {
	c := m.config
	c.Layer = append(c.Layer[:len(c.Layer):len(c.Layer)], layer)
	l := &loader{f: f, p: m.pool, budget: repackBudget(f, Options{}), c: c, fam: c.family(), read: map[string]bool{}}
	defer func() {
		if err != nil {
			_ = l.arena.free()
		}
	}()
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	w.Blk = []blk{l.blk(len(c.Layer) - 1)}
	w.Next = &nextn{
		EHProj: l.linear(prefix+"nextn.eh_proj", c.Dim, 2*c.Dim),
		ENorm:  l.norm(prefix+"nextn.enorm", c.Dim),
		HNorm:  l.norm(prefix+"nextn.hnorm", c.Dim),
	}
	w.TokenEmbd, w.OutputNorm, w.Output = m.weights.TokenEmbd, m.weights.OutputNorm, m.weights.Output
	if name := prefix + "nextn.embed_tokens.weight"; l.has(name) {
		w.TokenEmbd = l.matrix(name, c.Vocab, c.Dim)
	}
	if name := prefix + "nextn.shared_head_norm"; l.has(name + ".weight") {
		w.OutputNorm = l.norm(name, c.Dim)
	}
	if name := prefix + "nextn.shared_head_head"; l.has(name + ".weight") {
		w.Output = l.linear(name, c.Vocab, c.Dim)
	}
	w.arena = l.arena
	return w, l.err
}

type pairJob pass

// joinHidden replaces the embeddings of a head's tokens by the input of its layer.
func (p *pass) joinHidden() {
	w := p.w.Next
	if w == nil || !p.ok() {
		return
	}
	p.pairs = grow(p.pairs, 2*len(p.tokenOf)*p.c.Dim)
	p.pool.Run(len(p.tokenOf), rowStep, (*pairJob)(p))
	p.mul(p.pairs, product{p.x, &w.EHProj})
}

// Do norms and joins the vectors of rows.
func (p *pairJob) Do(_, lo, hi int) {
	w, dim := p.w.Next, p.c.Dim
	for i := lo; i < hi; i++ {
		pair := row(p.pairs, i, 2*dim)
		(*pass)(p).normed(pair[:dim], row(p.x, i, dim), w.ENorm)
		(*pass)(p).normed(pair[dim:], p.tokens[i].Hidden, w.HNorm)
	}
}

// keepHidden copies the rows of n that heads need to the output.
func (p *pass) keepHidden(n []float32) {
	if !p.ok() {
		return
	}
	for i, t := range p.tokenOf {
		if p.tokens[t].Keep {
			copy(p.out.Hidden(p.base+t), row(n, i, p.c.Dim))
		}
	}
}
