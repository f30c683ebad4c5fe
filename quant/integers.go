package quant

import "fmt"

// Ints is a block as integers and two scales: element i is
//
//	D·Scales[i/16]·Q[i] - DMin·Mins[i/16]
//
// A block of fewer than 256 elements has the first of each array.
type Ints struct {
	Q            [256]int8
	Scales, Mins [16]int32 // of 16 elements each
	D, DMin      float32
}

// HasIntegers reports whether [Integers] supports t: every type of blocks but Q8_1,
// and no interleaved one.
func HasIntegers(t Type) bool {
	_, interleaved := t.Base()
	return t.BlockElems() > 1 && t != Q8_1 && !interleaved
}

// HasMins reports whether blocks of t have minima.
func HasMins(t Type) bool {
	switch t {
	case Q4_1, Q5_1, Q2_K, Q4_K, Q5_K:
		return true
	}
	return false
}

// Integers sets v to the first block of block, of type t. Whatever its bytes are,
// the integers are in these ranges:
//
//	Q4_0           Q -8…7       Scales 1
//	Q4_1           Q 0…15       Scales 1         Mins 1 (DMin is -M)
//	Q5_0           Q -16…15     Scales 1
//	Q5_1           Q 0…31       Scales 1         Mins 1 (DMin is -M)
//	Q8_0, Q8_K     Q -128…127   Scales 1
//	Q2_K           Q 0…3        Scales 0…15      Mins 0…15
//	Q3_K           Q -4…3       Scales -32…31
//	Q4_K           Q 0…15       Scales 0…63      Mins 0…63
//	Q5_K           Q 0…31       Scales 0…63      Mins 0…63
//	Q6_K           Q -32…31     Scales -128…127
//	IQ4_NL         Q -127…113   Scales 1
//	IQ4_XS         Q -127…113   Scales -32…31
//	IQ1_S, IQ1_M   Q -9…9       Scales 1…15
//	IQ2_*          Q -43…43     Scales 1…31
//	IQ3_XXS        Q -62…62     Scales 1…31
//	IQ3_S          Q -15…15     Scales 1…31
//	MXFP4          Q -12…12     Scales 1
//	NVFP4          Q -12…12     Scales 0…245760 (D is 2⁻¹⁰)
//	Q1_0, TQ1_0    Q -1…1       Scales 1
//	Q2_0, TQ2_0    Q -1…2       Scales 1
//
// D and DMin have the 11 bits of an f16 or fewer, D of Q8_K the 24 of a float32,
// and so D·Scales·Q is exact in float32 but for Q8_K, unless it overflows.
// Without minima DMin is 0 and Mins stay as they are.
//
// It panics if [HasIntegers] is false for t or block is shorter than a block.
func Integers(v *Ints, t Type, block []byte) {
	v.DMin = 0
	switch t {
	case Q4_0:
		Blocks[BlockQ4_0](block)[0].integers(v)
	case Q4_1:
		Blocks[BlockQ4_1](block)[0].integers(v)
	case Q5_0:
		Blocks[BlockQ5_0](block)[0].integers(v)
	case Q5_1:
		Blocks[BlockQ5_1](block)[0].integers(v)
	case Q8_0:
		Blocks[BlockQ8_0](block)[0].integers(v)
	case IQ4_NL:
		Blocks[BlockIQ4_NL](block)[0].integers(v)
	case MXFP4:
		Blocks[BlockMXFP4](block)[0].integers(v)
	case NVFP4:
		Blocks[BlockNVFP4](block)[0].integers(v)
	case Q1_0:
		Blocks[BlockQ1_0](block)[0].integers(v)
	case Q2_0:
		Blocks[BlockQ2_0](block)[0].integers(v)
	default:
		integers256(v, t, block)
	}
}

// integers256 is [Integers] of the types with 256 elements a block.
func integers256(v *Ints, t Type, block []byte) {
	switch t {
	case Q2_K:
		Blocks[BlockQ2_K](block)[0].integers(v)
	case Q3_K:
		Blocks[BlockQ3_K](block)[0].integers(v)
	case Q4_K:
		Blocks[BlockQ4_K](block)[0].integers(v)
	case Q5_K:
		Blocks[BlockQ5_K](block)[0].integers(v)
	case Q6_K:
		Blocks[BlockQ6_K](block)[0].integers(v)
	case Q8_K:
		Blocks[BlockQ8_K](block)[0].integers(v)
	case IQ4_XS:
		Blocks[BlockIQ4_XS](block)[0].integers(v)
	case TQ1_0:
		Blocks[BlockTQ1_0](block)[0].integers(v)
	case TQ2_0:
		Blocks[BlockTQ2_0](block)[0].integers(v)
	case IQ1_S:
		Blocks[BlockIQ1_S](block)[0].integers(v)
	case IQ1_M:
		Blocks[BlockIQ1_M](block)[0].integers(v)
	case IQ2_XXS:
		Blocks[BlockIQ2_XXS](block)[0].integers(v)
	case IQ2_XS:
		Blocks[BlockIQ2_XS](block)[0].integers(v)
	case IQ2_S:
		Blocks[BlockIQ2_S](block)[0].integers(v)
	case IQ3_XXS:
		Blocks[BlockIQ3_XXS](block)[0].integers(v)
	case IQ3_S:
		Blocks[BlockIQ3_S](block)[0].integers(v)
	default:
		panic(fmt.Sprintf("quant: Integers: unsupported type %s", t))
	}
}
