package simd

import (
	"syscall"
	"testing"
	"unsafe"
)

// fence is memory beside pages that nobody may touch: it starts right behind
// one, or ends right before one.
type fence struct {
	t   testing.TB
	end bool
}

// fences returns both kinds of fence, or none where they cannot be had; the
// memory lives until the test ends.
func fences(t testing.TB) []memory { return []memory{fence{t, false}, fence{t, true}} }

func (m fence) alloc(n, _ int) []byte {
	page := syscall.Getpagesize()
	size := (n + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		if err := syscall.Munmap(mem); err != nil {
			m.t.Error(err)
		}
	})
	for _, guard := range [][]byte{mem[:page], mem[page+size:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			m.t.Fatal(err)
		}
	}
	lo := page
	if m.end {
		lo = page + size - n
	}
	return unsafe.Slice(&mem[lo], n) // without the capacity to grow into a guard
}

func (fence) check(testing.TB) {}
