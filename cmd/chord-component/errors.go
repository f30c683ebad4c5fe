//go:build wasip1

package main

import (
	"context"
	"errors"

	"github.com/querent-ai/chord"
)

// errInvalid is a wrong parameter.
type errInvalid struct{ error }

// kinds are the cases of errors.
var kinds = []struct {
	is   error
	kind uint8
}{
	{chord.ErrFormat, ErrorFormat},
	{chord.ErrUnsupported, ErrorUnsupported},
	{chord.ErrInvalid, ErrorInvalid},
	{chord.ErrContextFull, ErrorContextFull},
	{chord.ErrBusy, ErrorBusy},
	{chord.ErrClosed, ErrorClosed},
	{context.Canceled, ErrorCancelled},
}

// asError is err as the host gets it.
func asError(err error) Error {
	kind := ErrorFailed
	if errors.As(err, new(errInvalid)) {
		kind = ErrorInvalid
	}
	for _, k := range kinds {
		if errors.Is(err, k.is) {
			kind = k.kind
			break
		}
	}
	s := err.Error()
	return Error{Case: kind, Format: s, Unsupported: s, Invalid: s, ContextFull: s, Busy: s, Closed: s, Cancelled: s, Failed: s}
}
