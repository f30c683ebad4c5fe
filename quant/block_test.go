package quant_test

import (
	"testing"
	"unsafe"

	"github.com/querent-ai/chord/quant"
)

// checkBlocks checks the size of B and the blocks that Blocks returns for several
// lengths.
func checkBlocks[B quant.Block](t *testing.T, typ quant.Type) {
	t.Helper()
	var b B
	size := typ.BlockBytes()
	if int(unsafe.Sizeof(b)) != size || unsafe.Alignof(b) != 1 {
		t.Errorf("%s: %d bytes aligned to %d, want %d and 1", typ, unsafe.Sizeof(b), unsafe.Alignof(b), size)
	}
	data := make([]byte, 3*size)
	for _, n := range []int{0, 1, size - 1, size, size + 1, 3*size - 1, 3 * size} {
		blocks := quant.Blocks[B](data[:n])
		if len(blocks) != n/size {
			t.Errorf("%s: %d blocks in %d bytes, want %d", typ, len(blocks), n, n/size)
		}
		if n >= size && unsafe.Pointer(&blocks[0]) != unsafe.Pointer(&data[0]) {
			t.Errorf("%s: the blocks are a copy", typ)
		}
	}
}

func TestBlocks(t *testing.T) {
	checkBlocks[quant.BlockQ4_0](t, quant.Q4_0)
	checkBlocks[quant.BlockQ4_1](t, quant.Q4_1)
	checkBlocks[quant.BlockQ5_0](t, quant.Q5_0)
	checkBlocks[quant.BlockQ5_1](t, quant.Q5_1)
	checkBlocks[quant.BlockQ8_0](t, quant.Q8_0)
	checkBlocks[quant.BlockQ2_K](t, quant.Q2_K)
	checkBlocks[quant.BlockQ3_K](t, quant.Q3_K)
	checkBlocks[quant.BlockQ4_K](t, quant.Q4_K)
	checkBlocks[quant.BlockQ5_K](t, quant.Q5_K)
	checkBlocks[quant.BlockQ6_K](t, quant.Q6_K)
	checkBlocks[quant.BlockQ8_K](t, quant.Q8_K)
	checkBlocks[quant.BlockIQ4_NL](t, quant.IQ4_NL)
	checkBlocks[quant.BlockIQ4_XS](t, quant.IQ4_XS)
	checkBlocks[quant.BlockMXFP4](t, quant.MXFP4)
	checkBlocks[quant.BlockIQ1_S](t, quant.IQ1_S)
	checkBlocks[quant.BlockIQ1_M](t, quant.IQ1_M)
	checkBlocks[quant.BlockIQ2_XXS](t, quant.IQ2_XXS)
	checkBlocks[quant.BlockIQ2_XS](t, quant.IQ2_XS)
	checkBlocks[quant.BlockIQ2_S](t, quant.IQ2_S)
	checkBlocks[quant.BlockIQ3_XXS](t, quant.IQ3_XXS)
	checkBlocks[quant.BlockIQ3_S](t, quant.IQ3_S)
	checkBlocks[quant.BlockNVFP4](t, quant.NVFP4)
	checkBlocks[quant.BlockQ1_0](t, quant.Q1_0)
	checkBlocks[quant.BlockQ2_0](t, quant.Q2_0)
	checkBlocks[quant.BlockTQ1_0](t, quant.TQ1_0)
	checkBlocks[quant.BlockTQ2_0](t, quant.TQ2_0)
}
