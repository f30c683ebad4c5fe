// Package wasm writes modules of WebAssembly: it is what avo is for amd64.
//
// A [Module] has functions over one imported memory; Bytes returns it. A
// function is written top-down:
//
//	f := m.Func("Add", []Type{m.Ptr, m.Ptr, I32}, nil)
//	dst, x, n := f.Arg(0), f.Arg(1), f.Arg(2)
//	f.While(n, 4, func() {                       // for ; n >= 4; n -= 4
//		f.Store(dst, 0, F32x4Add(f.Load(dst, 0), f.Load(x, 0)))
//		f.Inc(dst, 16)
//		f.Inc(x, 16)
//	})
//
// An [Expr] is a value: a tree of instructions that leaves one operand on the
// stack. Its type is checked where it is used, so a module that can be written is
// valid; an expression has no effect and is computed wherever it is put, as often
// as it is put. A [Var] is a local variable, its value an Expr.
//
// A [Variant] says what the memory is: plain, shared, or one with addresses of 64
// bits. Ptr is the type of its addresses.
package wasm
