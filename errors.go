package chord

import (
	"errors"
	"fmt"
	"time"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/sample"
)

// Errors say in words what is wrong and where; errors.Is with one of these tells
// whose concern it is.
var (
	// ErrInvalid: a parameter has no meaning. The error is a [*ParamError].
	ErrInvalid = errors.New("invalid parameter")
	// ErrContextFull: a prompt that the context cannot hold.
	ErrContextFull = llama.ErrContextFull
	// ErrBusy: too many calls are waiting. The error is a [*BusyError].
	ErrBusy = engine.ErrBusy
	// ErrClosed: the model or session has been closed.
	ErrClosed = llama.ErrClosed
	// ErrUnsupported: a model that is sound but does not do what is asked for,
	// or something that chord does not do.
	ErrUnsupported = llama.ErrUnsupported
	// ErrFormat: a file that is malformed.
	ErrFormat = gguf.ErrFormat
	// ErrMismatch: a session, adapter or draft of another model.
	ErrMismatch = errors.New("made for another model")
	// ErrIncomplete: MaxTokens or the context ended an answer before the value
	// that was asked for was complete.
	ErrIncomplete = errors.New("the answer is incomplete")
)

// A ParamError is about a parameter whose value has no meaning; it is
// [ErrInvalid].
type ParamError struct {
	Field  string // the parameter, such as "Params.TopK"
	Reason string // what it is and what is wanted
}

// Error returns what is wrong in words.
func (e *ParamError) Error() string { return "chord: " + e.Field + ": " + e.Reason }

// Is reports whether target is [ErrInvalid].
func (e *ParamError) Is(target error) bool { return target == ErrInvalid }

// invalid returns a ParamError.
func invalid(field, format string, args ...any) error {
	return &ParamError{field, fmt.Sprintf(format, args...)}
}

// A BusyError says that the model has more calls waiting than Options.MaxQueue
// allows; it is [ErrBusy].
type BusyError struct {
	Queued     int           // calls waiting
	RetryAfter time.Duration // when there may be room again
}

// Error returns what is wrong in words.
func (e *BusyError) Error() string {
	return fmt.Sprintf("chord: %d calls are waiting, try again in %v", e.Queued, e.RetryAfter.Round(time.Millisecond))
}

// Is reports whether target is [ErrBusy].
func (e *BusyError) Is(target error) bool { return target == ErrBusy }

// failed returns err as the API has it.
func failed(err error) error {
	if busy, ok := errors.AsType[*engine.BusyError](err); ok {
		return &BusyError{busy.Queued, busy.RetryAfter}
	}
	return err
}

// checked returns what a package below says of a field of Params, as a
// ParamError.
func checked(err error) error {
	if f, ok := errors.AsType[*sample.FieldError](err); ok {
		return &ParamError{"Params." + f.Field, f.Reason}
	}
	return err
}
