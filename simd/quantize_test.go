package simd

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// records runs quantize32 for token i of a panel, whose memory is filled with 0x5a
// before, and returns the memory.
func records(t testing.TB, im *impl, m memory, x []float32, tokens, i int) []byte {
	t.Helper()
	blocks := len(x) / 32
	stride := tokens * recordBytes
	in := placed(m, x)
	rec := m.alloc(max(blocks*stride, stride), 4)
	for j := range rec {
		rec[j] = 0x5a
	}
	at := unsafe.Pointer(&rec[0])
	im.quantize32(unsafe.SliceData(in), (*int8)(unsafe.Add(at, 32*i)), (*float32)(unsafe.Add(at, 32*tokens+4*i)),
		(*int32)(unsafe.Add(at, 36*tokens+4*i)), (*int32)(unsafe.Add(at, 40*tokens+4*i)), blocks, stride)
	m.check(t)
	for j := range x {
		if !equalBits(in[j], x[j]) {
			t.Fatalf("impl=%s: x[%d] has changed", im.name, j)
		}
	}
	return rec
}

// sameRecords compares the records of token i with generic's; the scale of a block
// with a NaN may be any NaN.
func sameRecords(t testing.TB, im *impl, m memory, x []float32, tokens, i int) {
	t.Helper()
	got, want := records(t, im, m, x, tokens, i), records(t, &generic, &between{}, x, tokens, i)
	for b := range len(x) / 32 {
		at := b*tokens*recordBytes + 32*tokens + 4*i
		g, w := (*float32)(unsafe.Pointer(&got[at])), (*float32)(unsafe.Pointer(&want[at]))
		if *g != *g && *w != *w {
			*g = *w
		}
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("impl=%s token %d of %d: got %x, want %x for %g", im.name, i, tokens, got, want, x)
	}
}

// blocksOf returns blocks that are edge cases of quantisation.
func blocksOf(rng *rand.Rand) [][]float32 {
	var xs [][]float32
	add := func(f func(i int) float32) {
		x := make([]float32, 32)
		for i := range x {
			x[i] = f(i)
		}
		xs = append(xs, x)
	}
	for _, s := range specials { // in all elements, and in one at each index
		add(func(int) float32 { return s })
		for at := range 32 {
			add(func(i int) float32 {
				if i == at {
					return s
				}
				return ordinary(rng)
			})
		}
	}
	for e := -149; e < 128; e++ { // every magnitude
		f := float32(math.Ldexp(1, e))
		add(func(int) float32 { return f * float32(2*rng.Float64()-1) })
	}
	for range 64 { // halves between integers: ties
		add(func(i int) float32 {
			if i == 0 {
				return 127
			}
			return float32(rng.IntN(254)-127) + 0.5
		})
	}
	add(func(i int) float32 { return math.Float32frombits(quantMin - uint32(i)) })
	add(func(i int) float32 { return math.Float32frombits(quantMin - 1 - uint32(i)) })
	return xs
}

// Every tier writes the same records of a token as generic, and nothing else.
func TestQuantize32(t *testing.T) {
	for _, im := range tiers() {
		t.Run("impl="+im.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 3))
			for _, x := range blocksOf(rng) {
				sameRecords(t, im, &between{off: 5}, x, 1, 0)
			}
			for blocks := range 10 {
				for tokens := 1; tokens <= panelMax; tokens++ {
					x := randomFloats(rng, 32*blocks)
					ms := append(fences(t), &between{off: tokens}, &between{off: tokens + 8})
					for _, m := range ms {
						sameRecords(t, im, m, x, tokens, rng.IntN(tokens))
					}
				}
			}
		})
	}
}

// Quants times the scale are the numbers, within half a step and the rounding of
// scale and factor; the sum is that of the quants.
func TestQuantizeBlockAgainstFloat64(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	q := make([]int8, 32)
	for e := -90; e < 120; e += 3 {
		x := make([]float32, 32)
		largest := 0.0
		for i := range x {
			x[i] = float32(math.Ldexp(2*rng.Float64()-1, e))
			largest = max(largest, math.Abs(float64(x[i])))
		}
		d, sum := quantizeBlock(q, x)
		if want := float32(largest / 127); d != want {
			t.Fatalf("scale %g, want %g", d, want)
		}
		var s int32
		for i, v := range q {
			s += int32(v)
			if diff := math.Abs(float64(v)*float64(d) - float64(x[i])); diff > float64(d)*(0.5+0x1p-14) {
				t.Fatalf("e=%d: %d · %g is %g off %g", e, v, d, diff, x[i])
			}
		}
		if s != sum {
			t.Fatalf("sum %d, want %d", sum, s)
		}
	}
}

// A block without a finite magnitude of at least 2⁻¹⁰⁰ has no quants; NaN and
// Inf live on in its scale.
func TestQuantizeBlockWithoutScale(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct{ bad, want float32 }{
		{0, 0}, {0x1p-101, 0x1p-101 / 127}, {inf, inf}, {-inf, inf}, {float32(math.NaN()), float32(math.NaN())},
	} {
		q, x := make([]int8, 32), make([]float32, 32)
		x[3] = c.bad
		d, sum := quantizeBlock(q, x)
		if !equal(d, c.want) || sum != 0 || !bytes.Equal(unsafe.Slice((*byte)(unsafe.Pointer(&q[0])), 32), make([]byte, 32)) {
			t.Errorf("%g: got scale %g sum %d quants %d, want scale %g and zeros", c.bad, d, sum, q, c.want)
		}
	}
}

func FuzzQuantize32(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(4), uint8(2))
	f.Fuzz(func(t *testing.T, seed uint64, blocks, tokens, i uint8) {
		rng := rand.New(rand.NewPCG(seed, 1))
		n := int(tokens%panelMax) + 1
		for _, number := range numbers {
			x := make([]float32, 32*int(blocks%12))
			for j := range x {
				x[j] = number(rng)
			}
			for _, im := range tiers() {
				sameRecords(t, im, &between{off: int(i)}, x, n, int(i)%n)
			}
		}
	})
}

func BenchmarkQuantize32(b *testing.B) {
	const cols = 4096
	x := randomFloats(rand.New(rand.NewPCG(1, 1)), cols)
	rec := make([]uint64, cols/32*recordBytes/8+1)
	at := unsafe.Pointer(&rec[0])
	for _, im := range tiers() {
		b.Run(fmt.Sprintf("cols=%d/cache=L1/impl=%s", cols, im.name), func(b *testing.B) {
			b.SetBytes(4 * cols)
			for b.Loop() {
				im.quantize32(&x[0], (*int8)(at), (*float32)(unsafe.Add(at, 32)), (*int32)(unsafe.Add(at, 36)), (*int32)(unsafe.Add(at, 40)), cols/32, recordBytes)
			}
		})
	}
}
