package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/grammar"
)

// interruptSignal is the signal of Ctrl-C.
var interruptSignal = os.Interrupt

// leaveHint says what a Ctrl-C did that stopped nothing.
const leaveHint = "Ctrl-C again leaves, and so does /bye"

// errStopped is the cause of an answer that Ctrl-C stopped.
var errStopped = errors.New("stopped")

// A conversation is a chat with a model at a terminal.
type conversation struct {
	*app
	*answering
	flags    *pflag.FlagSet
	m        *chord.Model
	session  *chord.Session
	rules    *grammar.Grammar
	messages []chord.Message // without the system prompt
	pictures []chord.Part    // that the next message shows
	verbose  bool
	trim     bool  // old turns may be dropped
	again    int64 // how often the last message has been answered before
	terminal bool  // a person types
	lines    lineReader

	interrupted atomic.Bool // Ctrl-C was the last that the user did
	stopping    sync.Mutex
	stop        context.CancelCauseFunc // of the answer; nil: none is running
}

// interrupt takes a Ctrl-C that comes as a signal, as it does while an answer is printed:
// it stops that. It reports whether the chat goes on: after the first one on a terminal.
func (c *conversation) interrupt() bool {
	c.stopping.Lock()
	defer c.stopping.Unlock()
	if !c.terminal || c.interrupted.Swap(true) {
		return false
	}
	if c.stop == nil { // the editor was not ready for the key
		c.say(leaveHint)
		return true
	}
	c.stop(errStopped)
	return true
}

// stoppable returns a context that [conversation.interrupt] ends, and what ends that.
func (c *conversation) stoppable(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	set := func(f context.CancelCauseFunc) {
		c.stopping.Lock()
		c.stop = f
		c.stopping.Unlock()
	}
	set(cancel)
	c.graceful.Store(!c.terminal)
	return ctx, func() {
		set(nil)
		c.graceful.Store(false)
		cancel(nil)
	}
}

// prompt returns the messages of the chat, the system prompt first.
func (c *conversation) prompt() []chord.Message {
	if c.system == "" {
		return c.messages
	}
	return slices.Insert(slices.Clone(c.messages), 0, chord.Message{Role: "system", Content: c.system})
}

// params returns the parameters of the next answer.
func (c *conversation) params() (chord.ChatParams, error) {
	p, seed, err := c.answering.params(c.m.Tokenizer().Len(), c.rules)
	if c.again > 0 {
		p.Seed = seed + c.again // another answer to the same message
	}
	chat := chord.ChatParams{Params: p}
	c.thinking.set(&chat)
	return chat, err
}

// answer answers the last message, the user's. If nothing comes of it, that is dropped.
func (c *conversation) answer(ctx context.Context) error {
	p, err := c.params()
	if err == nil {
		err = c.fit(ctx, &p)
	}
	if err != nil {
		c.dropLast()
		return err
	}
	printed := c.newAnswer()
	ctx, end := c.stoppable(ctx)
	err = printed.print(c.session.Chat(ctx, c.prompt(), p))
	stopped := context.Cause(ctx) == errStopped
	end()
	if answer := printed.message(); answer.Content != "" || answer.ReasoningContent != "" {
		c.messages = append(c.messages, answer)
	} else if err != nil {
		c.dropLast()
	}
	if stopped {
		c.say("(stopped)")
		err = nil
	}
	c.ended(&printed.result)
	return err
}

// dropLast drops the last message.
func (c *conversation) dropLast() { c.messages = c.messages[:len(c.messages)-1] }

// ended says what is to be said about an answer that has ended.
func (c *conversation) ended(r *chord.Result) {
	if r.Finish == chord.FinishContext {
		c.say("(the context is full: %d of %d tokens; /set trim on drops\nthe oldest turns, -c asks for a longer one)", c.session.Len(), c.m.Context())
	}
	if c.verbose {
		c.say("%d tokens, %.1f tokens/s%s; prompt %d tokens, %s", r.Generated, r.TokenRate(), draftsText(r), r.Prompt, milliseconds(r.PromptTime))
	}
	if c.terminal && isTerminal(c.out) {
		_, _ = c.out.Write([]byte("\n")) // the next line of the user shows an error
	}
}

// fit drops the oldest turns until a quarter of the context is left for the answer, if
// the user wants that.
func (c *conversation) fit(ctx context.Context, p *chord.ChatParams) error {
	if !c.trim {
		return nil
	}
	dropped := 0
	for {
		ids, err := c.m.ChatTokens(ctx, c.prompt(), *p)
		if err != nil {
			return err
		}
		turn := turnLength(c.messages)
		if len(ids) <= c.m.Context()*3/4 || turn == len(c.messages) {
			if dropped > 0 {
				c.say("(oldest turns dropped: %d; %d of %d tokens remain)", dropped, len(ids), c.m.Context())
			}
			return nil
		}
		c.messages = c.messages[turn:]
		dropped++
	}
}

// turnLength returns the number of messages of the first turn: up to the next message of
// the user.
func turnLength(messages []chord.Message) int {
	for i := 1; i < len(messages); i++ {
		if messages[i].Role == "user" {
			return i
		}
	}
	return len(messages)
}
