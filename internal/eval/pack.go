package eval

import (
	"encoding/binary"
	"math"

	"github.com/querent-ai/chord/simd"
)

// A packed row is the format in which llama-perplexity keeps the base's log
// probabilities, quantised to steps, little-endian:
//
//	0 scale f32 | 4 least f32 | 8 steps [vocabulary]u16 | up to a multiple of 4: zeros
//
// log p[i] = scale·steps[i] + least. The steps cover at most packRange; smaller
// probabilities are raised to the least.
const (
	packHeader = 8
	packRange  = 16
	packSteps  = 1<<16 - 1
)

// RowBytes returns the size of a packed row.
func RowBytes(vocab int) int { return packHeader + (vocab+1)/2*4 }

// Pack sets dst, of RowBytes, to a row that Compare can read, and returns the
// NLL of token id, as Score does.
func (s *Scorer) Pack(dst []byte, logits []float32, id int32) Row {
	most := logits[simd.Argmax(logits)]
	total := s.logSum(logits, most)
	least := most
	for _, x := range logits {
		least = min(least, x)
	}
	least = max(least, most-packRange)
	scale := (most - least) / packSteps
	binary.LittleEndian.PutUint32(dst, math.Float32bits(scale))
	binary.LittleEndian.PutUint32(dst[4:], math.Float32bits(float32(float64(least)-total)))
	steps := dst[packHeader:]
	clear(steps)
	if scale > 0 {
		for i, x := range logits {
			if x > least {
				binary.LittleEndian.PutUint16(steps[2*i:], uint16(math.RoundToEven(float64(x-least)/float64(scale))))
			}
		}
	}
	return Row{NLL: total - float64(logits[id])}
}

// A packed is the view of a packed row.
type packed struct {
	scale, least float32
	steps        []byte
}

func unpack(b []byte) packed {
	return packed{
		scale: math.Float32frombits(binary.LittleEndian.Uint32(b)),
		least: math.Float32frombits(binary.LittleEndian.Uint32(b[4:])),
		steps: b[packHeader:],
	}
}

// at returns the logarithm of the probability of token i.
func (p packed) at(i int) float32 {
	return float32(p.scale*float32(binary.LittleEndian.Uint16(p.steps[2*i:]))) + p.least
}
