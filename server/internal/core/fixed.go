package core

import (
	"context"
	"time"

	"github.com/querent-ai/chord"
)

// Fixed makes the answer to a request depend on nothing but the request and the model:
// it has what else an answer would take from the clock and from chance. Seeds are made of
// the id, and figures of caches and time are 0.
// Package batch sends such requests from inside the server, so they need no key.
type Fixed struct {
	ID   string    // of the request; ids in the answer are made of it
	Time time.Time // that the answer and templates of chats tell
}

type fixedKey struct{}

// WithFixed returns a context for a request.
func WithFixed(ctx context.Context, f *Fixed) context.Context {
	return context.WithValue(ctx, fixedKey{}, f)
}

// FixedOf returns what the context of a request has, nil if nothing.
func FixedOf(ctx context.Context) *Fixed {
	f, _ := ctx.Value(fixedKey{}).(*Fixed)
	return f
}

// Now returns the time, for answers.
func (x *Exchange) Now() time.Time {
	if f := FixedOf(x.Request.Context()); f != nil {
		return f.Time
	}
	return time.Now()
}

// fixResult returns a result without what differs between two runs of one request.
func (x *Exchange) fixResult(r *chord.Result) *chord.Result {
	if FixedOf(x.Request.Context()) == nil {
		return r
	}
	out := *r
	out.Cached, out.Drafted, out.Accepted = 0, 0, 0
	out.Queue, out.PromptTime, out.TokenTime = 0, 0, 0
	return &out
}
