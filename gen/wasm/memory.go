package wasm

import "fmt"

// access is an instruction of memory at address p + off. Addresses of 64 bits are of the
// second memory, if there is one.
func (f *Func) access(t Type, op []byte, p Expr, off int, lane ...byte) Expr {
	if off < 0 {
		panic(fmt.Sprintf("wasm: offset %d", off))
	}
	if f.m.Far && p.typ == I64 {
		op = append(op, 0x40, 1) // the second memory
	} else {
		p.want(f.m.Ptr)
		op = append(op, 0) // no alignment is assumed
	}
	return join(t, append(uleb(op, uint64(off)), lane...), p)
}

// vector is access by an instruction of SIMD128.
func (f *Func) vector(op byte, p Expr, off int) Expr {
	return f.access(V128, []byte{0xfd, op}, p, off)
}

// Load is the 16 bytes at p + off.
func (f *Func) Load(p Expr, off int) Expr { return f.vector(0, p, off) }

// LoadI8 is eight signed bytes as int16, LoadI16 and LoadU16 four of 16 bits as int32.
func (f *Func) LoadI8(p Expr, off int) Expr  { return f.vector(1, p, off) }
func (f *Func) LoadI16(p Expr, off int) Expr { return f.vector(3, p, off) }
func (f *Func) LoadU16(p Expr, off int) Expr { return f.vector(4, p, off) }

// Splat16 and Splat32 are a number of so many bits in all lanes.
func (f *Func) Splat16(p Expr, off int) Expr { return f.vector(8, p, off) }
func (f *Func) Splat32(p Expr, off int) Expr { return f.vector(9, p, off) }

// Load32 is a dword in lane 0 and zeros, Load64 two of them.
func (f *Func) Load32(p Expr, off int) Expr { return f.vector(0x5c, p, off) }
func (f *Func) Load64(p Expr, off int) Expr { return f.vector(0x5d, p, off) }

// I32 is the dword at p + off, F32 the float32.
func (f *Func) I32(p Expr, off int) Expr { return f.access(I32, []byte{0x28}, p, off) }
func (f *Func) F32(p Expr, off int) Expr { return f.access(F32, []byte{0x2a}, p, off) }

// I64 is the eight bytes at p + off.
func (f *Func) I64(p Expr, off int) Expr { return f.access(I64, []byte{0x29}, p, off) }

// U8 and U16 are unsigned numbers at p + off, as i32.
func (f *Func) U8(p Expr, off int) Expr  { return f.access(I32, []byte{0x2d}, p, off) }
func (f *Func) U16(p Expr, off int) Expr { return f.access(I32, []byte{0x2f}, p, off) }

// store is an instruction of memory that writes v.
func (f *Func) store(op []byte, p Expr, off int, v Expr, lane ...byte) {
	p.want(f.m.Ptr)
	if off < 0 {
		panic(fmt.Sprintf("wasm: offset %d", off))
	}
	f.emit(append(uleb(append(op, 0), uint64(off)), lane...), p, v)
}

// Store writes a value of any type to p + off.
func (f *Func) Store(p Expr, off int, v Expr) {
	op, ok := map[Type][]byte{I32: {0x36}, I64: {0x37}, F32: {0x38}, V128: {0xfd, 11}}[v.typ]
	if !ok {
		panic("wasm: Store: no such instruction")
	}
	f.store(op, p, off, v)
}

// Store8 and Store16 write the low bits of an i32.
func (f *Func) Store8(p Expr, off int, v Expr)  { v.want(I32); f.store([]byte{0x3a}, p, off, v) }
func (f *Func) Store16(p Expr, off int, v Expr) { v.want(I32); f.store([]byte{0x3b}, p, off, v) }

// StoreLane writes the first lane of v, of 2, 4 or 8 bytes.
func (f *Func) StoreLane(p Expr, off int, v Expr, bytes int) {
	v.want(V128)
	f.store([]byte{0xfd, map[int]byte{2: 0x59, 4: 0x5a, 8: 0x5b}[bytes]}, p, off, v, 0)
}

// Fill sets n bytes from p on to 0.
func (f *Func) Fill(p, n Expr) {
	n.want(f.m.Ptr)
	f.emit([]byte{0xfc, 11, 0}, p, Const(0), n)
}

// Copy copies n bytes from p to to, which do not overlap.
func (f *Func) Copy(to, p, n Expr) {
	n.want(f.m.Ptr)
	f.emit([]byte{0xfc, 10, 0, 0}, to, p, n)
}

// CopyFar copies n bytes from p to far of the second memory, CopyNear from far to p.
func (f *Func) CopyFar(far, p, n Expr) {
	far.want(I64)
	n.want(I32)
	f.emit([]byte{0xfc, 10, 1, 0}, far, p, n)
}

// CopyNear is described at [Func.CopyFar].
func (f *Func) CopyNear(p, far, n Expr) {
	far.want(I64)
	n.want(I32)
	f.emit([]byte{0xfc, 10, 0, 1}, p, far, n)
}

// GrowFar adds pages, an i64, to the second memory and is how many it had, or -1.
func (f *Func) GrowFar(pages Expr) Expr {
	pages.want(I64)
	return join(I64, []byte{0x40, 1}, pages)
}

// AtomicLoad is the dword at p + off.
func (f *Func) AtomicLoad(p Expr, off int) Expr { return f.atomic(0x10, p, off) }

// AtomicAdd adds v to the dword at p + off and is what was there before. It has an
// effect: it must be put once.
func (f *Func) AtomicAdd(p Expr, off int, v Expr) Expr { return f.atomic(0x1e, p, off, v) }

// Wait waits until a notification if the dword at p + off is v, and is 0, 1 or 2:
// woken, another value, too late. A negative timeout is none, others are
// nanoseconds.
func (f *Func) Wait(p Expr, off int, v Expr, timeout int64) Expr {
	return f.atomic(0x01, p, off, v, Expr{I64, sleb([]byte{0x42}, timeout)})
}

// Notify wakes who waits at p + off, at most n, and is how many they were.
func (f *Func) Notify(p Expr, off int, n Expr) Expr { return f.atomic(0x00, p, off, n) }

// AtomicStore writes the dword v to p + off.
func (f *Func) AtomicStore(p Expr, off int, v Expr) {
	f.do(f.atomic(0x17, p, off, v))
}

// atomic is an instruction of dwords, which lie aligned.
func (f *Func) atomic(op byte, p Expr, off int, operands ...Expr) Expr {
	p.want(f.m.Ptr)
	if off%4 != 0 {
		panic("wasm: an atomic access is aligned")
	}
	return join(I32, uleb([]byte{0xfe, op, 2}, uint64(off)), append([]Expr{p}, operands...)...)
}
