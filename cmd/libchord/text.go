//go:build cgo

package main

// #include <stddef.h>
import "C"

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"unsafe"

	"github.com/querent-ai/chord"
)

// A generator gives the events of a text.
type generator = iter.Seq2[chord.Delta, error]

//export goGenerate
func goGenerate(id C.size_t, prompt, params *C.char, out *C.size_t) C.int {
	return call(func() error {
		text, err := needed(prompt, "prompt")
		if err != nil {
			return fmt.Errorf("chord_generate: %w", err)
		}
		return begin(id, params, out, func(ctx context.Context, m *chord.Model, p chord.ChatParams) generator {
			return tokens(m.Generate(ctx, string(text), p.Params), p.Logprobs > 0)
		})
	})
}

//export goChat
func goChat(id C.size_t, messages, params *C.char, out *C.size_t) C.int {
	return call(func() error {
		list, err := chatMessages(messages)
		if err != nil {
			return fmt.Errorf("chord_chat: %w", err)
		}
		return begin(id, params, out, func(ctx context.Context, m *chord.Model, p chord.ChatParams) generator {
			return m.Chat(ctx, list, p)
		})
	})
}

// chatMessages returns the messages of a JSON array.
func chatMessages(messages *C.char) ([]chord.Message, error) {
	text, err := needed(messages, "messages")
	if err != nil {
		return nil, err
	}
	var list []chord.Message
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("messages: %w: %w", chord.ErrInvalid, err)
	}
	return list, nil
}

// begin begins a text and gives it a handle.
func begin(id C.size_t, params *C.char, out *C.size_t, generate func(ctx context.Context, m *chord.Model, p chord.ChatParams) generator) error {
	return give(out, "stream", func() (*stream, error) {
		m, err := model(id)
		if err != nil {
			return nil, err
		}
		p, err := chatParams(input(params))
		if err != nil {
			return nil, err
		}
		return start(context.Background(), func(ctx context.Context) generator { return generate(ctx, m, p) }, func() {}), nil
	})
}

//export goNext
func goNext(id C.size_t, to *C.char, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		s, err := find[*stream](id, "text")
		if err != nil {
			return err
		}
		return s.next(func(json []byte) error { return output(json, unsafe.Pointer(to), capacity, n, 1) })
	})
}

//export goCancel
func goCancel(id C.size_t) C.int {
	return call(func() error {
		s, err := find[*stream](id, "text")
		if err == nil {
			s.cancel()
		}
		return err
	})
}

//export goFree
func goFree(id C.size_t) C.int {
	return call(func() error {
		s, err := take[*stream](id, "text")
		if err == nil {
			s.end()
		}
		return err
	})
}
