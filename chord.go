// Package chord runs Llama-family language models from GGUF files, in Go and
// without cgo.
//
// Open a model and range over the tokens it generates:
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
// Params can be read from JSON, where a 0 that is present is a 0: temperature 0 is
// greedy sampling, for instance.
//
// The same file, prompt, Params and seed give the same text on every machine, for
// any number of threads and whatever other calls are running.
//
// # Stopping
//
// Generation ends at a token that the vocabulary says ends a text or a turn,
// at one of Params.StopTokens, before one of the strings in Params.Stop, after
// Params.MaxTokens, when the context is full, when ctx is done, or when the
// caller leaves the loop. The last element has a [Result]: the reason, the number
// of tokens, the seed and the speed. [Model.Complete] returns it with the whole
// text.
//
// # Chats and sessions
//
// [Model.Chat] and [Model.Reply] answer messages: the model's [ChatTemplate]
// makes the prompt. Names of control tokens in messages stay text unless
// ChatParams.TrustContent is set.
//
// A [Session] is a growing text with its cache. It can go back ([Session.Rewind])
// and branch ([Session.Fork]).
//
// [Model.Score], [Model.Logits] and [Model.Embed] give probabilities, logits and
// vectors.
//
// # Adapters
//
// A LoRA adapter ([Model.LoadAdapter]) changes the matrices of the model for the
// requests that name it ([Params.Adapters]). Requests with different adapters share
// forward passes, but no caches of prefixes.
//
// # Goroutines
//
// Any number of goroutines may use a [Model] at once. Calls made at the same time
// share forward passes, and the result of a call does not depend on the others. A
// Session serves one goroutine at a time. Close the Model when it is no longer
// needed; calls still running then end with [ErrClosed].
//
// # Memory
//
// Weights stay in the file's own quantised types. The key/value caches of all texts
// together take at most Options.CacheBytes. The cache of a finished text is kept
// while there is room, so that a prompt with the same prefix is computed from where
// it differs (Result.Cached); Options.NoPrefixCache turns that off, and with
// Options.CacheDir it is kept on disk too. If the caches
// are full, one text loses its cache and is computed again later, with the same
// result. In steady state a generated token allocates nothing.
//
// Models with LongRoPE have two sets of frequency factors. The length of the text
// decides which one is used, not Options.Context, so a text that grows beyond the
// model's original context is computed again once.
//
// # Errors
//
// Errors say what is wrong and where. errors.Is distinguishes the kinds:
// [ErrInvalid] (a [*ParamError], which names the field), [ErrContextFull],
// [ErrBusy] (a [*BusyError], which says when to try again), [ErrClosed],
// [ErrUnsupported], [ErrFormat]. A wrong call, such as a nil context, panics.
package chord

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/sessionfile"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/sample"
)

// The kinds of errors, for errors.Is.
var (
	// ErrInvalid: a parameter has an invalid value. The error is a [*ParamError].
	ErrInvalid = errors.New("invalid parameter")
	// ErrContextFull: a prompt is longer than the context.
	ErrContextFull = llama.ErrContextFull
	// ErrBusy: too many calls are waiting. The error is a [*BusyError].
	ErrBusy = engine.ErrBusy
	// ErrClosed: the model or session has been closed.
	ErrClosed = llama.ErrClosed
	// ErrUnsupported: the model, or chord, cannot do what is asked for.
	ErrUnsupported = llama.ErrUnsupported
	// ErrFormat: a file is malformed.
	ErrFormat = gguf.ErrFormat
	// ErrMismatch: a session, adapter or draft belongs to another model.
	ErrMismatch = sessionfile.ErrMismatch
	// ErrIncomplete: MaxTokens or the context ended the answer before the
	// requested value was complete.
	ErrIncomplete = errors.New("the answer is incomplete")
)

// A ParamError is the error of a parameter with an invalid value; its kind is
// [ErrInvalid].
type ParamError struct {
	Field  string // the parameter, such as "Params.TopK"
	Reason string // the value and what is allowed
}

// Error describes the error.
func (e *ParamError) Error() string { return "chord: " + e.Field + ": " + e.Reason }

// Is reports whether target is [ErrInvalid].
func (e *ParamError) Is(target error) bool { return target == ErrInvalid }

// invalid returns a ParamError.
func invalid(field, format string, args ...any) error {
	return &ParamError{field, fmt.Sprintf(format, args...)}
}

// A BusyError says that Options.MaxQueue prompts are already waiting; its kind is
// [ErrBusy].
type BusyError struct {
	Queued     int           // calls waiting
	RetryAfter time.Duration // when there may be room again
}

// Error describes the error.
func (e *BusyError) Error() string {
	return fmt.Sprintf("chord: %d calls are waiting, try again in %v", e.Queued, e.RetryAfter.Round(time.Millisecond))
}

// Is reports whether target is [ErrBusy].
func (e *BusyError) Is(target error) bool { return target == ErrBusy }

// failed converts errors of the engine and those about a field of package sample.
func failed(err error) error {
	if busy, ok := errors.AsType[*engine.BusyError](err); ok {
		return &BusyError{busy.Queued, busy.RetryAfter}
	}
	if f, ok := errors.AsType[*sample.FieldError](err); ok {
		return &ParamError{strings.TrimSuffix("Params."+f.Field, "."), f.Reason}
	}
	return err
}
