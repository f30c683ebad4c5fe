package convert

import (
	"fmt"
	"io"
	"testing"

	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/internal/safetensors"
)

// BenchmarkWrite converts a matrix of 4096 rows in memory; the bytes are those that
// are read.
func BenchmarkWrite(b *testing.B) {
	const rows, cols = 4096, 4096
	h := hf{name: "x", shape: []int{rows, cols}, x: random(1, rows*cols)}
	for _, dtype := range []string{"BF16", "F32"} {
		h.dtype = dtype
		src := &safetensors.Tensor{Name: "x", Shape: h.shape, DType: safetensors.BF16, Data: h.bytes()}
		if dtype == "F32" {
			src.DType = safetensors.F32
		}
		for _, typ := range types {
			for _, way := range []string{"straight", "permuted"} {
				b.Run(fmt.Sprintf("from=%s/to=%s/rows=%s", dtype, typ.name, way), func(b *testing.B) {
					v := whole(src)
					if way == "permuted" {
						v = v.permuted(32)
					}
					t := &tensor{name: "blk.0.attn_q.weight", shape: src.Shape, views: []view{v}}
					t.setType(typ.typ)
					b.SetBytes(int64(len(src.Data)))
					pool := par.New(0)
					defer pool.Close()
					for b.Loop() {
						if err := t.writeTo(b.Context(), io.Discard, pool); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
