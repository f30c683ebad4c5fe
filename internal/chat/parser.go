package chat

import (
	"bytes"
	"strings"
)

// A Delta is a piece of the assistant's message: exactly one field is set. The pieces
// of a call come before it, as it is written if the parser is Sure.
type Delta struct {
	Content   string
	Reasoning string
	CallPiece *CallPiece
	ToolCall  *ToolCall
}

// A ToolCall is a complete call with its index in the message.
type ToolCall struct {
	Index int
	Call
}

// A Parser splits generated text into reasoning, content and calls of tools, in the
// formats of its template. The text arrives in pieces of any size, with control
// tokens written by name.
//
// No text is lost, except white space around reasoning and between calls: text that
// looks like a call but is not one becomes content. A Parser buffers at most about a
// MiB, of a call or of text that may become one. It parses one message and serves one
// goroutine.
type Parser struct {
	// First is the number of calls in earlier messages, for the ids of calls that
	// have none.
	First int
	// Sure says that every call is written as its form says: text that looks like
	// the end of one may be part of an argument.
	Sure bool

	tmpl *Template
	speech
	inline  bool // reasoning is content
	marks   []string
	buf     []byte // not parsed yet
	state   state
	fresh   bool // only white space, reasoning and calls so far, or since the last call
	content flow
	thought flow
	syntax  *syntax // of the call whose body is in buf
	scan    scan
	writing writing
	message harmony
	strings map[string]map[string]bool // parameters that are strings, by tool
	calls   int
	out     []Delta
	text    []byte // text of the next delta
	thinks  bool   // text is reasoning
}

// A state says what kind of text is being parsed.
type state uint8

const (
	inContent state = iota
	inReasoning
	inCall
	afterCall // after a call, before its closing mark
	inHeader  // of a message of gpt-oss
	inMessage
)

// NewParser returns a parser for the text generated after prompt, which t has
// rendered. Without tools it does not look for calls.
func NewParser(t *Template, prompt string, tools bool) *Parser {
	p := &Parser{tmpl: t, speech: t.speech, fresh: true}
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

// Inline lets reasoning be content, as the model writes it. It comes before the first
// Write.
func (p *Parser) Inline() {
	p.think, p.inline = marks{}, true
	if p.state == inReasoning {
		p.state = inContent
	}
}

// Write parses text and returns the new deltas.
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

// maxPiece is how much text is parsed at a time: text after a mark is scanned again.
const maxPiece = 4096

// Close returns the last deltas, at the end of the text.
func (p *Parser) Close() []Delta {
	for p.step() {
	}
	switch p.state {
	case inReasoning:
		p.put(&p.thought, p.buf)
	case inCall:
		cut := p.telling()
		p.endCall(len(p.buf), len(p.buf))
		if !cut {
			p.put(&p.content, p.buf)
		}
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

// take returns the new deltas.
func (p *Parser) take() []Delta {
	p.push()
	out := p.out
	p.out = nil
	return out
}

// step parses a part of buf; false means that more text is needed.
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
