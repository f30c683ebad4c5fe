package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestRead reads every length near the kernels' chunk, on every tier, beside
// pages that cannot be read where the system has such.
func TestRead(t *testing.T) {
	for _, im := range tiers() {
		t.Run("impl="+im.name, func(t *testing.T) {
			use(t, im)
			for _, m := range append(fences(t), &between{}) {
				p := m.alloc(3*readChunk+1, 1)
				for n := range len(p) + 1 {
					Read(p[:n])
					Read(p[len(p)-n:])
				}
				m.check(t)
			}
		})
	}
}

// TestReadGeneric wants every byte to count.
func TestReadGeneric(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		p, want := make([]byte, n), uint64(0)
		for i := range p {
			p[i] = byte(r.Uint32())
			want += uint64(p[i]) << (8 * (i % 8))
		}
		if got := readGeneric(p); got != want {
			t.Fatalf("n=%d: got %#x, want %#x", n, got, want)
		}
	}
}

// TestPeak wants operations in proportion to rounds.
func TestPeak(t *testing.T) {
	for _, im := range tiers() {
		t.Run("impl="+im.name, func(t *testing.T) {
			use(t, im)
			one := Peak(1)
			if one <= 0 || Peak(7) != 7*one || Peak(0) != 0 || Peak(-1) != 0 {
				t.Errorf("got %d, %d, %d, %d operations for 1, 7, 0, -1 rounds", one, Peak(7), Peak(0), Peak(-1))
			}
		})
	}
	if a, b := peakGeneric(1000), peakGeneric(1001); a == b {
		t.Errorf("peakGeneric computes nothing: %d", a)
	}
}

// BenchmarkLimits is both limits of one thread, the words in L2.
func BenchmarkLimits(b *testing.B) {
	data := make([]byte, 256<<10)
	for _, im := range tiers() {
		b.Run(fmt.Sprintf("what=read/cache=L2/impl=%s", im.name), func(b *testing.B) {
			use(b, im)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				Read(data)
			}
		})
		b.Run(fmt.Sprintf("what=peak/impl=%s", im.name), func(b *testing.B) {
			use(b, im)
			ops := 0
			for b.Loop() {
				ops += Peak(1000)
			}
			b.ReportMetric(float64(ops)/float64(b.Elapsed().Nanoseconds()), "Gop/s")
		})
	}
}
