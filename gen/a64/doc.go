// Package a64 writes assembly for arm64: it is what avo is for amd64.
//
// A [File] becomes asm/<tier>/<name>_arm64.{s,go}; [Generate] makes them from
// [Kernel]s. A kernel is
//
//	f.Func("Add", "dst *float32, …", "")  a NOSPLIT leaf; Arg, ArgF32, RetF32, End
//	p := f.Arg("dst")                  R: general register, by parameter name;
//	                                   slices are "x_base", "x_len"; SplatArg
//	v, vs := f.V(), f.Vs(4)            fresh vector registers; panics when out;
//	                                   f.Free gives them back, f.Scope all that
//	                                   its body takes
//	f.Loop("name", n, func() { … })    n times; While, Label/Place, Branch, Cmp
//	f.Ld1(vs, p, a64.Next)             1 to 4 registers; Stay, Next, By(r) move p
//	f.LdLane, StLane                   one lane
//	f.LdR, LdN, LdQ, LdD, LdS, LdP     broadcast, de-interleave, 16, 8, 4, 2×16
//	f.St1, StN, StQ, StD, StS, StP     the same way back
//	f.And, Add, Ushr, Zip1, Tbl, Dup…  what Go's assembler has (vector.go)
//	f.Same("fmul", a64.S4, d, n, m)    what it lacks (codes.go), as WORD:
//	                                   Same, One, Pair, Long, Wide, Narrow, Lane,
//	                                   Right, LongLeft, Across, Fcvtl, Fcvtn,
//	                                   Dot, DotLane, Mmla; short: Fadd, Fmul, …
//	f.Go("PRFM", …)                    anything else, in Go's syntax
//	f.Addr(f.Data("name", dwords…))    the address of constants
//
// The destination always comes first, as in ARM's manuals. A new instruction
// that Go lacks is a row of a table in codes.go and its bytes by GNU as in the
// test.
package a64
