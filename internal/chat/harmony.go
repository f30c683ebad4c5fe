package chat

import (
	"bytes"
	"regexp"
	"strings"
)

// A harmony is the parser state of a gpt-oss message: a header, <|message|>, a body
// and an end mark. The header names the channel and the recipient.
type harmony struct {
	tools  bool
	before string // part of the header in the prompt
	header string // generated part of the header
	to     string // the tool
	at     int    // scanned part of the body
	flow   *flow
}

// maxHeader is the maximum length of a header.
const maxHeader = 512

const bodyMark = "<|message|>"

// bodyEnds end a body; the first three do not belong to the next header.
var bodyEnds = []string{"<|end|>", "<|return|>", "<|call|>", "<|start|>", "<|channel|>"}

// headerStarts are the beginnings of headers.
var headerStarts = []string{"<|start|>", "<|channel|>", "<|constrain|>", bodyMark, "assistant", "to="}

// openHarmony begins within the message that the prompt began.
func (p *Parser) openHarmony(prompt string) {
	p.state = inHeader
	i := strings.LastIndex(prompt, "<|start|>")
	if i < 0 {
		return
	}
	p.buf = []byte(prompt[i:])
	for p.step() {
	}
	p.message.before = string(p.buf)
	p.buf, p.out, p.text = nil, nil, nil
}

func (p *Parser) stepHeader() bool {
	text := bytes.TrimLeft(p.buf, space)
	known := p.message.before != "" && len(text) == 0
	for _, s := range headerStarts {
		known = known || bytes.HasPrefix(text, []byte(s)) || bytes.HasPrefix([]byte(s), text)
	}
	i := bytes.Index(p.buf[:min(len(p.buf), maxHeader)], []byte(bodyMark))
	switch {
	case known && i >= 0:
		p.openMessage(string(p.buf[:i+len(bodyMark)]))
		p.skip(i + len(bodyMark))
		return true
	case known && len(p.buf) < maxHeader:
		return false
	case known: // too long
		p.put(&p.content, p.buf[:maxHeader])
		p.skip(maxHeader)
	}
	p.message = harmony{tools: p.message.tools, flow: &p.content}
	p.state = inMessage
	return true
}

var (
	headerChannel   = regexp.MustCompile(`<\|channel\|>\s*([a-z]+)`)
	headerRecipient = regexp.MustCompile(`\bto=([^\s<]+)`)
)

// openMessage begins the body of a message.
func (p *Parser) openMessage(header string) {
	all := p.message.before + header
	p.message = harmony{tools: p.message.tools, header: header, flow: &p.content}
	p.state = inMessage
	if m := headerRecipient.FindStringSubmatch(all); m != nil {
		if p.message.tools {
			p.message.to = strings.TrimPrefix(m[1], "functions.")
			return
		}
		p.put(&p.content, []byte(header))
	} else if m := headerChannel.FindStringSubmatch(all); m != nil && m[1] == "analysis" {
		p.thought.reasoning = true
		p.message.flow = &p.thought
	}
}

func (p *Parser) stepMessage() bool {
	if p.message.to != "" {
		return p.stepCallMessage()
	}
	at, end := firstOf(p.buf, bodyEnds)
	if at < 0 {
		n := len(p.buf) - held(p.buf, bodyEnds...)
		p.put(p.message.flow, p.buf[:n])
		p.skip(n)
		return false
	}
	p.put(p.message.flow, p.buf[:at])
	p.skip(at)
	p.endMessage(end)
	return true
}

// stepCallMessage scans for the end of the arguments of a call.
func (p *Parser) stepCallMessage() bool {
	body := p.buf[:min(len(p.buf), maxCall)]
	at, end := firstOf(body[p.message.at:], bodyEnds)
	if at >= 0 {
		p.tellMessage(body[:p.message.at+at])
	} else {
		p.tellMessage(body[:len(body)-held(body, bodyEnds...)])
	}
	switch {
	case at >= 0:
		at += p.message.at
		p.callMessage(at)
		p.endMessage(end)
	case len(body) == maxCall:
		p.callMessage(len(body))
	default:
		p.message.at = max(0, len(body)-16)
		return false
	}
	return true
}

// callMessage turns the n bytes of the body into a call, or content.
func (p *Parser) callMessage(n int) {
	calls, ok := named("", p.message.to, string(p.buf[:n]))
	if ok && n < maxCall {
		p.call(calls)
	} else if p.telling() {
		p.calls++
	} else {
		p.put(&p.content, append([]byte(p.message.header), p.buf[:n]...))
	}
	p.endTelling()
	p.message.to = ""
	p.skip(n)
}

// endMessage skips the end mark in buf and begins the next header.
func (p *Parser) endMessage(end string) {
	if end != "<|start|>" && end != "<|channel|>" {
		p.skip(len(end))
	}
	p.state, p.message = inHeader, harmony{tools: p.message.tools}
}

// closeHarmony ends the message. A header without a body is dropped, unless it calls
// a tool.
func (p *Parser) closeHarmony() {
	switch {
	case p.state == inHeader:
		if headerRecipient.Match(p.buf) {
			p.put(&p.content, p.buf)
		}
	case p.message.to != "":
		p.callMessage(len(p.buf))
	default:
		p.put(p.message.flow, p.buf)
	}
}

// firstOf returns the index of the first of marks in b, or -1.
func firstOf(b []byte, marks []string) (at int, mark string) {
	at = -1
	for _, m := range marks {
		if i := bytes.Index(b, []byte(m)); i >= 0 && (at < 0 || i < at) {
			at, mark = i, m
		}
	}
	return at, mark
}
