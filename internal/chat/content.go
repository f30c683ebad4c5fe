package chat

import (
	"bytes"
	"strings"
)

func (p *Parser) stepContent() bool {
	if p.fresh && !p.start() {
		return p.state != inContent
	}
	at, marker := firstOf(p.buf, p.markers())
	if at < 0 {
		n := len(p.buf) - held(p.buf, p.markers()...)
		p.put(&p.content, p.buf[:n])
		p.skip(n)
		return false
	}
	p.put(&p.content, p.buf[:at])
	p.skip(at + len(marker))
	for i := range p.syntaxes {
		if p.syntaxes[i].open == marker {
			p.begin(&p.syntaxes[i])
			break
		}
	}
	return true
}

// markers are the marks that may end content.
func (p *Parser) markers() []string {
	if p.marks == nil {
		p.marks = append([]string{}, p.frames...)
		for _, s := range p.syntaxes {
			if s.open != "" {
				p.marks = append(p.marks, s.open)
			}
		}
	}
	return p.marks
}

// start checks the beginning of content for reasoning or a call without an opening
// mark. It reports whether it is content.
func (p *Parser) start() bool {
	n := len(p.buf) - len(bytes.TrimLeft(p.buf, space))
	p.put(&p.content, p.buf[:n])
	p.skip(n)
	if len(p.buf) == 0 {
		return false
	}
	for i := range p.syntaxes {
		if p.syntaxes[i].open == "" && p.buf[0] == '{' {
			p.begin(&p.syntaxes[i])
			return false
		}
	}
	if open := p.think.open; open != "" {
		if bytes.HasPrefix(p.buf, []byte(open)) {
			p.skip(len(open))
			p.reason()
			p.content.hold = nil
			return false
		}
		if strings.HasPrefix(open, string(p.buf)) {
			return false
		}
	}
	p.fresh = false
	return true
}

// held returns how many bytes at the end of b may be the start of a marker.
func held(b []byte, markers ...string) int {
	most := 0
	for _, m := range markers {
		for n := min(len(m)-1, len(b)); n > most; n-- {
			if string(b[len(b)-n:]) == m[:n] {
				most = n
			}
		}
	}
	return most
}
