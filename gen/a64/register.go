package a64

import (
	"fmt"
	"slices"
)

// R is a general register of 64 bits, V a vector register of 128.
type (
	R uint8
	V uint8
)

// Registers that kernels may use: R16 to R18 are the linker's and the
// system's, from R26 on they are Go's.
var (
	generalRegisters = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 19, 20, 21, 22, 23, 24, 25}
	vectorRegisters  = func() (all []int) {
		for i := range 32 {
			all = append(all, i)
		}
		return all
	}()
)

func (r R) String() string { return fmt.Sprintf("R%d", uint8(r)) }

// A Mem is memory at a register plus an offset.
type Mem struct {
	Base R
	Off  int
}

// At is the memory off bytes behind r.
func (r R) At(off int) Mem { return Mem{r, off} }

func (m Mem) String() string {
	if m.Off == 0 {
		return fmt.Sprintf("(%v)", m.Base)
	}
	return fmt.Sprintf("%d(%v)", m.Off, m.Base)
}

// An Arr is an arrangement of a vector register's lanes.
type Arr uint8

// Arrangements: Q says 16 bytes instead of 8, the rest is log2 of a lane's
// bytes.
const (
	B8 Arr = iota
	H4
	S2
	D1
	B16
	H8
	S4
	D2
)

func (a Arr) q() uint32    { return uint32(a >> 2) }
func (a Arr) size() uint32 { return uint32(a & 3) }

// gnu and golang are the arrangement's names in GNU as and in Go.
func (a Arr) gnu() string { return [...]string{"8b", "4h", "2s", "1d", "16b", "8h", "4s", "2d"}[a] }
func (a Arr) golang() string {
	return [...]string{"B8", "H4", "S2", "D1", "B16", "H8", "S4", "D2"}[a]
}

// A pool hands out registers.
type pool struct {
	kind string
	free []int // ascending
}

func newPool(kind string, all []int) pool { return pool{kind, slices.Clone(all)} }

// take returns the first of n free registers in a row.
func (p *pool) take(n int) int {
	for i := range p.free {
		if i+n <= len(p.free) && p.free[i+n-1] == p.free[i]+n-1 {
			first := p.free[i]
			p.free = slices.Delete(p.free, i, i+n)
			return first
		}
	}
	panic(fmt.Sprintf("a64: no %d registers %s in a row are free, only %v", n, p.kind, p.free))
}

func (p *pool) give(r int) {
	if slices.Contains(p.free, r) {
		panic(fmt.Sprintf("a64: %s%d is free already", p.kind, r))
	}
	p.free = append(p.free, r)
	slices.Sort(p.free)
}

// R hands out a fresh general register; it panics when none is left.
func (f *File) R() R { return R(f.fn.r.take(1)) }

// V hands out a fresh vector register; it panics when none is left.
func (f *File) V() V { return V(f.fn.v.take(1)) }

// Vs hands out n fresh vector registers in a row, as the loads and stores of
// several want them.
func (f *File) Vs(n int) []V {
	first := f.fn.v.take(n)
	vs := make([]V, n)
	for i := range vs {
		vs[i] = V(first + i)
	}
	return vs
}

// Free gives vector registers back.
func (f *File) Free(vs ...V) {
	for _, v := range vs {
		f.fn.v.give(int(v))
	}
}

// FreeR gives general registers back.
func (f *File) FreeR(rs ...R) {
	for _, r := range rs {
		f.fn.r.give(int(r))
	}
}

// Left is how many vector registers are free.
func (f *File) Left() int { return len(f.fn.v.free) }

// Scope runs body and gives back all registers that it has taken; body gives
// back none that was taken before.
func (f *File) Scope(body func()) {
	r, v := slices.Clone(f.fn.r.free), slices.Clone(f.fn.v.free)
	body()
	f.fn.r.free, f.fn.v.free = r, v
}
