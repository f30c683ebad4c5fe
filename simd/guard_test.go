package simd

import (
	"testing"
	"unsafe"
)

// A memory hands out bytes for one argument of a kernel, aligned for size
// bytes an element. What lies around them must not be touched: it ends in a
// fault, or check reports it.
type memory interface {
	alloc(n, size int) []byte
	check(t testing.TB)
}

// elems returns n elements of m's memory.
func elems[T any](m memory, n int) []T {
	b := m.alloc(n*int(unsafe.Sizeof(*new(T))), int(unsafe.Sizeof(*new(T))))
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}

// placed returns a copy of x in m's memory.
func placed[T any](m memory, x []T) []T {
	s := elems[T](m, len(x))
	copy(s, x)
	return s
}

// between is memory between guard values, off elements behind an address that
// is a multiple of 64; argument after argument lies three elements further.
type between struct {
	off    int
	blocks []guardedBytes
}

// guardedBytes is memory of which [lo, hi) may be written.
type guardedBytes struct {
	mem    []byte
	lo, hi int
}

const guardByte, guardSize = 0xa5, 128

func (m *between) alloc(n, size int) []byte {
	b := guardedBytes{mem: make([]byte, n+3*guardSize)}
	base := int(uintptr(unsafe.Pointer(&b.mem[0])) % 64)
	b.lo = guardSize - base + (m.off+3*len(m.blocks))%16*size
	b.hi = b.lo + n
	for i := range b.mem {
		b.mem[i] = guardByte
	}
	m.blocks = append(m.blocks, b)
	return b.mem[b.lo:b.hi:b.hi]
}

func (m *between) check(t testing.TB) {
	t.Helper()
	for i, b := range m.blocks {
		for at, v := range b.mem {
			if v != guardByte && (at < b.lo || at >= b.hi) {
				t.Fatalf("argument %d of %d bytes: byte %d written", i, b.hi-b.lo, at-b.lo)
			}
		}
	}
}
