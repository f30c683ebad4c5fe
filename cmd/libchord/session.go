//go:build cgo

package main

// #include <stddef.h>
import "C"

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"unsafe"

	"github.com/querent-ai/chord"
)

// A session is a chord.Session, which serves one call at a time.
type session struct {
	ctx    context.Context // done when the session is closed
	cancel context.CancelFunc

	mu sync.Mutex // of the call that uses it
	s  *chord.Session
}

// newSession returns a session, whose calls end when it is closed.
func newSession(s *chord.Session) *session {
	ctx, cancel := context.WithCancel(context.Background())
	return &session{ctx: ctx, cancel: cancel, s: s}
}

// lock makes the session the caller's, who unlocks mu.
func (s *session) lock() error {
	if !s.mu.TryLock() {
		return errInUse
	}
	if s.ctx.Err() != nil {
		s.mu.Unlock()
		return fmt.Errorf("the session: %w", chord.ErrClosed)
	}
	return nil
}

// useSession calls f with a session that nothing else uses.
func useSession(id C.size_t, f func(s *session) error) error {
	s, err := find[*session](id, "session")
	if err != nil {
		return err
	}
	if err := s.lock(); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return f(s)
}

//export goSessionOpen
func goSessionOpen(id C.size_t, out *C.size_t) C.int {
	return call(func() error {
		return give(out, "session", func() (*session, error) {
			m, err := model(id)
			if err != nil {
				return nil, err
			}
			return newSession(m.NewSession()), nil
		})
	})
}

//export goSessionClose
func goSessionClose(id C.size_t) C.int {
	return call(func() error {
		s, err := take[*session](id, "session")
		if err != nil {
			return err
		}
		s.cancel()
		s.mu.Lock() // what uses it ends
		defer s.mu.Unlock()
		s.s.Close()
		return nil
	})
}

//export goSessionAppend
func goSessionAppend(id C.size_t, text *C.char) C.int {
	return call(func() error {
		b, err := needed(text, "text")
		if err != nil {
			return fmt.Errorf("chord_session_append: %w", err)
		}
		return useSession(id, func(s *session) error { return s.s.Append(s.ctx, string(b)) })
	})
}

//export goSessionAppendTokens
func goSessionAppendTokens(id C.size_t, ids *C.int, count C.size_t) C.int {
	return call(func() error {
		list, err := tokenIDs(ids, count)
		if err != nil {
			return fmt.Errorf("chord_session_append_tokens: %w", err)
		}
		return useSession(id, func(s *session) error { return s.s.AppendTokens(s.ctx, slices.Clone(list)) })
	})
}

//export goSessionGenerate
func goSessionGenerate(id C.size_t, params *C.char, out *C.size_t) C.int {
	return call(func() error {
		return beginSession(id, params, out, func(ctx context.Context, s *chord.Session, p chord.ChatParams) generator {
			return tokens(s.Generate(ctx, p.Params), p.Logprobs > 0)
		})
	})
}

//export goSessionChat
func goSessionChat(id C.size_t, messages, params *C.char, out *C.size_t) C.int {
	return call(func() error {
		list, err := chatMessages(messages)
		if err != nil {
			return fmt.Errorf("chord_session_chat: %w", err)
		}
		return beginSession(id, params, out, func(ctx context.Context, s *chord.Session, p chord.ChatParams) generator {
			return s.Chat(ctx, list, p)
		})
	})
}

// beginSession begins a text of a session, whose it is until the text has ended.
func beginSession(id C.size_t, params *C.char, out *C.size_t, generate func(ctx context.Context, s *chord.Session, p chord.ChatParams) generator) error {
	return give(out, "stream", func() (*stream, error) {
		s, err := find[*session](id, "session")
		if err != nil {
			return nil, err
		}
		p, err := chatParams(input(params))
		if err != nil {
			return nil, err
		}
		if err := s.lock(); err != nil {
			return nil, err
		}
		return start(s.ctx, func(ctx context.Context) generator { return generate(ctx, s.s, p) }, s.mu.Unlock), nil
	})
}

//export goSessionTokens
func goSessionTokens(id C.size_t, to *C.int, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		return useSession(id, func(s *session) error { return output(s.s.Tokens(), unsafe.Pointer(to), capacity, n, 0) })
	})
}

//export goSessionRewind
func goSessionRewind(id, count C.size_t) C.int {
	return call(func() error {
		return useSession(id, func(s *session) error {
			if have := s.s.Len(); uint64(count) > uint64(have) {
				return fmt.Errorf("chord_session_rewind: %w: to %d tokens, the session has %d", chord.ErrInvalid, count, have)
			}
			s.s.Rewind(int(count))
			return nil
		})
	})
}

//export goSessionFork
func goSessionFork(id C.size_t, out *C.size_t) C.int {
	return call(func() error {
		return give(out, "fork", func() (f *session, err error) {
			err = useSession(id, func(s *session) error {
				f = newSession(s.s.Fork())
				return nil
			})
			return f, err
		})
	})
}

//export goSessionSave
func goSessionSave(id C.size_t, to unsafe.Pointer, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		return useSession(id, func(s *session) error {
			var b bytes.Buffer
			if _, err := s.s.WriteTo(&b); err != nil {
				return err
			}
			return output(b.Bytes(), to, capacity, n, 0)
		})
	})
}

//export goSessionRestore
func goSessionRestore(id C.size_t, data unsafe.Pointer, size C.size_t, out *C.size_t) C.int {
	return call(func() error {
		return give(out, "session", func() (*session, error) {
			m, err := model(id)
			if err != nil {
				return nil, err
			}
			if data == nil {
				return nil, fmt.Errorf("chord_session_restore: %w: data", errArgument)
			}
			s, err := m.ReadSession(context.Background(), bytes.NewReader(unsafe.Slice((*byte)(data), int(size))))
			if err != nil {
				return nil, err
			}
			return newSession(s), nil
		})
	})
}
