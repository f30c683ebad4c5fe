package synth

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/querent-ai/chord/quant"
)

// A filler writes the next bytes of a tensor: a whole number of blocks.
type filler func(dst []byte)

// filler returns a filler of t in type typ, front to back. unit is the standard
// deviation of a quantised type's values at scale 1.
//
// Matrices have a standard deviation of 1/sqrt(cols), so that activations keep
// their magnitude through the model; norms are 1.
func (t tensor) filler(typ quant.Type, unit float64, seed uint64) filler {
	h := fnv.New64a()
	h.Write([]byte(t.name))
	rng := rand.NewPCG(seed, h.Sum64())
	std := 1 / math.Sqrt(float64(t.cols))
	switch {
	case t.name == ropeFreqs:
		return fillFloats(ropeFactors(t.cols))
	case t.values != nil:
		return fillFloats(t.values)
	case t.vector:
		return fillFloats([]float32{1})
	case typ == quant.F32:
		return fillF32(std, rng)
	case typ == quant.F16:
		return fillTable(std, quant.F32ToF16, rng)
	case typ == quant.BF16:
		return fillTable(std, quant.F32ToBF16, rng)
	}
	return fillBlocks(codings[typ], typ.BlockBytes(), std/unit, rng)
}

// fillBlocks returns a filler of random blocks of size bytes. Their scales vary
// by a quarter around d and have either sign, so that the mean of the codes, -1/2
// in Q4_0, does not add up over a row.
func fillBlocks(c coding, size int, d float64, rng *rand.PCG) filler {
	const variants = 64
	var ds [variants]float32
	for i := range ds {
		ds[i] = float32(d * (0.75 + 0.5*float64(i/2)/(variants/2-1)))
		if i%2 == 1 {
			ds[i] = -ds[i]
		}
	}
	return func(dst []byte) {
		randomBytes(dst, rng)
		for ; len(dst) > 0; dst = dst[size:] {
			c.finish(dst[:size], ds[rng.Uint64()%variants])
		}
	}
}

// uniform returns number i of n evenly spread over the uniform distribution
// with mean 0 and this standard deviation.
func uniform(i, n int, std float64) float32 {
	return float32(std * math.Sqrt(3) * (2*(float64(i)+0.5)/float64(n) - 1))
}

// fillF32 returns a filler of uniform float32s.
func fillF32(std float64, rng *rand.PCG) filler {
	scale := float32(std * math.Sqrt(3) / (1 << 31))
	return func(dst []byte) {
		for ; len(dst) > 0; dst = dst[4:] {
			x := float32(int32(rng.Uint64())) * scale
			binary.LittleEndian.PutUint32(dst, math.Float32bits(x))
		}
	}
}

// fillTable returns a filler of uniform 16-bit floats, drawn from a table: it
// is several times faster than rounding each.
func fillTable(std float64, round func(float32) uint16, rng *rand.PCG) filler {
	const n = 1 << 12
	var table [n]uint16
	for i := range table {
		table[i] = round(uniform(i, n, std))
	}
	return func(dst []byte) {
		for ; len(dst) > 0; dst = dst[2:] {
			binary.LittleEndian.PutUint16(dst, table[rng.Uint64()%n])
		}
	}
}

// fillFloats returns a filler that repeats values.
func fillFloats(values []float32) filler {
	i := 0
	return func(dst []byte) {
		for ; len(dst) > 0; dst = dst[4:] {
			binary.LittleEndian.PutUint32(dst, math.Float32bits(values[i%len(values)]))
			i++
		}
	}
}
