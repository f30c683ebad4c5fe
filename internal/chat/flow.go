package chat

import (
	"bytes"
	"fmt"
)

// space is white space around reasoning and calls.
const space = " \t\r\n"

// maxSpace is how much white space is held back.
const maxSpace = 4096

// A flow is the content or the reasoning of a message.
type flow struct {
	reasoning bool
	holds     bool // white space at the end is held back, and dropped before a call
	drops     bool // white space at the start is dropped
	hold      []byte
}

// put adds text to a flow.
func (p *Parser) put(f *flow, text []byte) {
	if f.drops {
		text = bytes.TrimLeft(text, space)
	}
	if len(text) == 0 {
		return
	}
	f.drops = false
	if f.holds {
		end := bytes.TrimRight(text, space)
		if len(end) == 0 {
			p.keep(f, text)
			return
		}
		p.emit(f, string(f.hold)+string(end))
		f.hold = f.hold[:0]
		p.keep(f, text[len(end):])
		return
	}
	p.emit(f, string(text))
}

// keep holds white space back, at most the last maxSpace bytes.
func (p *Parser) keep(f *flow, text []byte) {
	f.hold = append(f.hold, text...)
	if n := len(f.hold) / maxSpace * maxSpace; n > 0 {
		p.emit(f, string(f.hold[:n]))
		f.hold = f.hold[n:]
	}
}

// flush emits the white space held back.
func (p *Parser) flush() {
	if len(p.content.hold) > 0 {
		p.emit(&p.content, string(p.content.hold))
	}
	p.content.hold = nil
}

// emit adds text to the current delta.
func (p *Parser) emit(f *flow, text string) {
	reasoning := f.reasoning && !p.inline
	if p.thinks != reasoning {
		p.push()
	}
	p.thinks = reasoning
	p.text = append(p.text, text...)
}

// push ends the current delta.
func (p *Parser) push() {
	switch {
	case len(p.text) == 0:
	case p.thinks:
		p.out = append(p.out, Delta{Reasoning: string(p.text)})
	default:
		p.out = append(p.out, Delta{Content: string(p.text)})
	}
	p.text = p.text[:0]
}

// call adds calls of tools.
func (p *Parser) call(calls []Call) {
	p.content.hold = nil
	p.content.drops = false
	p.push()
	for _, c := range calls {
		if c.ID == "" {
			c.ID = p.newID(p.calls)
		}
		p.told(&c)
		p.out = append(p.out, Delta{ToolCall: &ToolCall{p.calls, c}})
		p.calls++
	}
}

// newID returns an id for the call with an index: nine letters and digits, as
// Mistral's templates want.
func (p *Parser) newID(index int) string {
	return fmt.Sprintf("call%05d", (p.First+index)%100_000)
}
