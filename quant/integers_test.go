package quant_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// A span is the least and the greatest of some integers.
type span struct{ least, greatest int32 }

func (s *span) add(x int32) { s.least, s.greatest = min(s.least, x), max(s.greatest, x) }

type ranges struct{ q, scales, mins span }

// integerRanges are the ranges that Integers documents.
var integerRanges = map[quant.Type]ranges{
	quant.Q4_0:    {q: span{-8, 7}, scales: span{1, 1}},
	quant.Q4_1:    {q: span{0, 15}, scales: span{1, 1}, mins: span{1, 1}},
	quant.Q5_0:    {q: span{-16, 15}, scales: span{1, 1}},
	quant.Q5_1:    {q: span{0, 31}, scales: span{1, 1}, mins: span{1, 1}},
	quant.Q8_0:    {q: span{-128, 127}, scales: span{1, 1}},
	quant.Q8_K:    {q: span{-128, 127}, scales: span{1, 1}},
	quant.Q2_K:    {q: span{0, 3}, scales: span{0, 15}, mins: span{0, 15}},
	quant.Q3_K:    {q: span{-4, 3}, scales: span{-32, 31}},
	quant.Q4_K:    {q: span{0, 15}, scales: span{0, 63}, mins: span{0, 63}},
	quant.Q5_K:    {q: span{0, 31}, scales: span{0, 63}, mins: span{0, 63}},
	quant.Q6_K:    {q: span{-32, 31}, scales: span{-128, 127}},
	quant.IQ4_NL:  {q: span{-127, 113}, scales: span{1, 1}},
	quant.IQ4_XS:  {q: span{-127, 113}, scales: span{-32, 31}},
	quant.IQ1_S:   {q: span{-9, 9}, scales: span{1, 15}},
	quant.IQ1_M:   {q: span{-9, 9}, scales: span{1, 15}},
	quant.IQ2_XXS: {q: span{-43, 43}, scales: span{1, 31}},
	quant.IQ2_XS:  {q: span{-43, 43}, scales: span{1, 31}},
	quant.IQ2_S:   {q: span{-43, 43}, scales: span{1, 31}},
	quant.IQ3_XXS: {q: span{-62, 62}, scales: span{1, 31}},
	quant.IQ3_S:   {q: span{-15, 15}, scales: span{1, 31}},
	quant.MXFP4:   {q: span{-12, 12}, scales: span{1, 1}},
	quant.NVFP4:   {q: span{-12, 12}, scales: span{0, 245760}},
	quant.Q1_0:    {q: span{-1, 1}, scales: span{1, 1}},
	quant.Q2_0:    {q: span{-1, 2}, scales: span{1, 1}},
	quant.TQ1_0:   {q: span{-1, 1}, scales: span{1, 1}},
	quant.TQ2_0:   {q: span{-1, 2}, scales: span{1, 1}},
}

// TestIntegers: for any bytes, the formula of Ints evaluated in float64 and
// rounded to float32 is what Dequantize returns, exact without minima; the
// integers are in the documented ranges, whose ends occur.
func TestIntegers(t *testing.T) {
	for _, typ := range types(quant.HasIntegers) {
		t.Run(typ.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(5, 6))
			block, x := make([]byte, typ.BlockBytes()), make([]float32, typ.BlockElems())
			var v quant.Ints
			none := span{math.MaxInt32, math.MinInt32}
			got := ranges{none, none, none}
			for range 500 {
				for i := range block {
					block[i] = byte(rng.Uint32())
				}
				v.DMin = 5 // of another type
				quant.Integers(&v, typ, block)
				quant.Dequantize(x, typ, block)
				checkIntegers(t, typ, &v, x)
				for i := range x {
					got.q.add(int32(v.Q[i]))
					got.scales.add(v.Scales[i/16])
					got.mins.add(v.Mins[i/16])
				}
			}
			if want := integerRanges[typ]; got != want {
				t.Errorf("ranges %v, want %v", got, want)
			}
		})
	}
}

// checkIntegers compares the values x of a block with v.
func checkIntegers(t *testing.T, typ quant.Type, v *quant.Ints, x []float32) {
	t.Helper()
	exact := !quant.HasMins(typ) && typ != quant.Q8_K
	for i, got := range x {
		d, s, m := float64(v.D), float64(v.Scales[i/16]), float64(v.DMin)*float64(v.Mins[i/16])
		want := float64(d*s*float64(v.Q[i])) - m
		formula := fmt.Sprintf("%g·%g·%d - %g", d, s, v.Q[i], m)
		switch {
		case got != got && want != want:
		case math.Float32bits(got) != math.Float32bits(float32(want)):
			t.Fatalf("element %d: got %g, want %s", i, got, formula)
		case exact && float64(got) != want && math.Abs(want) <= math.MaxFloat32:
			t.Fatalf("element %d: %g is not exactly %s", i, got, formula)
		}
	}
	if !quant.HasMins(typ) && (v.DMin != 0 || v.Mins != [16]int32{}) {
		t.Fatalf("DMin %g, Mins %d, want none", v.DMin, v.Mins)
	}
}

func TestIntegersPanics(t *testing.T) {
	var v quant.Ints
	for name, call := range map[string]func(){
		"float type":        func() { quant.Integers(&v, quant.F32, make([]byte, 144)) },
		"Q8_1":              func() { quant.Integers(&v, quant.Q8_1, make([]byte, 144)) },
		"interleaved type":  func() { quant.Integers(&v, quant.Q4_K.X16(), make([]byte, 144)) },
		"short block":       func() { quant.Integers(&v, quant.IQ2_XXS, make([]byte, 100)[:65]) },
		"short block of 32": func() { quant.Integers(&v, quant.Q4_0, make([]byte, 100)[:17]) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}
