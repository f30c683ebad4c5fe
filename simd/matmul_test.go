package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// use makes t the implementation in use until the test ends.
func use(t testing.TB, im *impl) {
	old := active
	active = im
	t.Cleanup(func() { active = old })
}

// randomBlocks returns a matrix of random bytes of type typ whose scales are
// finite and of ordinary size.
func randomBlocks(rng *rand.Rand, typ quant.Type, rows, cols int) quant.Matrix {
	n, err := typ.RowBytes(cols)
	if err != nil {
		panic(err)
	}
	m := quant.Matrix{Type: typ, Rows: rows, Cols: cols, Data: make([]byte, rows*n)}
	for i := range m.Data {
		m.Data[i] = byte(rng.Uint32())
	}
	for b := 0; b < len(m.Data); b += typ.BlockBytes() {
		setScales(rng, typ, m.Data[b:b+typ.BlockBytes()])
	}
	return m
}

// setScales sets the scales of a block to ordinary numbers of either sign.
func setScales(rng *rand.Rand, typ quant.Type, b []byte) {
	f := float32(rng.NormFloat64())
	switch typ {
	case quant.F32, quant.Q8_K:
		putU32(b, math.Float32bits(f))
	case quant.BF16:
		v := quant.F32ToBF16(f)
		b[0], b[1] = byte(v), byte(v>>8)
	case quant.MXFP4:
		b[0] = 120 + byte(rng.IntN(12))
	case quant.IQ1_M: // a nibble of the scale in each of four words
		for i, v := 0, quant.F32ToF16(f/16); i < 4; i, v = i+1, v>>4 {
			b[49+2*i] = b[49+2*i]&15 | byte(v&15)<<4
		}
	default:
		for _, at := range scaleOffsets[typ] {
			v := quant.F32ToF16(float32(rng.NormFloat64()) / 16)
			b[at], b[at+1] = byte(v), byte(v>>8)
		}
	}
}

func putU32(b []byte, v uint32) {
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}

func randomFloats(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// product runs one MatMul and returns (n, rows), checking that it stays inside.
func product(t testing.TB, p *Pool, w quant.Matrix, x []float32, n int) []float32 {
	t.Helper()
	m, err := NewMatrix(p, w, nil)
	if err != nil {
		t.Fatal(err)
	}
	return productWith(t, p, m, x, n)
}

// productWith is product with a matrix.
func productWith(t testing.TB, p *Pool, w *Matrix, x []float32, n int) []float32 {
	t.Helper()
	const guard = 32
	buf := make([]float32, n*w.rows+2*guard)
	for i := range buf {
		buf[i] = -12345
	}
	var a Acts
	a.Set(x, n, w.cols)
	MatMul(p, &a, Product{buf[guard : guard+n*w.rows], w})
	for i := range guard {
		if buf[i] != -12345 || buf[len(buf)-1-i] != -12345 {
			t.Fatalf("rows=%d cols=%d n=%d: written outside dst", w.rows, w.cols, n)
		}
	}
	return buf[guard : guard+n*w.rows]
}

func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		g, w := math.Float32bits(got[i]), math.Float32bits(want[i])
		if g != w && !(got[i] != got[i] && want[i] != want[i]) {
			t.Fatalf("%s: element %d: got %g (%08x), want %g (%08x)", what, i, got[i], g, want[i], w)
		}
	}
}

// allTypes lists the types of kinds, in order.
func allTypes() []quant.Type {
	var ts []quant.Type
	for t := range quant.Type(64) {
		if CanMultiply(t) {
			ts = append(ts, t)
		}
	}
	return ts
}

var matmulShapes = []struct{ rows, blocks int }{
	{1, 1}, {15, 1}, {16, 1}, {17, 2}, {31, 3}, {32, 4}, {33, 5}, {48, 1}, {100, 2}, {256, 8},
}

// Every tier, thread count and batch gives generic's bits.
func TestMatMulSameBits(t *testing.T) {
	pools := []*Pool{nil, NewPool(2), NewPool(3)}
	defer pools[1].Close()
	defer pools[2].Close()
	for _, typ := range allTypes() {
		t.Run(typ.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, uint64(typ)))
			for _, s := range matmulShapes {
				cols := s.blocks * max(typ.BlockElems(), 32)
				if typ.BlockElems() == 1 {
					cols += s.rows % 8 // any number
				}
				w := randomBlocks(rng, typ, s.rows, cols)
				for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 33} {
					x := randomFloats(rng, n*cols)
					use(t, &generic)
					want := singly(t, w, x, n)
					for _, im := range products() {
						use(t, im)
						got := product(t, pools[n%3], w, x, n)
						what := fmt.Sprintf("%s rows=%d cols=%d n=%d", im.name, s.rows, cols, n)
						sameBits(t, what, got, want)
						if n != 1 && n != 13 {
							continue
						}
						view, err := ViewMatrix(nil, w, nil)
						if err != nil || view.Copied() {
							t.Fatalf("%s: a view is copied, or %v", what, err)
						}
						sameBits(t, what+", view", productWith(t, pools[n%3], view, x, n), want)
					}
				}
			}
		})
	}
}

// singly multiplies token by token.
func singly(t *testing.T, w quant.Matrix, x []float32, n int) []float32 {
	var out []float32
	for i := range n {
		out = append(out, product(t, nil, w, x[i*w.Cols:(i+1)*w.Cols], 1)...)
	}
	return out
}

// Generic agrees with float64 products of the dequantised weights with the
// dequantised activations: per row within ε·(blocks+4)·Σ|w·x|, since every
// block adds four roundings at most, and float weights one a column.
func TestMatMulAgainstFloat64(t *testing.T) {
	use(t, &generic)
	const rows, n = 20, 3
	for _, typ := range allTypes() {
		t.Run(typ.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(2, uint64(typ)))
			for _, cols := range []int{256, 1024} {
				w := randomBlocks(rng, typ, rows, cols)
				x := randomFloats(rng, n*cols)
				got := product(t, nil, w, x, n)
				xq := roundTrip(x, typ)
				row := make([]float32, cols)
				for r := range rows {
					size := len(w.Data) / rows
					quant.Dequantize(row, typ, w.Data[r*size:(r+1)*size])
					for i := range n {
						want, mag := dot64(row, xq[i*cols:(i+1)*cols])
						bound := 0x1p-23 * float64(cols+8) * mag
						if typ.BlockElems() > 1 {
							// min and scale parts cancel: their sizes count, not the result's
							bound = 0x1p-23 * float64(cols/16+8) * (mag + minPart(typ, w.Data[r*size:(r+1)*size], xq[i*cols:(i+1)*cols]))
						}
						if d := math.Abs(float64(got[i*rows+r]) - want); !(d <= bound) {
							t.Fatalf("cols=%d row %d token %d: got %g, want %g ± %g", cols, r, i, got[i*rows+r], want, bound)
						}
					}
				}
			}
		})
	}
}

// minPart is Σ |dmin·m·x|, of types with a minimum.
func minPart(typ quant.Type, row []byte, x []float64) float64 {
	if !quant.HasMins(typ) {
		return 0
	}
	var v quant.Ints
	sum, size, elems := 0.0, typ.BlockBytes(), typ.BlockElems()
	for b := 0; b*size < len(row); b++ {
		quant.Integers(&v, typ, row[b*size:])
		for i := range elems {
			sum += math.Abs(float64(v.DMin) * float64(v.Mins[i/16]) * x[b*elems+i])
		}
	}
	return sum
}

func dot64(w []float32, x []float64) (sum, magnitude float64) {
	for k := range w {
		p := float64(w[k]) * x[k]
		sum += p
		magnitude += math.Abs(p)
	}
	return sum, magnitude
}

// roundTrip quantises activations as typ's products do and takes them back.
func roundTrip(x []float32, typ quant.Type) []float64 {
	out := make([]float64, len(x))
	size := map[kind]int{blocks32: 32, blocks256: 256}[kinds[typ].plain()]
	if size == 0 {
		for i, v := range x {
			out[i] = float64(v)
		}
		return out
	}
	q := make([]int8, size)
	for b := 0; b < len(x); b += size {
		d, _ := quantizeBlock(q, x[b:b+size])
		for i, v := range q {
			out[b+i] = float64(v) * float64(d)
		}
	}
	return out
}

// Extreme quants, minima, scales and activations: the exact int32 sums must not
// overflow on the way, and float arithmetic must not take short cuts.
func TestMatMulExtremes(t *testing.T) {
	for _, typ := range allTypes() {
		for _, fill := range []byte{0x00, 0x01, 0x0f, 0x10, 0x7f, 0x80, 0x81, 0xf0, 0xff} {
			w := randomBlocks(rand.New(rand.NewPCG(3, 3)), typ, 16, 2*max(typ.BlockElems(), 32))
			for i := range w.Data {
				w.Data[i] = fill
			}
			for b := 0; b < len(w.Data)/2; b += typ.BlockBytes() { // the rest has extreme scales
				setScales(rand.New(rand.NewPCG(3, uint64(b))), typ, w.Data[b:b+typ.BlockBytes()])
			}
			for _, size := range []float32{1, -1, 0, 0x1p-99, 0x1p-101, -0x1p-140, 0x1p120} {
				x := make([]float32, 9*w.Cols)
				for i := range x {
					x[i] = size
				}
				use(t, &generic)
				want := product(t, nil, w, x, 9)
				for _, im := range products() {
					use(t, im)
					name := fmt.Sprintf("%v %s fill %#x size %g", typ, im.name, fill, size)
					sameBits(t, name, product(t, nil, w, x, 9), want)
				}
			}
		}
	}
}

// Blocks of any bytes and activations of any bits: NaN is any NaN, all else is
// the same to the bit.
func TestMatMulAnyBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 10))
	for _, typ := range allTypes() {
		for range 20 {
			cols := max(typ.BlockElems(), 32)
			w := randomBlocks(rng, typ, 32, cols)
			for i := range w.Data {
				w.Data[i] = byte(rng.Uint32())
			}
			x := make([]float32, 9*cols)
			for i := range x {
				x[i] = numbers[rng.IntN(len(numbers))](rng)
			}
			use(t, &generic)
			want := product(t, nil, w, x, 9)
			for _, im := range products() {
				use(t, im)
				sameBits(t, fmt.Sprintf("%v %s", typ, im.name), product(t, nil, w, x, 9), want)
			}
		}
	}
}

// NaN and Inf in one token stay in that token's results.
func TestMatMulSpecialActivations(t *testing.T) {
	for _, im := range tiers() {
		use(t, im)
		for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1))} {
			rng := rand.New(rand.NewPCG(4, 4))
			w := randomBlocks(rng, quant.Q4_0, 16, 64)
			x := randomFloats(rng, 3*64)
			want := product(t, nil, w, x, 3)
			x[64+5] = bad
			got := product(t, nil, w, x, 3)
			sameBits(t, im.name, got[:16], want[:16])
			sameBits(t, im.name, got[32:], want[32:])
			for _, v := range got[16:32] {
				if v == v {
					t.Errorf("%s: %g in the activations gave %g", im.name, bad, v)
				}
			}
		}
	}
}

func TestMatrixRow(t *testing.T) {
	for _, typ := range allTypes() {
		rng := rand.New(rand.NewPCG(5, uint64(typ)))
		w := randomBlocks(rng, typ, 37, 512)
		m, err := NewMatrix(nil, w, nil)
		if err != nil {
			t.Fatal(err)
		}
		size := len(w.Data) / w.Rows
		got, want := make([]float32, 512), make([]float32, 512)
		for r := range w.Rows {
			m.Row(got, r)
			quant.Dequantize(want, typ, w.Data[r*size:(r+1)*size])
			sameBits(t, typ.String(), got, want)
		}
	}
}

func TestNewMatrixRefuses(t *testing.T) {
	for _, w := range []quant.Matrix{
		{Type: quant.Q8_1, Rows: 1, Cols: 32, Data: make([]byte, 36)},
		{Type: 99, Rows: 1, Cols: 256},
		{Type: quant.Q4_0, Rows: 1, Cols: 33, Data: make([]byte, 18)},
		{Type: quant.Q4_0, Rows: 2, Cols: 32, Data: make([]byte, 18)},
		{Type: quant.Q4_0, Rows: -1, Cols: 32},
		{Type: quant.F32, Rows: math.MaxInt, Cols: 4},
	} {
		if _, err := NewMatrix(nil, w, nil); err == nil {
			t.Errorf("%v %d×%d in %d bytes: no error", w.Type, w.Rows, w.Cols, len(w.Data))
		}
		if _, err := ViewMatrix(nil, w, nil); err == nil {
			t.Errorf("view of %v %d×%d in %d bytes: no error", w.Type, w.Rows, w.Cols, len(w.Data))
		}
	}
}

func TestMatMulAllocatesNothing(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	rng := rand.New(rand.NewPCG(6, 6))
	x := randomFloats(rng, 256)
	var a Acts
	m1, _ := NewMatrix(p, randomBlocks(rng, quant.Q4_0, 64, 256), nil)
	m2, _ := NewMatrix(p, randomBlocks(rng, quant.Q6_K, 64, 256), nil)
	m3, _ := ViewMatrix(p, randomBlocks(rng, quant.Q4_0, 64, 256), nil)
	y1, y2, y3 := make([]float32, 64), make([]float32, 64), make([]float32, 64)
	run := func() {
		a.Set(x, 1, 256)
		MatMul(p, &a, Product{y1, m1}, Product{y2, m2}, Product{y3, m3})
	}
	run()
	if n := testing.AllocsPerRun(50, run); n != 0 {
		t.Errorf("%v allocations a product", n)
	}
}

func FuzzMatMul(f *testing.F) {
	f.Add(uint64(1), uint8(2), uint16(16), uint8(2), uint8(3))
	f.Fuzz(func(t *testing.T, seed uint64, typ uint8, rows uint16, blocks, n uint8) {
		ty := quant.Type(typ)
		if !CanMultiply(ty) {
			t.Skip("no such product")
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		r, cols, tokens := int(rows%80), (1+int(blocks%5))*ty.BlockElems(), int(n%20)
		w, x := randomBlocks(rng, ty, r, cols), randomFloats(rng, tokens*cols)
		use(t, &generic)
		want := product(t, nil, w, x, tokens)
		for _, im := range products() {
			use(t, im)
			sameBits(t, im.name, product(t, nil, w, x, tokens), want)
		}
	})
}

// Every tier packs as packings say, and packing loses nothing: rows come back.
func TestPackSameBytes(t *testing.T) {
	for _, im := range tiers() {
		use(t, im)
		for typ := range im.gemm {
			for _, rows := range []int{1, 15, 16, 17, 48, 50} {
				for _, blocks := range []int{1, 3, 8, 21} {
					rng := rand.New(rand.NewPCG(7, uint64(rows)))
					w := randomBlocks(rng, typ, rows, blocks*typ.BlockElems())
					m, err := NewMatrix(nil, w, nil)
					if err != nil {
						t.Fatal(err)
					}
					packedAs(t, im.name, m, w)
				}
			}
		}
	}
}

// packedAs checks every byte of m against w's rows.
func packedAs(t *testing.T, impl string, m *Matrix, w quant.Matrix) {
	t.Helper()
	size, n := w.Type.BlockBytes(), m.rowBytes()
	want := make([]byte, size*tileRows)
	for tile := range m.tiles() {
		for b := range n / size {
			rows := min(tileRows, w.Rows-tile*tileRows)
			packBlock(want, w.Data[tile*tileRows*n+b*size:], packings[w.Type], n, rows)
			if got := m.tile(tile)[b*len(want):][:len(want)]; string(got) != string(want) {
				t.Fatalf("%v rows=%d blocks=%d: %s packs tile %d block %d differently", w.Type, w.Rows, n/size, impl, tile, b)
			}
			block := make([]byte, size)
			for r := range rows {
				unpackBlock(block, want, packings[w.Type], r)
				if string(block) != string(w.Data[(tile*tileRows+r)*n+b*size:][:size]) {
					t.Fatalf("%v: row %d block %d does not come back", w.Type, tile*tileRows+r, b)
				}
			}
		}
	}
}

func BenchmarkPack(b *testing.B) {
	for _, typ := range allTypes() {
		for _, im := range tiers() {
			if im.pack[typ] == nil {
				continue
			}
			b.Run(fmt.Sprintf("type=%v/rows=512/cols=2048/impl=%s", typ, im.name), func(b *testing.B) {
				use(b, im)
				w := randomBlocks(rand.New(rand.NewPCG(1, 1)), typ, 512, 2048)
				dst := make([]byte, len(w.Data))
				b.SetBytes(int64(len(w.Data)))
				for b.Loop() {
					if _, err := NewMatrix(nil, w, func(int) ([]byte, error) { return dst, nil }); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
