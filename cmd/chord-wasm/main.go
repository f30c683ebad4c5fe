//go:build js && wasm

// Command chord-wasm is chord for browsers' workers, Node, Deno and Bun: the same
// engine, which a program in JavaScript calls. Command chord-wasm/build makes it.
//
// It sets globalThis.chord to an object with these functions. Each returns a promise,
// which is rejected with an Error that has a code: "format", "unsupported", "invalid",
// "busy", "context_full", "closed", "aborted", "deadline" or "failed".
//
//	open(source, options, onLoad)   a model: {info, generate, chat, tokenize,
//	                                detokenize, embed, close}
//	generate(prompt, params, onToken, abort)
//	chat(messages, params, onDelta, abort)
//
// source is a Uint8Array, or {size, read(bytes, at)}, which sets bytes, a Uint8Array,
// to what the file has from at on. Options and params are JSON with the
// names of chord.Options and chord.Params; deadline, of params, is in milliseconds
// from the call on. onLoad is called with bytes done and all bytes, onToken with a
// token as JSON.
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
				if v, err := f(args); err != nil {
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

// arg is argument i, undefined if there is none.
func arg(args []js.Value, i int) js.Value {
	if i >= len(args) {
		return js.Undefined()
	}
	return args[i]
}

// none reports whether an argument is left out.
func none(v js.Value) bool { return v.IsUndefined() || v.IsNull() }
