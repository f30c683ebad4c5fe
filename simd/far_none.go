//go:build purego || !wasmkernels

package simd

// Other programs have no far memory.
func farGrow(int) int             { return 0 }
func farBytes(uint64, int) []byte { return nil }
func farPut(_, _ []byte)          {}
func farGet(_, _ []byte)          {}
