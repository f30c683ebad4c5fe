package llama_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/quant"
)

// adaptable reports whether adapters may change a tensor.
func (t *tensor) adaptable() bool {
	for _, part := range []string{"_norm", "position_embd", "token_types", "inp_shexp", ".scale", ".bias"} {
		if strings.Contains(t.name, part) {
			return false
		}
	}
	return len(t.shape) > 1
}

// adapterOf returns an adapter of random matrices of the given rank and type for the
// tensors of f that keep selects.
func adapterOf(f *file, rank uint64, typ quant.Type, seed uint64, keep func(name string) bool) *file {
	a := &file{}
	a.set("general.architecture", f.kv[slices.IndexFunc(f.kv, func(kv gguf.KV) bool { return kv.Key == "general.architecture" })].Value)
	a.set("general.type", "adapter")
	a.set("adapter.type", "lora")
	a.set("adapter.lora.alpha", float32(2*rank))
	r := rand.New(rand.NewPCG(7, seed))
	for i := range f.tensors {
		t := &f.tensors[i]
		if !t.adaptable() || !keep(t.name) {
			continue
		}
		shapeA, shapeB := slices.Clone(t.shape), slices.Clone(t.shape)
		if shapeA[1], shapeB[0] = rank, rank; t.name == "token_embd.weight" {
			shapeA, shapeB = []uint64{rank, t.shape[1]}, []uint64{rank, t.shape[0]}
		}
		for suffix, shape := range map[string][]uint64{".lora_a": shapeA, ".lora_b": shapeB} {
			x := a.add(t.name+suffix, shape...)
			for k := range x.x {
				x.x[k] = float32(r.NormFloat64()) * 0.1
			}
			if x.typ = typ; shape[0]%32 != 0 && typ == quant.Q8_0 {
				x.typ = quant.F16
			}
		}
	}
	slices.SortFunc(a.tensors, func(x, y tensor) int { return strings.Compare(x.name, y.name) }) // whatever the order of the map
	for i := range a.tensors {
		for k := range a.tensors[i].x { // random again, in this order
			a.tensors[i].x[k] = float32(r.NormFloat64()) * 0.1
		}
	}
	return a
}

// every accepts the names of all matrices but those behind an embedder's pooling,
// the embeddings of layers and what recurrent layers multiply element by element,
// which take no adapters.
func every(name string) bool {
	_, of, _ := strings.Cut(strings.TrimPrefix(name, "blk."), ".")
	if strings.HasPrefix(of, "ssm_conv1d") || of == "ssm_a" || of == "ssm_d" || of == "shortconv.conv.weight" || of == "time_mix_lerp_fused.weight" {
		return false
	}
	return name != "per_layer_token_embd.weight" && !strings.HasPrefix(name, "cls") && !strings.HasPrefix(name, "dense_")
}

// values returns the elements of t as its type has them.
func (t *tensor) values(tb testing.TB) []float32 {
	var b strings.Builder
	if err := t.write(&b); err != nil {
		tb.Fatal(err)
	}
	x := make([]float32, len(t.x))
	quant.Dequantize(x, t.typ, []byte(b.String()))
	return x
}

// merge adds scale·alpha/rank·B·A, computed in float64, to the matrices of f.
func merge(tb testing.TB, f, a *file, scale float64) {
	for i := range f.tensors {
		t := &f.tensors[i]
		la, lb := a.at(t.name+".lora_a"), a.at(t.name+".lora_b")
		if la == nil {
			continue
		}
		xa, xb := la.values(tb), lb.values(tb)
		rank, cols, rows := int(lb.shape[0]), int(t.shape[0]), int(t.shape[1])
		alpha, _ := a.kv[slices.IndexFunc(a.kv, func(kv gguf.KV) bool { return kv.Key == "adapter.lora.alpha" })].Value.(float32)
		factor := scale * float64(alpha) / float64(rank)
		scales := f.at(strings.TrimSuffix(t.name, ".weight") + ".scale")
		for k := range t.x {
			e, r, c := k/(rows*cols), k/cols%rows, k%cols
			sum := 0.0
			for j := range rank {
				if t.name == "token_embd.weight" {
					sum += float64(xa[r*rank+j]) * float64(xb[c*rank+j])
				} else {
					sum += float64(xb[(e*rows+r)*rank+j]) * float64(xa[(e*rank+j)*cols+c])
				}
			}
			if scales != nil && len(scales.x) > e && len(scales.x)*rows*cols == len(t.x) { // of the product with the model's matrix alone
				sum /= float64(scales.x[e])
			}
			t.x[k] += float32(factor * sum)
		}
	}
}

// adapter loads a for m.
func (m *model) adapter(t testing.TB, a *file) *llama.Adapter {
	t.Helper()
	f := a.open(t)
	defer f.Close()
	x, err := m.LoadAdapter(f)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// with computes ids with a set of adapters and returns all outputs.
func (m *model) with(t testing.TB, set *llama.AdapterSet, ids []int32) [][]float32 {
	t.Helper()
	s := m.NewSeq()
	defer s.Close()
	batch := make([]llama.Token, len(ids))
	for i := range batch {
		batch[i] = llama.Token{Seq: s, ID: ids[i], Out: llama.OutLogits, Adapters: set}
	}
	if err := m.Forward(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	var out [][]float32
	for i := range batch {
		out = append(out, slices.Clone(m.Logits(i)))
	}
	return out
}

// distance returns the largest difference of two outputs, relative to their size.
func distance(got, want [][]float32) float64 {
	diff, size := 0.0, 0.0
	for i := range want {
		for k := range want[i] {
			diff = max(diff, math.Abs(float64(got[i][k]-want[i][k])))
			size = max(size, math.Abs(float64(want[i][k])))
			if got[i][k] != got[i][k] {
				return math.Inf(1)
			}
		}
	}
	return diff / size
}

// TestAdapterMerged requires that every family computes with one and two adapters
// what it computes with merged weights.
func TestAdapterMerged(t *testing.T) {
	for _, syn := range synthetics {
		t.Run(syn.name, func(t *testing.T) {
			f := syn.file()
			if slices.ContainsFunc(f.tensors, func(x tensor) bool { return x.data != nil || x.typ != quant.F32 }) {
				t.Skip("its matrices are quantised")
			}
			one, two := adapterOf(f, 4, quant.F32, 1, every), adapterOf(f, 7, quant.F16, 2, every)
			o := llama.Options{Threads: 2, CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32}
			m := f.load(t, o)
			a, b := m.adapter(t, one), m.adapter(t, two)
			merged := syn.file()
			if merged.at("output.weight") == nil && !syn.embeds { // tied: the adapter changes the embedding alone
				e := merged.at("token_embd.weight")
				merged.add("output.weight", e.shape...)
				copy(merged.at("output.weight").x, merged.at("token_embd.weight").x)
			}
			plain := m.with(t, nil, synthIDs())
			for _, c := range []struct {
				name string
				add  *file
				by   float64
				list []llama.AdapterScale
			}{
				{"one", one, 0.5, []llama.AdapterScale{{Adapter: a, Scale: 0.5}}},
				{"two", two, -1.5, []llama.AdapterScale{{Adapter: a, Scale: 0.5}, {Adapter: b, Scale: -1.5}}},
			} {
				merge(t, merged, c.add, c.by)
				want := merged.load(t, o).with(t, nil, synthIDs())
				got := m.with(t, llama.NewAdapterSet(c.list), synthIDs())
				if d := distance(got, want); !(d < 2e-4) {
					t.Errorf("%s: differs from merged weights by %g", c.name, d)
				}
				if d := distance(got, plain); d < 0.01 {
					t.Errorf("%s: differs from the plain model by %g only", c.name, d)
				}
			}
		})
	}
}

// TestAdapterSameBits requires that a sequence with adapters has the same bits alone
// and in one batch with others that have other adapters or none, in whatever pieces,
// with whatever number of threads and types of matrices.
func TestAdapterSameBits(t *testing.T) {
	ids := synthIDs()
	for _, syn := range synthetics {
		if syn.embeds {
			continue
		}
		t.Run(syn.name, func(t *testing.T) {
			f := syn.file()
			var first [][]float32
			for _, threads := range []int{1, 3} {
				m := f.load(t, llama.Options{Threads: threads})
				a := m.adapter(t, adapterOf(f, 16, quant.F16, 1, every))
				b := m.adapter(t, adapterOf(f, 32, quant.Q8_0, 2, func(name string) bool {
					return strings.Contains(name, "attn") || strings.Contains(name, "ssm_out") || strings.Contains(name, "time_mix_output")
				}))
				sets := []*llama.AdapterSet{
					llama.NewAdapterSet([]llama.AdapterScale{{Adapter: a, Scale: 1}, {Adapter: b, Scale: 0.5}}),
					llama.NewAdapterSet([]llama.AdapterScale{{Adapter: b, Scale: 2}}),
					nil,
					llama.NewAdapterSet([]llama.AdapterScale{{Adapter: b, Scale: 2}}), // equal to another
					llama.NewAdapterSet([]llama.AdapterScale{{Adapter: b, Scale: 0.5}, {Adapter: a, Scale: 1}}),
				}
				want := make([][][]float32, len(sets))
				for k, set := range sets {
					want[k] = m.with(t, set, ids)
				}
				sameLogits(t, "an equal set", want[3], want[1])
				if first == nil {
					first = want[0]
				}
				sameLogits(t, "threads", want[0], first)
				for k, got := range together(t, m, sets, ids) {
					sameLogits(t, "beside others", got, want[k])
				}
			}
		})
	}
}

// together computes ids once for each set, in batches with a few tokens of each.
func together(t *testing.T, m *model, sets []*llama.AdapterSet, ids []int32) [][][]float32 {
	t.Helper()
	got := make([][][]float32, len(sets))
	at := make([]int, len(sets))
	seqs := make([]*kvcache.Seq, len(sets))
	for k := range seqs {
		seqs[k] = m.NewSeq()
		defer seqs[k].Close()
	}
	for more, n := true, 0; more; n++ {
		var batch []llama.Token
		var of []int
		for i := range 6 {
			for k, set := range sets {
				if i <= (k+n)%4 && at[k] < len(ids) { // the sequences advance differently
					batch = append(batch, llama.Token{Seq: seqs[k], ID: ids[at[k]], Out: llama.OutLogits, Adapters: set})
					of = append(of, k)
					at[k]++
				}
			}
		}
		if more = len(batch) > 0; !more {
			break
		}
		if err := m.Forward(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		for i, k := range of {
			got[k] = append(got[k], slices.Clone(m.Logits(i)))
		}
	}
	return got
}

// TestAdapterAllocations requires that a token with adapters allocates nothing.
func TestAdapterAllocations(t *testing.T) {
	f := tiny()
	m := f.load(t, llama.Options{Threads: 2})
	set := llama.NewAdapterSet([]llama.AdapterScale{{Adapter: m.adapter(t, adapterOf(f, 4, quant.F32, 1, every)), Scale: 1}})
	s := m.NewSeq()
	next(t, m, s, []int32{1, 2, 3})
	batch := []llama.Token{{Seq: s, ID: 1, Out: llama.OutLogits, Adapters: set}}
	n := testing.AllocsPerRun(20, func() {
		s.Rewind(2)
		if err := m.Forward(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations a token", n)
	}
}

// TestAdapterSet checks what sets are equal.
func TestAdapterSet(t *testing.T) {
	f := tiny()
	m := f.load(t, llama.Options{Threads: 1})
	a, again := m.adapter(t, adapterOf(f, 4, quant.F32, 1, every)), m.adapter(t, adapterOf(f, 4, quant.F32, 1, every))
	b := m.adapter(t, adapterOf(f, 4, quant.F32, 2, every))
	key := func(list ...llama.AdapterScale) string { return llama.NewAdapterSet(list).Key() }
	if key() != "" || key(llama.AdapterScale{Adapter: a}) != "" {
		t.Error("a set that changes nothing has a key")
	}
	one, two := llama.AdapterScale{Adapter: a, Scale: 1}, llama.AdapterScale{Adapter: b, Scale: 1}
	if key(one) != key(llama.AdapterScale{Adapter: again, Scale: 1}) {
		t.Error("the same file twice has two keys")
	}
	keys := []string{key(one), key(two), key(one, two), key(two, one), key(one, one), key(llama.AdapterScale{Adapter: a, Scale: 2})}
	for i := range keys {
		if slices.Contains(keys[:i], keys[i]) {
			t.Errorf("set %d has the key of another", i)
		}
	}
	if a.Rank() != 4 || a.Alpha() != 8 || a.Tensors() != 1+7*tinyLayers || a.Bytes() == 0 {
		t.Errorf("rank %d, alpha %g, %d tensors, %d bytes", a.Rank(), a.Alpha(), a.Tensors(), a.Bytes())
	}
	other := tiny().load(t, llama.Options{Threads: 1})
	for name, call := range map[string]func(){
		"a set of two models": func() {
			llama.NewAdapterSet([]llama.AdapterScale{one, {Adapter: other.adapter(t, adapterOf(f, 4, quant.F32, 1, every)), Scale: 1}})
		},
		"another model": func() { other.with(t, llama.NewAdapterSet([]llama.AdapterScale{one}), []int32{1}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

// TestAdapterRefused requires that a file that is no adapter of the model is an
// error that says where.
func TestAdapterRefused(t *testing.T) {
	f := tiny()
	m := f.load(t, llama.Options{Threads: 1})
	reshape := func(name string, shape ...uint64) func(a *file) {
		return func(a *file) {
			i := slices.IndexFunc(a.tensors, func(t tensor) bool { return t.name == name })
			a.tensors = slices.Delete(a.tensors, i, i+1)
			a.add(name, shape...)
		}
	}
	for _, c := range []struct {
		name string
		edit func(a *file)
		is   error
		says string
	}{
		{"a model", func(a *file) { a.set("general.type", "model") }, llama.ErrUnsupported, "general.type"},
		{"no type", func(a *file) { a.set("general.type", nil) }, llama.ErrUnsupported, "general.type"},
		{"a control vector", func(a *file) { a.set("adapter.type", "control_vector") }, llama.ErrUnsupported, "adapter.type"},
		{"another architecture", func(a *file) { a.set("general.architecture", "qwen2") }, llama.ErrMismatch, "general.architecture"},
		{"alpha is NaN", func(a *file) { a.set("adapter.lora.alpha", float32(math.NaN())) }, gguf.ErrFormat, "adapter.lora.alpha"},
		{"alpha is text", func(a *file) { a.set("adapter.lora.alpha", "1") }, gguf.ErrFormat, "adapter.lora.alpha"},
		{"begins at tokens", func(a *file) { a.set("adapter.alora.invocation_tokens", []uint32{1, 2}) }, llama.ErrUnsupported, "adapter.alora.invocation_tokens"},
		{"no tensors", func(a *file) { a.tensors = nil }, gguf.ErrFormat, "no tensors"},
		{"half a pair", func(a *file) { a.tensors = a.tensors[1:] }, gguf.ErrFormat, "blk.0.attn_k.weight"},
		{"a norm", func(a *file) { a.add("blk.0.attn_norm.weight", tinyDim) }, llama.ErrUnsupported, "blk.0.attn_norm.weight"},
		{"a pair of a norm", func(a *file) {
			a.add("blk.0.attn_norm.weight.lora_a", 4)
			a.add("blk.0.attn_norm.weight.lora_b", 4)
		}, llama.ErrUnsupported, "blk.0.attn_norm.weight"},
		{"a tensor the model lacks", func(a *file) {
			a.add("blk.9.attn_q.weight.lora_a", tinyDim, 4)
			a.add("blk.9.attn_q.weight.lora_b", 4, tinyDim)
		}, llama.ErrMismatch, "blk.9.attn_q.weight"},
		{"too few columns", reshape("blk.0.attn_k.weight.lora_a", tinyDim-1, 4), llama.ErrMismatch, "blk.0.attn_k.weight.lora_a"},
		{"too many rows", reshape("blk.0.attn_k.weight.lora_b", 4, 4096), llama.ErrMismatch, "blk.0.attn_k.weight.lora_b"},
		{"two ranks", reshape("blk.0.attn_k.weight.lora_a", tinyDim, 5), llama.ErrMismatch, "blk.0.attn_k.weight.lora_a"},
		{"a transposed one", reshape("blk.0.attn_k.weight.lora_a", 4, tinyDim), llama.ErrMismatch, "blk.0.attn_k.weight.lora_a"},
		{"three dimensions", reshape("blk.0.attn_k.weight.lora_b", 4, 12, 2), llama.ErrMismatch, "blk.0.attn_k.weight.lora_b"},
		{"a rank of 5000", func(a *file) {
			reshape("blk.0.attn_k.weight.lora_a", tinyDim, 5000)(a)
			reshape("blk.0.attn_k.weight.lora_b", 5000, 12)(a)
		}, llama.ErrUnsupported, "rank 5000"},
		{"another type", func(a *file) { a.at("blk.0.attn_k.weight.lora_a").typ = quant.F64 }, llama.ErrUnsupported, "F64"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := adapterOf(f, 4, quant.F32, 1, func(name string) bool { return name == "blk.0.attn_k.weight" })
			c.edit(a)
			_, err := m.LoadAdapter(a.open(t))
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want one of kind %q about %q", err, c.is, c.says)
			}
		})
	}
	tiny := adapterOf(f, 1, quant.F32, 1, every)
	tiny.set("adapter.lora.alpha", nil)
	if a := m.adapter(t, tiny); a.Rank() != 1 || a.Alpha() != 0 {
		t.Errorf("rank %d, alpha %g", a.Rank(), a.Alpha())
	}
}
