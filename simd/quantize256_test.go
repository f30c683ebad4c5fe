package simd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// records256 is records for quantize256.
func records256(t testing.TB, im *impl, m memory, x []float32, tokens, i int) []byte {
	t.Helper()
	blocks, stride := len(x)/256, tokens*recordBytes256
	in, rec := placed(m, x), m.alloc(max(blocks*stride, stride), 4)
	for j := range rec {
		rec[j] = 0x5a
	}
	at := unsafe.Pointer(&rec[0])
	im.quantize256(unsafe.SliceData(in), (*int8)(unsafe.Add(at, 256*i)), (*float32)(unsafe.Add(at, 256*tokens+4*i)),
		(*int16)(unsafe.Add(at, 260*tokens+48*i)), blocks, stride)
	m.check(t)
	for j := range x {
		if !equalBits(in[j], x[j]) {
			t.Fatalf("impl=%s: x[%d] has changed", im.name, j)
		}
	}
	return rec
}

// sameRecords256 compares the records of token i with generic's; the scale of a
// block with a NaN may be any NaN.
func sameRecords256(t testing.TB, im *impl, m memory, x []float32, tokens, i int) {
	t.Helper()
	got, want := records256(t, im, m, x, tokens, i), records256(t, &generic, &between{}, x, tokens, i)
	for b := range len(x) / 256 {
		at := b*tokens*recordBytes256 + 256*tokens + 4*i
		g, w := (*float32)(unsafe.Pointer(&got[at])), (*float32)(unsafe.Pointer(&want[at]))
		if *g != *g && *w != *w {
			*g = *w
		}
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("impl=%s token %d of %d: got %x, want %x for %g", im.name, i, tokens, got, want, x)
	}
}

// Every tier writes the same records of 256 of a token as generic, and nothing else.
func TestQuantize256(t *testing.T) {
	for _, im := range tiers() {
		t.Run("impl="+im.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 4))
			for _, part := range blocksOf(rng) {
				x := randomFloats(rng, 256) // the part at one place, and everywhere
				copy(x[32*rng.IntN(8):], part)
				sameRecords256(t, im, &between{off: 5}, x, 1, 0)
				sameRecords256(t, im, &between{off: 5}, eightTimes(part), 1, 0)
			}
			for blocks := range 5 {
				for tokens := 1; tokens <= panelMax; tokens++ {
					x := randomFloats(rng, 256*blocks)
					for _, m := range append(fences(t), &between{off: tokens}, &between{off: tokens + 8}) {
						sameRecords256(t, im, m, x, tokens, rng.IntN(tokens))
					}
				}
			}
		})
	}
}

// eightTimes returns x eight times.
func eightTimes(x []float32) []float32 {
	var all []float32
	for range 8 {
		all = append(all, x...)
	}
	return all
}

// The sums are those of the quants, the largest ones too.
func TestQuantize256Sums(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 4))
	for _, im := range tiers() {
		use(t, im)
		for _, number := range append(numbers, func(*rand.Rand) float32 { return -1 }, func(*rand.Rand) float32 { return 1 }) {
			x := make([]float32, 3*512)
			for i := range x {
				x[i] = number(rng)
			}
			var a Acts
			a.Set(x, 3, 512)
			a.want(nil, blocks256)
			for i := range 6 {
				q, sums, _ := a.block256(i/2, i%2)
				var want sums256
				for k, v := range q {
					want.of16[k/16] += int16(v)
					want.of32[k/32] += int16(v)
				}
				if *sums != want {
					t.Fatalf("impl=%s: got %v, want %v for %d", im.name, *sums, want, q)
				}
			}
		}
	}
}

func FuzzQuantize256(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(4), uint8(2))
	f.Fuzz(func(t *testing.T, seed uint64, blocks, tokens, i uint8) {
		rng := rand.New(rand.NewPCG(seed, 2))
		n := int(tokens%panelMax) + 1
		for _, number := range numbers {
			x := make([]float32, 256*int(blocks%4))
			for j := range x {
				x[j] = number(rng)
			}
			for _, im := range tiers() {
				sameRecords256(t, im, &between{off: int(i)}, x, n, int(i)%n)
			}
		}
	})
}

func BenchmarkQuantize256(b *testing.B) {
	const cols = 4096
	x := randomFloats(rand.New(rand.NewPCG(1, 1)), cols)
	rec := make([]uint64, cols/256*recordBytes256/8)
	at := unsafe.Pointer(&rec[0])
	for _, im := range tiers() {
		b.Run(fmt.Sprintf("cols=%d/cache=L1/impl=%s", cols, im.name), func(b *testing.B) {
			b.SetBytes(4 * cols)
			for b.Loop() {
				im.quantize256(&x[0], (*int8)(at), (*float32)(unsafe.Add(at, 256)), (*int16)(unsafe.Add(at, 260)), cols/256, recordBytes256)
			}
		})
	}
}
