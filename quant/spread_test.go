package quant_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// Spread gives the integers of Integers for blocks of any bytes, and writes nothing
// between its dwords.
func TestSpread(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	types := 0
	for typ := range quant.Type(64) {
		if !quant.HasIntegers(typ) {
			continue
		}
		block := make([]byte, typ.BlockBytes())
		var got, want quant.Ints
		dst := make([]byte, 63*64+4)
		if !quant.Spread(dst, &got, typ, block) {
			continue
		}
		types++
		for range 300 {
			for i := range block {
				block[i] = byte(rng.Uint32())
			}
			clear(dst)
			quant.Spread(dst, &got, typ, block)
			quant.Integers(&want, typ, block)
			for i, q := range want.Q {
				at := i/4*64 + i%4
				if g := int8(dst[at]) - 64; g != q {
					t.Fatalf("%v: quant %d is %d, want %d", typ, i, g, q)
				}
				dst[at] = 0
			}
			for i, b := range dst {
				if b != 0 {
					t.Fatalf("%v: byte %d is %d, want 0", typ, i, b)
				}
			}
			if got.Scales != want.Scales || got.D != want.D && got.D == got.D || got.DMin != 0 {
				t.Fatalf("%v: scales %v·%v, want %v·%v", typ, got.D, got.Scales, want.D, want.Scales)
			}
		}
	}
	if types != 7 {
		t.Errorf("%d types, want 7", types)
	}
}

// BenchmarkSpread takes blocks of 256 quants apart.
func BenchmarkSpread(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, typ := range []quant.Type{quant.IQ1_S, quant.IQ1_M, quant.IQ2_XXS, quant.IQ2_XS, quant.IQ2_S, quant.IQ3_XXS, quant.IQ3_S} {
		b.Run("type="+typ.String(), func(b *testing.B) {
			block := make([]byte, 128)
			for i := 0; i < len(block); i += 8 {
				binary.LittleEndian.PutUint64(block[i:], rng.Uint64())
			}
			var v quant.Ints
			dst := make([]byte, 63*64+4)
			for b.Loop() {
				quant.Spread(dst, &v, typ, block)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/256, "ns/weight")
		})
	}
}
