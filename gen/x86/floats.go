package x86

import (
	"math"

	. "github.com/mmcloughlin/avo/operand"
)

// Floats are the kernels of float vectors, the same source for every tier.
var Floats = []Kernel{Dot, Elementwise, Max, Above, Exp, GELU, Softmax, RoPE, RoPEHalves, Recurrent, Hadamard, Quantize32, Quantize256}

// num makes a constant ready for use as first operand: in a register if there
// are many, else in memory.
func (f *File) num(m Mem) Op {
	if !f.Wide {
		return m
	}
	r := f.ZMM()
	f.VMOVUPS(m, r)
	return r
}

// By is v = v op c, lane by lane.
func (f *File) By(o op, c Op, v V) {
	for _, r := range v {
		o(c, r, r)
	}
}

// Float32 is Const32 of a float.
func (f *File) Float32(name string, v float32) Mem {
	return f.Const32(name, math.Float32bits(v))
}
