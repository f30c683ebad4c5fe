package x86

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// GemmFloats are the products of float weights for panels of up to the given number
// of tokens. A column of sixteen rows lies together; sums grow column by column,
// one chain a row, and tokens side by side hide the additions' latency.
func GemmFloats(tokens int) []Kernel {
	var all []Kernel
	for _, t := range []struct {
		file string
		floatFormat
	}{
		{"gemm_f32", floatFormat{"F32", 64, (*File).LoadV}},
		{"gemm_f16", floatFormat{"F16", 32, func(f *File, m Mem, v V) { f.F16(m, v) }}},
		{"gemm_bf16", floatFormat{"BF16", 32, (*File).BF16}},
	} {
		all = append(all, Kernel{t.file, func(f *File) {
			for n := 1; n <= tokens; n++ {
				f.gemmFloat(t.floatFormat, n)
			}
		}})
	}
	return all
}

// A floatFormat is a type of float weights.
type floatFormat struct {
	name  string
	bytes int                       // of sixteen weights
	load  func(f *File, m Mem, v V) // sixteen weights as float32
}

// BF16 loads sixteen bf16 as float32.
func (f *File) BF16(m Mem, v V) {
	for i, r := range v {
		f.VPMOVZXWD(m.Offset(32/len(v)*i), r)
		f.VPSLLD(U8(16), r, r)
	}
}

// columns is how many columns an iteration does.
const columns = 4

// floatAhead is how far ahead weights are fetched, with any number of tokens.
func floatAhead(f *File) int {
	if f.Wide {
		return 6144
	}
	return 8192
}

// gemmFloat is one function; its blocks are columns, its acts the tokens' rows
// of blocks float32.
func (f *File) gemmFloat(t floatFormat, tokens int) {
	a := f.productFunc(t.name, tokens, "for k < blocks { acc += float32(w[r][k] * x[t][k]) }")
	x, n, d := f.GP64(), f.GP64(), f.GP64()
	rows := f.rows(a.blocks, tokens)
	acc := make([]V, tokens)
	for i := range acc {
		acc[i] = f.V()
	}
	run := func(count int) {
		fetch := fetcher{f: f, w: a.w, ahead: floatAhead(f), bytes: count * t.bytes, again: tokens > 1}
		fetch.rest()
		for k := range count {
			w := f.V()
			t.load(f, Mem{Base: a.w, Disp: k * t.bytes}, w)
			for i := range tokens {
				f.addProduct(rows(x, i).Offset(4*k), w, acc[i])
			}
		}
		f.ADDQ(U32(uint32(count*t.bytes)), a.w)
		f.ADDQ(U8(uint8(4*count)), x)
	}
	f.Loop("tile", a.tiles, func() {
		for _, v := range acc {
			f.Zero(v)
		}
		f.MOVQ(a.acts, x)
		f.MOVQ(a.blocks, n)
		f.While("columns", n, columns, func() { run(columns) })
		f.While("column", n, 1, func() { run(1) })
		f.MOVQ(a.dst, d)
		for _, v := range acc {
			f.StoreV(v, Mem{Base: d})
			f.ADDQ(a.stride, d)
		}
		f.ADDQ(U8(64), a.dst)
	})
	f.End()
}

// addProduct is acc += float32(w * x), x one number for all lanes.
func (f *File) addProduct(x Mem, w, acc V) {
	p := f.V()
	if f.Wide {
		f.VMULPS_BCST(x, w[0], p[0])
	} else {
		b := f.YMM()
		f.VBROADCASTSS(x, b)
		f.Mul(V{b, b}, w, p)
	}
	f.Add(p, acc, acc)
}

// rows prepares addresses of up to eight tokens that lie n float32 apart: token
// i's is base + i·4n, of which an address can have 1, 2, 4 times a register.
func (f *File) rows(n reg.GPVirtual, tokens int) func(base reg.GPVirtual, i int) Mem {
	odd := map[int]reg.GPVirtual{}
	for m := 1; m < tokens; m += 2 {
		r := f.GP64()
		f.IMUL3Q(U8(uint8(4*m)), n, r)
		odd[m] = r
	}
	return func(base reg.GPVirtual, i int) Mem {
		if i == 0 {
			return Mem{Base: base}
		}
		scale := uint8(1)
		for i%2 == 0 {
			i, scale = i/2, 2*scale
		}
		return Mem{Base: base, Index: odd[i], Scale: scale}
	}
}
