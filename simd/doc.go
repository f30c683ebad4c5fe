// Package simd is vector and quantised-matrix arithmetic, the fastest way this
// CPU can; the only importer of asm.
//
// Every function gives the same bits on every tier, for every number of
// threads and every batch. The canonical order that makes it so:
//
//   - One row of a matrix is one lane. A block's products are summed exactly in
//     int32 (s); then acc += float32(s)·(dw·dx), every operation rounded, blocks
//     in order, no fused multiply-add. Formats with a minimum subtract
//     float32(m)·(dmin·dx) after that. Float weights add w·x, column by column.
//     Formats with blocks of 64 or 128 columns count as blocks of 32, NVFP4, which
//     has a float scale every 16 columns, as blocks of 16 with dx of the 32.
//   - Activations are quantised once per product to int8 with one float32 scale
//     a block: d = max|x|/127, q = x·(127/max|x|) rounded to even.
//   - Reductions of vectors keep 16 sums, element i in sum i mod 16, added up
//     as a tree.
//   - Attention: a query is scaled, then multiplied with keys as activations are
//     with a matrix's rows. Positions come in blocks of 256 from position 0 on;
//     in each, the maximum rises first, m' = max(m, max s), and scales what was
//     before, l = l·Exp(m-m'), o = o·Exp(m-m'); then p = Exp(s-m'), l += Σ p as
//     sums of vectors are (the first position seen in sum 0) and o += p·v,
//     position by position. The result is o·(1/l).
//   - Exp and the functions of tables are multiplies and adds.
//
// Any goroutine may call any function. A [Matrix], a [KV] and a [Pool] can be
// shared; [Acts], [Attention] and [KVWriter] keep memory from use to use and
// serve one goroutine at a time. Slices are written to where a comment says so
// and nowhere else, and must not overlap unless it allows that. Shapes are in
// parentheses, (rows, columns), row-major; lengths count elements, sizes bytes.
// Wrong lengths are a wrong call, which panics; sizes that may come from a file
// are errors.
//
// To read it, start with vector.go, whose functions call the tier in use, and
// dispatch.go, which chooses it. Then matrix.go and interleave.go for weights,
// acts.go and quantize.go for activations, and matmul.go for their product, whose
// kernel gemm_generic.go has in Go. kv.go and attention.go stand on the same
// kernels. The tables z*.go come from the rows of gen/layout.
package simd

//go:generate go run -C ../gen . simd
