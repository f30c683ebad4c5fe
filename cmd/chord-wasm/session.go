//go:build js && wasm

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"syscall/js"

	"github.com/querent-ai/chord"
)

// A sessionState is a session, whose calls wait for each other.
type sessionState struct {
	*chord.Session
	turn   chan struct{} // full while a call goes on
	closed bool
}

// session is model.session.
func session(m *chord.Model, _ []js.Value) (any, error) { return newSession(m.NewSession()), nil }

// restore is model.restore: the session that a source has.
func restore(m *chord.Model, args []js.Value) (any, error) {
	src, err := newSource(arg(args, 0))
	if err != nil {
		return nil, err
	}
	c, err := newCall(0, js.Undefined(), arg(args, 1))
	if err != nil {
		return nil, err
	}
	defer c.end()
	s, err := m.ReadSession(c.ctx, bufio.NewReaderSize(io.NewSectionReader(src, 0, src.size), 64<<10))
	if err != nil {
		return nil, err
	}
	return newSession(s), nil
}

// newSession is a session as JavaScript has it.
func newSession(of *chord.Session) any {
	s := &sessionState{Session: of, turn: make(chan struct{}, 1)}
	all := map[string]any{}
	for name, f := range map[string]func(args []js.Value) (any, error){
		"append": s.append, "generate": s.generate, "chat": s.chat, "tokens": s.tokens,
		"rewind": s.rewind, "fork": s.fork, "save": s.save, "close": s.end,
	} {
		all[name] = async(f)
	}
	return all
}

// begin waits for the calls before this one. Without an error, done must be called.
func (s *sessionState) begin(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.closed {
		s.done()
		return fmt.Errorf("session: %w", chord.ErrClosed)
	}
	return nil
}

// done lets the next call begin.
func (s *sessionState) done() { <-s.turn }

// inTurn is seq, once the calls before it have ended.
func inTurn[T any](ctx context.Context, s *sessionState, seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := s.begin(ctx); err != nil {
			var none T
			yield(none, err)
			return
		}
		defer s.done()
		seq(yield)
	}
}

func (s *sessionState) generate(args []js.Value) (any, error) {
	return tokens(args, func(ctx context.Context, p chord.Params) iter.Seq2[chord.Token, error] {
		return inTurn(ctx, s, s.Generate(ctx, p))
	})
}

func (s *sessionState) chat(args []js.Value) (any, error) {
	return deltas(args, func(ctx context.Context, messages []chord.Message, p chord.ChatParams) iter.Seq2[chord.Delta, error] {
		return inTurn(ctx, s, s.Chat(ctx, messages, p))
	})
}

func (s *sessionState) append(args []js.Value) (any, error) {
	var ids []int32
	text := arg(args, 0).Type() == js.TypeString
	if !text {
		if err := decode("ids", arg(args, 0).Get("ids"), &ids); err != nil {
			return nil, err
		}
	}
	c, err := newCall(0, js.Undefined(), arg(args, 1))
	if err != nil {
		return nil, err
	}
	defer c.end()
	if err := s.begin(c.ctx); err != nil {
		return nil, err
	}
	defer s.done()
	if text {
		return nil, s.Append(c.ctx, args[0].String())
	}
	return nil, s.AppendTokens(c.ctx, ids)
}

func (s *sessionState) tokens([]js.Value) (any, error) {
	if err := s.begin(context.Background()); err != nil {
		return nil, err
	}
	defer s.done()
	return encode(append([]int32{}, s.Tokens()...))
}

func (s *sessionState) rewind(args []js.Value) (any, error) {
	n := arg(args, 0)
	if n.Type() != js.TypeNumber {
		return nil, errInvalid{errors.New("rewind: no number of tokens")}
	}
	if err := s.begin(context.Background()); err != nil {
		return nil, err
	}
	defer s.done()
	if v := n.Float(); v != float64(int(v)) || v < 0 || int(v) > s.Len() {
		return nil, errInvalid{fmt.Errorf("rewind: to %v of %d tokens", v, s.Len())}
	}
	s.Rewind(n.Int())
	return nil, nil
}

func (s *sessionState) fork([]js.Value) (any, error) {
	if err := s.begin(context.Background()); err != nil {
		return nil, err
	}
	defer s.done()
	return newSession(s.Fork()), nil
}

func (s *sessionState) save(args []js.Value) (any, error) {
	if arg(args, 0).Type() != js.TypeFunction {
		return nil, errInvalid{errors.New("save: no function")}
	}
	if err := s.begin(context.Background()); err != nil {
		return nil, err
	}
	defer s.done()
	w := bufio.NewWriterSize(taker(args[0]), 1<<20)
	if _, err := s.WriteTo(w); err != nil {
		return nil, err
	}
	return nil, w.Flush()
}

// end is close.
func (s *sessionState) end([]js.Value) (any, error) {
	if err := s.begin(context.Background()); err != nil {
		return nil, nil // it is closed
	}
	defer s.done()
	s.closed = true
	s.Close()
	return nil, nil
}

// A taker is a function of JavaScript that takes what is written, as Uint8Arrays.
type taker js.Value

// Write implements io.Writer.
func (t taker) Write(p []byte) (int, error) {
	b := js.Global().Get("Uint8Array").New(len(p))
	js.CopyBytesToJS(b, p)
	return len(p), try(func() error { js.Value(t).Invoke(b); return nil })
}
