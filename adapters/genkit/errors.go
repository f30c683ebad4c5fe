package genkit

import (
	"context"
	"errors"

	"github.com/firebase/genkit/go/core"

	"github.com/querent-ai/chord"
)

// statuses are Genkit's words for the kinds of errors.
var statuses = []struct {
	kind   error
	status core.StatusName
}{
	{context.Canceled, core.CANCELLED},
	{context.DeadlineExceeded, core.DEADLINE_EXCEEDED},
	{chord.ErrInvalid, core.INVALID_ARGUMENT},
	{chord.ErrContextFull, core.INVALID_ARGUMENT},
	{chord.ErrBusy, core.RESOURCE_EXHAUSTED},
	{chord.ErrClosed, core.UNAVAILABLE},
	{chord.ErrUnsupported, core.UNIMPLEMENTED},
}

// A failure is an error of Genkit's and its cause, of which errors.Is and errors.As
// find both.
type failure struct {
	*core.GenkitError
	cause error // nil: there is none
}

// Unwrap returns both errors.
func (f *failure) Unwrap() []error {
	if f.cause == nil {
		return []error{f.GenkitError}
	}
	return []error{f.GenkitError, f.cause}
}

// mapError returns err as an error of Genkit.
func mapError(err error) error {
	for _, s := range statuses {
		if errors.Is(err, s.kind) {
			return fail(s.status, err, "%v", err)
		}
	}
	return fail(core.INTERNAL, err, "%v", err)
}

// fail returns an error with a status.
func fail(status core.StatusName, cause error, format string, args ...any) error {
	return &failure{core.NewError(status, format, args...), cause}
}
