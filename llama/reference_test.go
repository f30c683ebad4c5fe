package llama_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

// A reference computes the model of a file in plain code: in float64, one whole
// sequence, without a cache. It shares no code with the package.
type reference struct {
	f       *file
	ropeDim int
	factor  float64
	layers  []headCounts // one for each layer; nil: those of tiny
}

// A headCounts is the number of query heads and of key/value heads of a layer.
type headCounts struct{ q, kv int }

// logits returns the logits after the last of ids.
func (r reference) logits(ids []int32) []float64 {
	x := make([][]float64, len(ids))
	for i, id := range ids {
		x[i] = r.row("token_embd.weight", int(id))
	}
	layers := r.layers
	if layers == nil {
		layers = slices.Repeat([]headCounts{{tinyHeads, tinyKVHeads}}, tinyLayers)
	}
	for l, heads := range layers {
		blk := fmt.Sprintf("blk.%d.", l)
		att := r.attention(blk, heads, x)
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

// attention returns the output of attention of every token, its heads one after
// the other.
func (r reference) attention(blk string, heads headCounts, x [][]float64) [][]float64 {
	var q, k, v, out [][]float64
	for pos := range x {
		n := r.norm(blk+"attn_norm.weight", x[pos])
		q = append(q, r.rope(r.linear(blk+"attn_q", n), heads.q, pos))
		k = append(k, r.rope(r.linear(blk+"attn_k", n), heads.kv, pos))
		v = append(v, r.linear(blk+"attn_v", n))
		out = append(out, nil)
	}
	key, value := len(q[0])/heads.q, len(v[0])/heads.kv // elements of a head
	for pos := range x {
		for h := range heads.q {
			kv := h / (heads.q / heads.kv)
			sum, o := 0.0, make([]float64, value)
			for j := range pos + 1 {
				e := math.Exp(dot64(q[pos][h*key:][:key], k[j][kv*key:][:key]) / math.Sqrt(float64(key)))
				sum += e
				for d := range o {
					o[d] += e * v[j][kv*value+d]
				}
			}
			for _, o := range o {
				out[pos] = append(out[pos], o/sum)
			}
		}
	}
	return out
}

// rope rotates the pairs of all heads of x.
func (r reference) rope(x []float64, heads, pos int) []float64 {
	freqs := r.f.at("rope_freqs.weight")
	for h := 0; h < len(x); h += len(x) / heads {
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
		{"output matrix", func(f *file) { f.add("output.weight", tinyDim, tinyVocab) }, tinyHeadDim, 1},
		{"linear scaling", func(f *file) { f.set("llama.rope.scaling.factor", float32(8)) }, tinyHeadDim, 8},
		{"part of a head rotates", func(f *file) { f.set("llama.rope.dimension_count", uint32(4)) }, 4, 1},
		{"frequency factors", func(f *file) { copy(f.add("rope_freqs.weight", 3).x, []float32{1, 2, 16}) }, tinyHeadDim, 1},
		{"all parts", func(f *file) {
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
				for j, want := range (reference{f, c.ropeDim, c.factor, nil}).logits(ids[:i+1]) {
					if g := float64(got[i][j]); !(math.Abs(g-want) <= 2e-5*(1+math.Abs(want))) {
						t.Fatalf("position %d, logit %d: got %g, want %g", i, j, g, want)
					}
				}
			}
		})
	}
}

// uneven returns a model whose layers differ in their numbers of heads, the width
// of the feed-forward network and the lengths of keys and values.
func uneven(heads []headCounts, key, value, hidden []int) *file {
	list := func(n func(i int) int) []int32 {
		all := make([]int32, len(heads))
		for i := range all {
			all[i] = int32(n(i))
		}
		return all
	}
	f := &file{kv: []gguf.KV{
		{Key: "general.architecture", Value: "llama"},
		{Key: "llama.embedding_length", Value: uint32(tinyDim)},
		{Key: "llama.block_count", Value: uint32(len(heads))},
		{Key: "llama.context_length", Value: uint32(64)},
		{Key: "llama.feed_forward_length", Value: list(func(i int) int { return hidden[i] })},
		{Key: "llama.attention.head_count", Value: list(func(i int) int { return heads[i].q })},
		{Key: "llama.attention.head_count_kv", Value: list(func(i int) int { return heads[i].kv })},
		{Key: "llama.attention.key_length", Value: list(func(i int) int { return key[i] })},
		{Key: "llama.attention.value_length", Value: list(func(i int) int { return value[i] })},
		{Key: "llama.rope.dimension_count", Value: uint32(4)},
		{Key: "llama.attention.layer_norm_rms_epsilon", Value: float32(1e-5)},
		{Key: "llama.vocab_size", Value: uint32(tinyVocab)},
	}}
	f.add("token_embd.weight", tinyDim, tinyVocab)
	f.add("output_norm.weight", tinyDim)
	for i, h := range heads {
		blk := fmt.Sprintf("blk.%d.", i)
		f.add(blk+"attn_norm.weight", tinyDim)
		f.add(blk+"attn_q.weight", tinyDim, uint64(h.q*key[i]))
		f.add(blk+"attn_k.weight", tinyDim, uint64(h.kv*key[i]))
		f.add(blk+"attn_v.weight", tinyDim, uint64(h.kv*value[i]))
		f.add(blk+"attn_output.weight", uint64(h.q*value[i]), tinyDim)
		f.add(blk+"ffn_norm.weight", tinyDim)
		f.add(blk+"ffn_gate.weight", tinyDim, uint64(hidden[i]))
		f.add(blk+"ffn_up.weight", tinyDim, uint64(hidden[i]))
		f.add(blk+"ffn_down.weight", uint64(hidden[i]), tinyDim)
	}
	return f
}

// TestUnevenLayers compares models whose layers differ with float64.
func TestUnevenLayers(t *testing.T) {
	for _, c := range []struct {
		name               string
		heads              []headCounts
		key, value, hidden []int
	}{
		{"values shorter than keys", []headCounts{{4, 2}, {4, 2}}, []int{8, 8}, []int{4, 4}, []int{20, 20}},
		{"values longer than keys", []headCounts{{4, 2}, {4, 2}}, []int{4, 4}, []int{10, 10}, []int{20, 20}},
		{"heads by layer", []headCounts{{6, 2}, {1, 1}, {4, 4}}, []int{8, 8, 8}, []int{8, 8, 8}, []int{20, 20, 20}},
		{"all sizes by layer", []headCounts{{6, 3}, {2, 1}, {4, 4}}, []int{8, 12, 6}, []int{4, 12, 10}, []int{7, 33, 20}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := uneven(c.heads, c.key, c.value, c.hidden)
			m := f.load(t, llama.Options{CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32})
			ids := []int32{1, 10, 3, 3, 0, 7, 5, 2, 9}
			got := all(t, m, ids)
			for i := range ids {
				for j, want := range (reference{f, 4, 1, c.heads}).logits(ids[:i+1]) {
					if g := float64(got[i][j]); !(math.Abs(g-want) <= 2e-5*(1+math.Abs(want))) {
						t.Fatalf("position %d, logit %d: got %g, want %g", i, j, g, want)
					}
				}
			}
		})
	}
}
