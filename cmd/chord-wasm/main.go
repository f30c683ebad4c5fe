//go:build js && wasm

// Command chord-wasm is chord for browsers' workers, Node, Deno and Bun: the same
// engine, which a program in JavaScript calls. Command chord-wasm/build makes it.
//
// It sets globalThis.chord to an object with these functions. Each returns a promise,
// which is rejected with an Error that has a code: "format", "unsupported", "invalid",
// "busy", "context_full", "mismatch", "closed", "aborted", "deadline" or "failed".
//
//	open(source, options, onLoad, device)     a model, on which the others are called
//	generate(prompt, params, onToken, abort)  its result, as JSON
//	chat(messages, params, onDelta, abort)    likewise
//	tokenize(text)                            ids, as JSON
//	detokenize(ids)                           the text of ids
//	embed(texts, options)                     vectors, as JSON
//	session()                                 an empty session, on which those below are called
//	restore(source, abort)                    the session that save has written
//	close()
//
// The calls of a session wait for each other, in the order in which they come:
//
//	append(text or {ids}, abort)              ids are JSON
//	generate(params, onToken, abort)          as a model's
//	chat(messages, params, onDelta, abort)    likewise
//	tokens()                                  ids, as JSON
//	rewind(n)                                 drops all tokens but the first n
//	fork()                                    another session with the same tokens
//	save(onBytes)                             calls onBytes with a Uint8Array, in pieces
//	close()
//
// source is a Uint8Array, or {size, read(bytes, at)}, which sets bytes, a Uint8Array,
// to what the file has from at on, or an array of such: the parts of a split file, in
// their order. Other objects are JSON with the names of Go's fields: options are
// chord.Options and chord.EmbedOptions, params {"params": chord.Params or
// chord.ChatParams, "deadline": milliseconds from the call on, "grammar": text,
// "json_schema": a schema}. onLoad is called with bytes done and all bytes, onToken
// with a token as JSON. device, if there is one, computes in the CPU's place: an object
// that type device describes. The model closes it, unless open fails.
//
// abort is null or an Int32Array: the call ends within a step once its first element
// is not 0. Where it is of shared memory another thread can set it at any time; if
// not, a task of this one, which runs between tokens.
package main

import (
	"syscall/js"
)

func main() {
	js.Global().Set("chord", map[string]any{"open": async(open)})
	select {}
}

// async is a function of JavaScript that returns a promise of what f returns.
func async(f func(args []js.Value) (any, error)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		var executor js.Func
		executor = js.FuncOf(func(_ js.Value, settle []js.Value) any {
			go func() {
				defer executor.Release()
				var v any
				if err := try(func() (err error) { v, err = f(args); return err }); err != nil {
					settle[1].Invoke(failure(err))
				} else {
					settle[0].Invoke(v)
				}
			}()
			return nil
		})
		return js.Global().Get("Promise").New(executor)
	})
}

// try runs f; an exception of JavaScript, or a value of another type than f wants, is
// an error.
func try(f func() error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case js.Error:
			err = r
		case *js.ValueError:
			err = errInvalid{r}
		default:
			panic(r)
		}
	}()
	return f()
}

// arg is argument i, undefined if there is none.
func arg(args []js.Value, i int) js.Value {
	if i >= len(args) {
		return js.Undefined()
	}
	return args[i]
}

// none reports whether an argument is left out.
func none(v js.Value) bool { return v.IsUndefined() || v.IsNull() }
