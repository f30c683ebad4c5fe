// Package chord runs Llama-family models from GGUF files: text in, text out,
// in Go, without cgo.
//
// Open a model, range over what it generates:
//
//	m, err := chord.Open("model.gguf", chord.Options{})
//	if err != nil {
//		return err
//	}
//	defer m.Close()
//	for tok, err := range m.Generate(ctx, "Once upon a time", chord.Params{MaxTokens: 64}) {
//		if err != nil {
//			return err
//		}
//		fmt.Print(tok.Text)
//	}
//
// No model at hand? Package tales embeds a tiny one that tells stories:
// chord.OpenFS(tales.FS, tales.Name, chord.Options{}).
//
// # Choosing tokens
//
// The zero [Params] samples as llama.cpp does by default, with a new seed, until
// the model has finished. In Go 0 always means the default and [Off] switches a
// stage off, so
//
//	chord.Params{Temperature: chord.Greedy}         // always the likeliest token
//	chord.Params{Temperature: 0.7, Seed: 42}        // repeatable
//
// Params are data, and JSON: there a 0 that is present is taken at its word.
//
// The same file, prompt, Params and seed give the same text on every machine,
// for any number of threads, whatever else the model is doing.
//
// # Stopping
//
// Generation ends at a token that the vocabulary says ends a text or a turn,
// at one of Params.StopTokens, before one of the strings in Params.Stop, after
// Params.MaxTokens, when the context is full, when ctx is done, or when the
// caller leaves the loop. The last element has a [Result], which says why, how
// many tokens there were, the seed and how fast it was. [Model.Complete] returns
// it with the whole text.
//
// # Chats and sessions
//
// [Model.Chat] and [Model.Reply] answer messages: the model's [ChatTemplate]
// makes the prompt. Names of control tokens in messages stay text unless
// ChatParams.TrustContent is set.
//
// A [Session] is a text that goes on: it keeps what it has read, can go back
// ([Session.Rewind]) and continue in several ways ([Session.Fork]).
//
// [Model.Score], [Model.Logits] and [Model.Embed] give probabilities, logits and
// vectors.
//
// # Goroutines
//
// Any number of goroutines may use a [Model] at once. Those that ask at the same
// time share forward passes, and what one gets does not depend on the others. A
// Session serves one goroutine at a time. Close the Model when it is no longer
// needed; calls that still run then end with [ErrClosed].
//
// # Memory
//
// Weights stay in the file's own quantised types. The key/value caches of all
// texts together take at most Options.CacheBytes. What texts leave there is kept
// while there is room, so that a prompt that begins as an earlier one did is
// computed from where they differ (Result.Cached); Options.NoPrefixCache keeps
// nothing. If the caches are full, one text loses its own and computes it again
// later, with the same result. Once warm, a generated token allocates nothing.
//
// Models with LongRoPE have two sets of angles. Which is used depends on the real
// length of the text, not on Options.Context, so a text that grows beyond the
// length that the model was first trained for is computed again once.
//
// # Errors
//
// Errors say what is wrong and where. errors.Is tells the kinds apart:
// [ErrInvalid] (a [*ParamError], which names the field), [ErrContextFull],
// [ErrBusy] (a [*BusyError], which says when to try again), [ErrClosed],
// [ErrUnsupported], [ErrFormat]. A wrong call, such as a nil context, panics.
package chord

import (
	"errors"
	"fmt"
	"time"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/sessionfile"
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
	ErrMismatch = sessionfile.ErrMismatch
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
