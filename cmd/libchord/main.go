//go:build cgo

package main

/*
#include <stdlib.h>
#include <string.h>

void set_error(const char *text, size_t len);
*/
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/querent-ai/chord"
)

// handles are all handles of the process.
var handles table

func main() {} // a library has none, but the build modes want it

// call runs f and keeps what is wrong for the thread that called.
func call(f func() error) C.int {
	err := guard(f)
	if err != nil && err != errDone {
		text := err.Error()
		C.set_error((*C.char)(unsafe.Pointer(unsafe.StringData(text))), C.size_t(len(text)))
	}
	return C.int(statusOf(err))
}

// input returns a copy of a C string, nil of NULL.
func input(s *C.char) []byte {
	if s == nil {
		return nil
	}
	return C.GoBytes(unsafe.Pointer(s), C.int(C.strlen(s)))
}

// output copies n elements to a buffer; end is how many more it needs room for.
func output[T any](from []T, to unsafe.Pointer, capacity C.size_t, n *C.size_t, end int) error {
	if n == nil || to == nil && capacity > 0 {
		return errArgument
	}
	*n = C.size_t(len(from))
	if need := len(from) + end; uint64(capacity) < uint64(need) {
		return fmt.Errorf("%w: %d elements, want %d", errBuffer, capacity, need)
	}
	if to == nil { // nothing to write
		return nil
	}
	dst := unsafe.Slice((*T)(to), len(from)+end)
	copy(dst, from)
	clear(dst[len(from):])
	return nil
}

// find returns what a handle stands for, which is a T.
func find[T any](id C.size_t, kind string) (T, error) {
	v, ok := handles.lookup(uint(id)).(T)
	if !ok {
		return v, &handleError{uint(id), kind}
	}
	return v, nil
}

// take is find, and makes the handle stand for nothing.
func take[T any](id C.size_t, kind string) (T, error) {
	v, ok := remove[T](&handles, uint(id))
	if !ok {
		return v, &handleError{uint(id), kind}
	}
	return v, nil
}

// model returns an open model.
func model(id C.size_t) (*chord.Model, error) {
	m, err := find[*chord.Model](id, "open model")
	return m, err
}

// give makes a handle that f returns the value of.
func give[T any](out *C.size_t, name string, f func() (T, error)) error {
	if out == nil {
		return fmt.Errorf("%w: %s", errArgument, name)
	}
	*out = 0
	v, err := f()
	if err == nil {
		*out = C.size_t(handles.add(v))
	}
	return err
}

// needed returns a copy of a C string that must not be NULL.
func needed(s *C.char, name string) ([]byte, error) {
	if s == nil {
		return nil, fmt.Errorf("%w: %s", errArgument, name)
	}
	return input(s), nil
}

// tokenIDs returns the tokens at ids, which C keeps.
func tokenIDs(ids *C.int, n C.size_t) ([]int32, error) {
	if ids == nil && n > 0 {
		return nil, fmt.Errorf("%w: ids", errArgument)
	}
	return unsafe.Slice((*int32)(unsafe.Pointer(ids)), int(n)), nil
}
