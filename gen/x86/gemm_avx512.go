package x86

import (
	"fmt"

	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A block format in layout X16: sixteen f16 scales, then chunks of 64 bytes
// whose dword r belongs to row r.
type format struct {
	name   string
	chunks int // chunks of 64 bytes a block of 32 columns

	prefetch int // lines that one token's products fetch ahead, a block
}

// fetching is t with so many lines a block fetched ahead.
func (t format) fetching(lines int) format {
	t.prefetch = lines
	return t
}

func (t format) bytes() int { return 32 + 64*t.chunks }

var (
	q4_0 = format{name: "Q4_0", chunks: 4}
	q8_0 = format{name: "Q8_0", chunks: 8}
)

// recordBytes is the size of an activation record for one token: 32 quants,
// scale, bias.
const recordBytes = 40

// record addresses token t of a panel's record: dword c of its quants, its
// scale and its bias.
type record struct {
	base   reg.GPVirtual
	tokens int
}

func (r record) quants(t, c int) Mem { return Mem{Base: r.base, Disp: 32*t + 4*c} }
func (r record) scale(t int) Mem     { return Mem{Base: r.base, Disp: 32*r.tokens + 4*t} }
func (r record) bias(t int) Mem      { return Mem{Base: r.base, Disp: 36*r.tokens + 4*t} }
func (r record) bytes() int          { return r.tokens * recordBytes }

// gemmArgs are the arguments of a product, in registers.
type gemmArgs struct {
	dst, stride, w, acts, blocks, tiles reg.GPVirtual
}

// gemmFunc starts the function that multiplies tiles of sixteen rows with a
// panel of tokens.
func (f *File) gemmFunc(t format, tokens int) gemmArgs {
	f.Func(fmt.Sprintf("Gemm%sx%d", t.name, tokens),
		"func(dst *float32, stride int, w, acts *byte, blocks, tiles int)",
		fmt.Sprintf("Gemm%sx%d multiplies tiles of 16 interleaved rows with a panel of %d tokens:", t.name, tokens, tokens),
		"",
		"\tfor tile, token t, row r {",
		"\t\tacc = 0",
		"\t\tfor b < blocks { acc += float32(Σ q*x) * (dw*dx) }",
		"\t\tdst[t*stride+16*tile+r] = acc",
		"\t}")
	a := gemmArgs{f.Arg("dst"), f.Arg("stride"), f.Arg("w"), f.Arg("acts"), f.Arg("blocks"), f.Arg("tiles")}
	f.SHLQ(U8(2), a.stride)
	return a
}

// tileLoop runs block for every block of every tile, with its record, and
// store after a tile's last; store gets the address of each token's results.
func (f *File) tileLoop(t format, tokens int, a gemmArgs, start func(), block func(w Mem, x record), store func(t int, dst Mem)) {
	x, n, d := f.GP64(), f.GP64(), f.GP64()
	f.Loop("tile", a.tiles, func() {
		start()
		f.MOVQ(a.acts, x)
		f.MOVQ(a.blocks, n)
		f.Loop("block", n, func() {
			r := record{x, tokens}
			if tokens == 1 {
				f.prefetch(t, a.w)
			}
			block(Mem{Base: a.w}, r)
			f.ADDQ(U32(uint32(t.bytes())), a.w)
			f.ADDQ(U32(uint32(r.bytes())), x)
		})
		f.MOVQ(a.dst, d)
		for i := range tokens {
			store(i, Mem{Base: d})
			if i+1 < tokens {
				f.ADDQ(a.stride, d)
			}
		}
		f.ADDQ(U8(64), a.dst)
	})
	f.End()
}

// prefetchAhead is how far ahead of one token's products the weights are
// fetched: with some thirty instructions a block the reorder buffer sees too
// few loads. Share of a plain read, one Zen 5 core: avx512 Q4_0 87 % without,
// 93 % at 4 KB, 96 % at 6 KB and at 8 KB; avx2 Q4_0 81 and 96 %, Q8_0 86 and
// 98 %. Only avx512 Q8_0, with few instructions a byte, loses (98 and 95 %).
const prefetchAhead = 6144

// prefetch fetches the weights that one block's work will reach later.
func (f *File) prefetch(t format, w reg.GPVirtual) {
	for i := range t.prefetch {
		f.PREFETCHT0(Mem{Base: w, Disp: prefetchAhead + 64*i})
	}
}

// Gemm512 is the VNNI product: eight VPDPBUSD a token and block, the
// activations broadcast by the instruction itself.
//
// Eight tokens fill the registers: 8 of weights, 8 of sums, and temporaries
// enough for the tokens' chains to overlap.
var Gemm512 = []Kernel{
	{"gemm_q4_0", func(f *File) {
		mask := f.Const32("nibbles", 0x0f0f0f0f)
		for tokens := 1; tokens <= 8; tokens++ {
			f.gemm512(q4_0.fetching(4), tokens, mask, f.nibbles512)
		}
	}},
	{"gemm_q8_0", func(f *File) {
		sign := f.Const32("sign", 0x80808080)
		for tokens := 1; tokens <= 8; tokens++ {
			f.gemm512(q8_0, tokens, sign, f.bytes512)
		}
	}},
}

// nibbles512 loads a block of Q4_0: q[c] has columns 4c to 4c+3 of each row.
func (f *File) nibbles512(w Mem, mask reg.VecVirtual, q [8]reg.VecVirtual) {
	for c := range 4 {
		f.VMOVDQU32(w.Offset(32+64*c), q[c+4])
		f.VPANDD(mask, q[c+4], q[c]) // q[c] = w & 15
		f.VPSRLW(U8(4), q[c+4], q[c+4])
		f.VPANDD(mask, q[c+4], q[c+4]) // q[c+4] = w >> 4
	}
}

// bytes512 loads a block of Q8_0 as unsigned bytes, 128 too large.
func (f *File) bytes512(w Mem, sign reg.VecVirtual, q [8]reg.VecVirtual) {
	for c := range 8 {
		f.VPXORD(w.Offset(32+64*c), sign, q[c])
	}
}

// gemm512 is one function of Gemm512.
func (f *File) gemm512(t format, tokens int, constant Mem, load func(w Mem, k reg.VecVirtual, q [8]reg.VecVirtual)) {
	a := f.gemmFunc(t, tokens)
	k := f.ZMM()
	f.VMOVDQU32(constant, k)
	acc := make([]reg.VecVirtual, tokens)
	for i := range acc {
		acc[i] = f.ZMM()
	}
	start := func() {
		for _, r := range acc {
			f.VPXORD(r, r, r)
		}
	}
	block := func(w Mem, x record) {
		var q [8]reg.VecVirtual
		for i := range q {
			q[i] = f.ZMM()
		}
		load(w, k, q)
		dw := f.ZMM()
		f.VCVTPH2PS(w, dw)
		for i := 0; i < tokens; i += chains {
			f.dots512(t, q, dw, x, acc[i:min(i+chains, tokens)], i)
		}
	}
	f.tileLoop(t, tokens, a, start, block, func(i int, dst Mem) { f.VMOVUPS(acc[i], dst) })
}

// chains is how many tokens' sums grow side by side: VPDPBUSD takes four to
// five cycles and two start in each. Measured with eight tokens: one chain 69 %
// of the instruction's peak, two 71 %, four 73 %, eight 72 %.
const chains = 4

// dots512 adds one block's products to the sums of tokens i, i+1, ….
func (f *File) dots512(t format, q [8]reg.VecVirtual, dw reg.VecVirtual, x record, acc []reg.VecVirtual, i int) {
	s := make([]reg.VecVirtual, len(acc))
	for k := range s {
		s[k] = f.ZMM()
		f.VPBROADCASTD(x.bias(i+k), s[k]) // s = -8·Σx
		if t.name == q8_0.name {
			f.VPSLLD(U8(4), s[k], s[k]) // s = -128·Σx
		}
	}
	for c := range q {
		for k := range s {
			f.VPDPBUSD_BCST(x.quants(i+k, c), q[c], s[k]) // s += q·x
		}
	}
	for k := range s {
		d := f.ZMM()
		f.VMULPS_BCST(x.scale(i+k), dw, d)
		f.VCVTDQ2PS(s[k], s[k])
		f.VMULPS(d, s[k], s[k])
		f.VADDPS(s[k], acc[k], acc[k]) // acc += float32(s) * (dw*dx)
	}
}
