package chat

import (
	"bytes"
	"strings"
)

// A Delta is what a piece of text adds to the assistant's message: one of its
// fields is set.
type Delta struct {
	Content   string
	Reasoning string
	ToolCall  *ToolCall
}

// A ToolCall is a whole call, with its place among the message's.
type ToolCall struct {
	Index int
	Call
}

// A Parser takes what a model says apart: what it thinks, what it answers, and
// calls of tools, in the form that its template teaches it. The text comes in
// pieces, cut anywhere, in which control tokens are written by name.
//
// Nothing is lost: what begins as a call and is none is content. White space
// around reasoning and between calls is. A Parser keeps at most about a MiB:
// of a call, or of what may become one. It is for one message and one
// goroutine.
type Parser struct {
	speech
	marks   []string
	buf     []byte // what has not been understood yet
	state   state
	fresh   bool // nothing but white space, reasoning and calls so far, or since a call
	content flow
	thought flow
	syntax  *syntax // of the call that buf is the body of
	scan    scan
	message harmony
	strings map[string]map[string]bool // of tools: which parameters are strings
	calls   int
	out     []Delta
	text    []byte // of the next delta
	thinks  bool   // it is reasoning
}

// A state is what the text is at the moment.
type state uint8

const (
	inContent state = iota
	inReasoning
	inCall
	afterCall // white space and what closes a call may come
	inHeader  // of a message of gpt-oss
	inMessage
)

// NewParser returns a parser of what a model says after prompt, which t has
// rendered. Without tools calls are not looked for.
func NewParser(t *Template, prompt string, tools bool) *Parser {
	p := &Parser{speech: t.speech, fresh: true}
	if !tools {
		p.syntaxes = p.always
	}
	p.content.holds = len(p.syntaxes) > 0 || p.think.open != ""
	p.message.tools = tools
	switch end := strings.TrimRight(prompt, space); {
	case p.harmony:
		p.openHarmony(prompt)
	case p.think.open != "" && strings.HasSuffix(end, p.think.open):
		p.reason()
	case p.recipients && strings.HasSuffix(end, recipient):
		first := p.syntaxes[0]
		first.open = "" // it is in the prompt
		p.begin(&first)
	}
	return p
}

// Write returns what text adds.
func (p *Parser) Write(text string) []Delta {
	for len(text) > 0 {
		n := min(len(text), maxPiece)
		p.buf = append(p.buf, text[:n]...)
		text = text[n:]
		for p.step() {
		}
	}
	return p.take()
}

// maxPiece is how much text is looked at in one go: what comes after a mark is
// looked at again.
const maxPiece = 4096

// Close returns what is left when no more text comes.
func (p *Parser) Close() []Delta {
	for p.step() {
	}
	switch p.state {
	case inReasoning:
		p.put(&p.thought, p.buf)
	case inCall:
		p.endCall(len(p.buf), len(p.buf))
		p.put(&p.content, p.buf)
	case inHeader, inMessage:
		p.closeHarmony()
	default:
		p.put(&p.content, p.buf)
	}
	p.buf = nil
	if p.state != inReasoning && !(p.fresh && p.calls > 0) {
		p.flush()
	}
	return p.take()
}

// take returns the deltas so far.
func (p *Parser) take() []Delta {
	p.push()
	out := p.out
	p.out = nil
	return out
}

// step goes on with buf; false means that more text is needed.
func (p *Parser) step() bool {
	switch p.state {
	case inReasoning:
		return p.stepReasoning()
	case inCall:
		return p.stepCall()
	case afterCall:
		return p.stepAfter()
	case inHeader:
		return p.stepHeader()
	case inMessage:
		return p.stepMessage()
	}
	return p.stepContent()
}

// skip drops n bytes of buf.
func (p *Parser) skip(n int) { p.buf = p.buf[n:] }

// reason begins reasoning.
func (p *Parser) reason() {
	p.state = inReasoning
	p.thought = flow{holds: true, drops: true, reasoning: true}
}

func (p *Parser) stepReasoning() bool {
	i := bytes.Index(p.buf, []byte(p.think.close))
	if i < 0 {
		n := len(p.buf) - held(p.buf, p.think.close)
		p.put(&p.thought, p.buf[:n])
		p.skip(n)
		return false
	}
	p.put(&p.thought, p.buf[:i])
	p.skip(i + len(p.think.close))
	p.state, p.fresh = inContent, true
	p.content.drops = true
	return true
}
