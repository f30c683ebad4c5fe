//go:build cgo

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/querent-ai/chord"
)

// The statuses of chord.h.
const (
	statusOK = iota
	statusDone
	statusOther
	statusArgument
	statusHandle
	statusBuffer
	statusInvalid
	statusFormat
	statusUnsupported
	statusContextFull
	statusBusy
	statusClosed
	statusCancelled
	statusMismatch
	statusIO
	statusPanic
)

// Errors of this interface.
var (
	errDone     = errors.New("the text has ended")
	errArgument = errors.New("an argument is NULL")
	errHandle   = errors.New("no such handle")
	errInUse    = errors.New("the session is in use")
	errBuffer   = errors.New("the buffer is too small")
)

// A handleError is errHandle, of a handle that is no such thing. Programs use handles
// that are closed often enough for the text to be made without package fmt.
type handleError struct {
	id   uint
	kind string
}

// Error says which handle it is, and what it is not.
func (e *handleError) Error() string {
	return errHandle.Error() + ": " + strconv.FormatUint(uint64(e.id), 10) + " is no " + e.kind
}

// Unwrap returns errHandle.
func (e *handleError) Unwrap() error { return errHandle }

// A panicError is a panic that C cannot see.
type panicError struct{ value any }

// Error says what the panic was.
func (p panicError) Error() string { return fmt.Sprint("panic: ", p.value) }

// statuses are the statuses of errors; the first that fits counts.
var statuses = []struct {
	kind   error
	status int
}{
	{errDone, statusDone},
	{errArgument, statusArgument},
	{errHandle, statusHandle},
	{errInUse, statusBusy},
	{errBuffer, statusBuffer},
	{chord.ErrInvalid, statusInvalid},
	{chord.ErrFormat, statusFormat},
	{chord.ErrUnsupported, statusUnsupported},
	{chord.ErrContextFull, statusContextFull},
	{chord.ErrBusy, statusBusy},
	{chord.ErrClosed, statusClosed},
	{chord.ErrMismatch, statusMismatch},
	{context.Canceled, statusCancelled},
}

// statusOf returns the status of an error.
func statusOf(err error) int {
	if err == nil {
		return statusOK
	}
	if _, ok := err.(*handleError); ok { // without a search
		return statusHandle
	}
	for _, s := range statuses {
		if errors.Is(err, s.kind) {
			return s.status
		}
	}
	var (
		path  *fs.PathError
		panic panicError
	)
	switch {
	case errors.As(err, &panic):
		return statusPanic
	case errors.As(err, &path):
		return statusIO
	}
	return statusOther
}

// guard runs f; a panic becomes its error.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicError{r}
		}
	}()
	return f()
}
