package llama

import "github.com/querent-ai/chord/simd"

// store writes the keys and values of position pos in a layer, (KVHeads, HeadDim)
// each, into the pages of a sequence.
func (a *pages) store(ps []page, pos, layer int, k, v []float32) {
	pg, slot := ps[pos/a.tokens], pos%a.tokens*a.dim
	for h := range a.heads {
		ki, vi := a.span(layer, 0, h)+slot, a.span(layer, 1, h)+slot
		if a.typ == KVF32 {
			copy(pg.f32[ki:ki+a.dim], row(k, h, a.dim))
			copy(pg.f32[vi:vi+a.dim], row(v, h, a.dim))
			continue
		}
		simd.ToF16(pg.f16[ki:ki+a.dim], row(k, h, a.dim))
		simd.ToF16(pg.f16[vi:vi+a.dim], row(v, h, a.dim))
	}
}

// dot sets scores[i] to q·k[i] for the keys of a head at positions
// [0, len(scores)).
func (a *pages) dot(scores, q []float32, ps []page, layer, head int) {
	at := a.span(layer, 0, head)
	for i := 0; len(scores) > 0; i++ {
		n := min(a.tokens, len(scores))
		if a.typ == KVF32 {
			simd.DotRows(scores[:n], q, ps[i].f32[at:at+n*a.dim])
		} else {
			simd.DotRowsF16(scores[:n], q, ps[i].f16[at:at+n*a.dim])
		}
		scores = scores[n:]
	}
}

// axpy adds scores[i]·v[i] to out for the values of a head at positions
// [0, len(scores)), in that order whatever the pages.
func (a *pages) axpy(out, scores []float32, ps []page, layer, head int) {
	at := a.span(layer, 1, head)
	for i := 0; len(scores) > 0; i++ {
		n := min(a.tokens, len(scores))
		if a.typ == KVF32 {
			simd.AxpyRows(out, scores[:n], ps[i].f32[at:at+n*a.dim])
		} else {
			simd.AxpyRowsF16(out, scores[:n], ps[i].f16[at:at+n*a.dim])
		}
		scores = scores[n:]
	}
}
