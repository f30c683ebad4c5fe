package llama_test

import (
	"math"
	"testing"

	"github.com/querent-ai/chord/llama"
)

// A reference computes a file's model the plain way: float64, one whole
// sequence, no cache. It knows nothing of the package but its formulas.
type reference struct {
	f       *file
	ropeDim int
	factor  float64
}

// logits returns the logits after the last of ids.
func (r reference) logits(ids []int32) []float64 {
	x := make([][]float64, len(ids))
	for i, id := range ids {
		x[i] = r.row("token_embd.weight", int(id))
	}
	for _, blk := range []string{"blk.0.", "blk.1."} {
		att := r.attention(blk, x)
		for i := range x {
			add64(x[i], r.linear(blk+"attn_output", att[i]))
			n := r.norm(blk+"ffn_norm.weight", x[i])
			gate, up := r.linear(blk+"ffn_gate", n), r.linear(blk+"ffn_up", n)
			for d := range gate {
				gate[d] *= up[d] / (1 + math.Exp(-gate[d]))
			}
			add64(x[i], r.linear(blk+"ffn_down", gate))
		}
	}
	out := "output"
	if r.f.at("output.weight") == nil {
		out = "token_embd"
	}
	return r.linear(out, r.norm("output_norm.weight", x[len(x)-1]))
}

// attention returns every token's heads, one after the other.
func (r reference) attention(blk string, x [][]float64) [][]float64 {
	var q, k, v, out [][]float64
	for pos := range x {
		n := r.norm(blk+"attn_norm.weight", x[pos])
		q = append(q, r.rope(r.linear(blk+"attn_q", n), pos))
		k = append(k, r.rope(r.linear(blk+"attn_k", n), pos))
		v = append(v, r.linear(blk+"attn_v", n))
		out = append(out, nil)
	}
	const hd = tinyHeadDim
	for pos := range x {
		for h := range tinyHeads {
			kv := h / (tinyHeads / tinyKVHeads) * hd
			sum, o := 0.0, make([]float64, hd)
			for j := range pos + 1 {
				e := math.Exp(dot64(q[pos][h*hd:][:hd], k[j][kv:][:hd]) / math.Sqrt(hd))
				sum += e
				for d := range o {
					o[d] += e * v[j][kv+d]
				}
			}
			for _, o := range o {
				out[pos] = append(out[pos], o/sum)
			}
		}
	}
	return out
}

// rope turns the pairs of all heads of x.
func (r reference) rope(x []float64, pos int) []float64 {
	freqs := r.f.at("rope_freqs.weight")
	for h := 0; h < len(x); h += tinyHeadDim {
		for i := range r.ropeDim / 2 {
			a := float64(pos) / r.factor * math.Pow(10000, -2*float64(i)/float64(r.ropeDim))
			if freqs != nil {
				a /= float64(freqs.x[i])
			}
			p := x[h+2*i : h+2*i+2]
			p[0], p[1] = p[0]*math.Cos(a)-p[1]*math.Sin(a), p[0]*math.Sin(a)+p[1]*math.Cos(a)
		}
	}
	return x
}

// linear returns the product with a matrix, plus the bias if there is one.
func (r reference) linear(name string, x []float64) []float64 {
	w := r.f.at(name + ".weight")
	y := make([]float64, w.shape[1])
	for i := range y {
		y[i] = dot64(r.row(name+".weight", i), x)
	}
	if b := r.f.at(name + ".bias"); b != nil {
		for i := range y {
			y[i] += float64(b.x[i])
		}
	}
	return y
}

// norm returns the RMSNorm of x.
func (r reference) norm(name string, x []float64) []float64 {
	y := make([]float64, len(x))
	s := 1 / math.Sqrt(dot64(x, x)/float64(len(x))+float64(float32(1e-5)))
	for i, w := range r.f.at(name).x {
		y[i] = x[i] * s * float64(w)
	}
	return y
}

// row returns a row of a matrix.
func (r reference) row(name string, i int) []float64 {
	w := r.f.at(name)
	y := make([]float64, w.shape[0])
	for d := range y {
		y[d] = float64(w.x[i*len(y)+d])
	}
	return y
}

func dot64(x, y []float64) float64 {
	s := 0.0
	for i := range x {
		s += x[i] * y[i]
	}
	return s
}

func add64(dst, x []float64) {
	for i := range x {
		dst[i] += x[i]
	}
}

// TestReference compares models with every optional part against float64.
func TestReference(t *testing.T) {
	for _, c := range []struct {
		name    string
		edit    func(f *file)
		ropeDim int
		factor  float64
	}{
		{"plain", func(*file) {}, tinyHeadDim, 1},
		{"biases", (*file).biases, tinyHeadDim, 1},
		{"output of its own", func(f *file) { f.add("output.weight", tinyDim, tinyVocab) }, tinyHeadDim, 1},
		{"linear scaling", func(f *file) { f.set("llama.rope.scaling.factor", float32(8)) }, tinyHeadDim, 8},
		{"part of a head turns", func(f *file) { f.set("llama.rope.dimension_count", uint32(4)) }, 4, 1},
		{"frequency factors", func(f *file) { copy(f.add("rope_freqs.weight", 3).x, []float32{1, 2, 16}) }, tinyHeadDim, 1},
		{"all of it", func(f *file) {
			f.biases()
			f.set("llama.rope.scaling.factor", float32(8))
			f.set("llama.rope.dimension_count", uint32(4))
			copy(f.add("rope_freqs.weight", 2).x, []float32{1, 2})
		}, 4, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := tiny()
			c.edit(f)
			m := f.load(t, llama.Options{CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32})
			ids := []int32{1, 10, 3, 3, 0, 7, 5, 2, 9}
			got := all(t, m, ids)
			for i := range ids {
				for j, want := range (reference{f, c.ropeDim, c.factor}).logits(ids[:i+1]) {
					if g := float64(got[i][j]); !(math.Abs(g-want) <= 2e-5*(1+math.Abs(want))) {
						t.Fatalf("position %d, logit %d: got %g, want %g", i, j, g, want)
					}
				}
			}
		})
	}
}
