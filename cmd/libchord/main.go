//go:build cgo

package main

/*
#include <stdlib.h>
#include <string.h>

void set_error(const char *text, size_t len);
*/
import "C"

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"runtime/debug"
	"unsafe"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
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

// model returns an open model.
func model(id C.size_t) (*chord.Model, error) {
	m, ok := handles.lookup(uint(id)).(*chord.Model)
	if !ok {
		return nil, fmt.Errorf("%w: %d is no open model", errHandle, id)
	}
	return m, nil
}

// streamOf returns a text.
func streamOf(id C.size_t) (*stream, error) {
	s, ok := handles.lookup(uint(id)).(*stream)
	if !ok {
		return nil, fmt.Errorf("%w: %d is no text", errHandle, id)
	}
	return s, nil
}

var version = func() *C.char {
	v := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v = info.Main.Version
	}
	return C.CString(v)
}()

//export goVersion
func goVersion() *C.char { return version }

//export goOpen
func goOpen(path, options *C.char, out *C.size_t) C.int {
	return call(func() error {
		if path == nil {
			return fmt.Errorf("chord_open: %w: path", errArgument)
		}
		return open(options, out, func(o chord.Options) (*chord.Model, error) { return chord.Open(string(input(path)), o) })
	})
}

//export goOpenMemory
func goOpenMemory(data unsafe.Pointer, size C.size_t, options *C.char, out *C.size_t) C.int {
	return call(func() error {
		if data == nil {
			return fmt.Errorf("chord_open_memory: %w: data", errArgument)
		}
		file := unsafe.Slice((*byte)(data), int(size))
		return open(options, out, func(o chord.Options) (*chord.Model, error) {
			return chord.OpenReaderAt(bytes.NewReader(file), int64(size), o)
		})
	})
}

// open opens a model and gives it a handle.
func open(options *C.char, out *C.size_t, open func(o chord.Options) (*chord.Model, error)) error {
	if out == nil {
		return fmt.Errorf("%w: model", errArgument)
	}
	*out = 0
	var o chord.Options
	if err := decode("options", input(options), &o); err != nil {
		return err
	}
	m, err := open(o)
	if err != nil {
		return err
	}
	*out = C.size_t(handles.add(m))
	return nil
}

//export goClose
func goClose(id C.size_t) C.int {
	return call(func() error {
		m, ok := remove[*chord.Model](&handles, uint(id))
		if !ok {
			return fmt.Errorf("%w: %d is no open model", errHandle, id)
		}
		return m.Close()
	})
}

//export goInfo
func goInfo(id C.size_t, to *C.char, capacity C.size_t, n *C.size_t) C.int {
	return describe(id, to, capacity, n, func(m *chord.Model) any { return m.Info() })
}

//export goMetrics
func goMetrics(id C.size_t, to *C.char, capacity C.size_t, n *C.size_t) C.int {
	return describe(id, to, capacity, n, func(m *chord.Model) any { return m.Metrics() })
}

// describe writes the JSON of something of a model.
func describe(id C.size_t, to *C.char, capacity C.size_t, n *C.size_t, what func(m *chord.Model) any) C.int {
	return call(func() error {
		m, err := model(id)
		if err != nil {
			return err
		}
		b, err := json.Marshal(what(m))
		if err != nil {
			return err
		}
		return output(b, unsafe.Pointer(to), capacity, n, 1)
	})
}

//export goTokenize
func goTokenize(id C.size_t, text *C.char, size C.size_t, special C.int, to *C.int, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		m, err := model(id)
		if err != nil {
			return err
		}
		if text == nil && size > 0 {
			return fmt.Errorf("chord_tokenize: %w: text", errArgument)
		}
		s := string(unsafe.Slice((*byte)(unsafe.Pointer(text)), int(size)))
		ids := m.Tokenizer().Encode(nil, s, bpe.EncodeOptions{NoParseSpecial: special == 0})
		return output(ids, unsafe.Pointer(to), capacity, n, 0)
	})
}

//export goDetokenize
func goDetokenize(id C.size_t, ids *C.int, count C.size_t, to *C.char, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		m, err := model(id)
		if err != nil {
			return err
		}
		if ids == nil && count > 0 {
			return fmt.Errorf("chord_detokenize: %w: ids", errArgument)
		}
		list, t := unsafe.Slice((*int32)(unsafe.Pointer(ids)), int(count)), m.Tokenizer()
		for i, id := range list {
			if id < 0 || int(id) >= t.Len() {
				return fmt.Errorf("chord_detokenize: ids[%d]: %w: %d, the vocabulary has %d tokens", i, chord.ErrInvalid, id, t.Len())
			}
		}
		return output([]byte(t.Decode(list, bpe.DecodeOptions{})), unsafe.Pointer(to), capacity, n, 1)
	})
}

//export goGenerate
func goGenerate(id C.size_t, prompt, params *C.char, out *C.size_t) C.int {
	return call(func() error {
		text := input(prompt)
		if text == nil {
			return fmt.Errorf("chord_generate: %w: prompt", errArgument)
		}
		return begin(id, params, out, func(ctx context.Context, m *chord.Model, p chord.ChatParams) iter.Seq2[chord.Delta, error] {
			return tokens(m.Generate(ctx, string(text), p.Params), p.Logprobs > 0)
		})
	})
}

//export goChat
func goChat(id C.size_t, messages, params *C.char, out *C.size_t) C.int {
	return call(func() error {
		text := input(messages)
		if text == nil {
			return fmt.Errorf("chord_chat: %w: messages", errArgument)
		}
		var list []chord.Message
		if err := json.Unmarshal(text, &list); err != nil {
			return fmt.Errorf("messages: %w: %w", chord.ErrInvalid, err)
		}
		return begin(id, params, out, func(ctx context.Context, m *chord.Model, p chord.ChatParams) iter.Seq2[chord.Delta, error] {
			return m.Chat(ctx, list, p)
		})
	})
}

// begin begins a text and gives it a handle.
func begin(id C.size_t, params *C.char, out *C.size_t, generate func(ctx context.Context, m *chord.Model, p chord.ChatParams) iter.Seq2[chord.Delta, error]) error {
	if out == nil {
		return fmt.Errorf("%w: stream", errArgument)
	}
	*out = 0
	m, err := model(id)
	if err != nil {
		return err
	}
	p, err := chatParams(input(params))
	if err != nil {
		return err
	}
	s := start(func(ctx context.Context) iter.Seq2[chord.Delta, error] { return generate(ctx, m, p) })
	*out = C.size_t(handles.add(s))
	return nil
}

//export goNext
func goNext(id C.size_t, to *C.char, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		s, err := streamOf(id)
		if err != nil {
			return err
		}
		return s.next(func(json []byte) error { return output(json, unsafe.Pointer(to), capacity, n, 1) })
	})
}

//export goCancel
func goCancel(id C.size_t) C.int {
	return call(func() error {
		s, err := streamOf(id)
		if err == nil {
			s.cancel()
		}
		return err
	})
}

//export goFree
func goFree(id C.size_t) C.int {
	return call(func() error {
		s, ok := remove[*stream](&handles, uint(id))
		if !ok {
			return fmt.Errorf("%w: %d is no text", errHandle, id)
		}
		s.cancel()
		return nil
	})
}

//export goEmbed
func goEmbed(id C.size_t, texts, options *C.char, to *C.float, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		m, err := model(id)
		if err != nil {
			return err
		}
		var list []string
		var o chord.EmbedOptions
		if err := decode("texts", input(texts), &list); err != nil {
			return err
		}
		if err := decode("options", input(options), &o); err != nil {
			return err
		}
		vectors, err := m.Embed(context.Background(), list, o)
		if err != nil {
			return err
		}
		var all []float32
		for _, v := range vectors {
			all = append(all, v...)
		}
		return output(all, unsafe.Pointer(to), capacity, n, 0)
	})
}
