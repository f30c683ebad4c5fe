//go:build wasip1

package main

import (
	"fmt"
	"runtime/debug"
	"unsafe"
)

// What the generated code calls: how the canonical ABI passes values. Pointers are of
// the memory that the host writes parameters to and reads results from.

// passed is memory that the host has asked for, to write parameters to.
var passed = map[unsafe.Pointer][]uint64{}

// kept is the memory of a result, until the host has read it.
var kept [][]uint64

// nothing is the address of what has no bytes.
var nothing uint64

// words is memory of n bytes, aligned as every type is.
func words(n int) []uint64 { return make([]uint64, (n+7)/8) }

// allocate is the canonical ABI's way to ask for memory, which it may only enlarge.
//
//go:wasmexport cabi_realloc
func allocate(old unsafe.Pointer, oldSize, _, size int32) unsafe.Pointer {
	if uint32(size) == 0 {
		return unsafe.Pointer(&nothing)
	}
	b := words(int(uint32(size)))
	copy(b, passed[old][:(uint32(oldSize)+7)/8])
	delete(passed, old)
	p := unsafe.Pointer(unsafe.SliceData(b))
	passed[p] = b
	return p
}

// take is the n elements of T at p, which are now Go's.
func take[T any](p unsafe.Pointer, n int) []T {
	delete(passed, p)
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*T)(p), n)
}

// area is memory for a result or a part of it.
func area(n int) unsafe.Pointer {
	if n == 0 {
		return unsafe.Pointer(&nothing)
	}
	b := words(n)
	kept = append(kept, b)
	return unsafe.Pointer(unsafe.SliceData(b))
}

// release gives the memory of a result back.
func release() {
	clear(kept)
	kept = kept[:0]
}

// address is a pointer in memory, of 32 bits.
func address(p unsafe.Pointer) unsafe.Pointer { return unsafe.Add(nil, uintptr(load[uint32](p))) }

func load[T any](p unsafe.Pointer) T     { return *(*T)(p) }
func store[T any](p unsafe.Pointer, v T) { *(*T)(p) = v }

func loadString(p unsafe.Pointer) string {
	return text(take[byte](address(p), int(load[uint32](unsafe.Add(p, 4)))))
}

// text is bytes as a string.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func loadList[T any](size int, item func(unsafe.Pointer) T) func(unsafe.Pointer) []T {
	return func(p unsafe.Pointer) []T {
		return list(address(p), int(load[uint32](unsafe.Add(p, 4))), size, item)
	}
}

// list is the n elements of a list at p, of a size in bytes each.
func list[T any](p unsafe.Pointer, n, size int, item func(unsafe.Pointer) T) []T {
	if size == 1 {
		return take[T](p, n)
	}
	defer delete(passed, p)
	all := make([]T, n)
	for i := range all {
		all[i] = item(unsafe.Add(p, i*size))
	}
	return all
}

func loadOption[T any](at int, value func(unsafe.Pointer) T) func(unsafe.Pointer) *T {
	return func(p unsafe.Pointer) *T {
		if load[uint8](p) == 0 {
			return nil
		}
		v := value(unsafe.Add(p, at))
		return &v
	}
}

func storeString(p unsafe.Pointer, s string) { storeBytes(p, []byte(s)) }

func storeBytes(p unsafe.Pointer, b []byte) {
	to := area(len(b))
	copy(unsafe.Slice((*byte)(to), len(b)), b)
	storeSlice(p, to, len(b))
}

// storeSlice writes where a list of n elements lies.
func storeSlice(p, to unsafe.Pointer, n int) {
	store(p, uint32(uintptr(to)))
	store(unsafe.Add(p, 4), uint32(n))
}

func storeList[T any](size int, item func(unsafe.Pointer, T)) func(unsafe.Pointer, []T) {
	return func(p unsafe.Pointer, all []T) {
		to := area(size * len(all))
		for i, v := range all {
			item(unsafe.Add(to, i*size), v)
		}
		storeSlice(p, to, len(all))
	}
}

func storeOption[T any](at int, value func(unsafe.Pointer, T)) func(unsafe.Pointer, *T) {
	return func(p unsafe.Pointer, v *T) {
		if v != nil {
			store(p, uint8(1))
			value(unsafe.Add(p, at), *v)
		}
	}
}

// flat is parameters that are left.
type flat []uint64

func (f *flat) next() uint64 {
	v := (*f)[0]
	*f = (*f)[1:]
	return v
}

type integer interface {
	~uint8 | ~int8 | ~uint16 | ~int16 | ~uint32 | ~int32 | ~uint64 | ~int64
}

func lift[T integer](f *flat) T         { return T(f.next()) }
func liftBool(f *flat) bool             { return f.next() != 0 }
func (f *flat) pointer() unsafe.Pointer { return unsafe.Add(nil, uintptr(uint32(f.next()))) }

func liftString(f *flat) string {
	p := f.pointer()
	return text(take[byte](p, int(uint32(f.next()))))
}

func liftList[T any](size int, item func(unsafe.Pointer) T) func(*flat) []T {
	return func(f *flat) []T {
		p := f.pointer()
		return list(p, int(uint32(f.next())), size, item)
	}
}

func liftOption[T any](n int, value func(*flat) T) func(*flat) *T {
	return func(f *flat) *T {
		if f.next() == 0 {
			*f = (*f)[n:]
			return nil
		}
		v := value(f)
		return &v
	}
}

// A table has resources by numbers, of which none is used twice.
type table[T any] struct {
	all    map[int32]*T
	last   int32
	handle func(number int32) int32 // the host's handle of a number
}

// add returns a handle for the host.
func (t *table[T]) add(v *T) int32 {
	if t.all == nil {
		t.all = map[int32]*T{}
	}
	t.last++
	t.all[t.last] = v
	return t.handle(t.last)
}

func (t *table[T]) remove(number int32) *T {
	v := t.get(number)
	delete(t.all, number)
	return v
}

func (t *table[T]) get(number int32) *T {
	v := t.all[number]
	if v == nil {
		panic(fmt.Sprintf("component: no resource %d", number))
	}
	return v
}

func (t *table[T]) load(p unsafe.Pointer) *T     { return t.get(load[int32](p)) }
func (t *table[T]) lift(f *flat) *T              { return t.get(lift[int32](f)) }
func (t *table[T]) store(p unsafe.Pointer, v *T) { store(p, t.add(v)) }

// try calls a function; a fault in it is an error.
func try[T any](f func() (T, error)) (v T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a fault in chord: %v\n%s", r, debug.Stack())
		}
	}()
	return f()
}
