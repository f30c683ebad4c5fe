package chat

import "bytes"

// maxCall is the maximum length of a call; longer text is content.
const maxCall = 1 << 20

// A verdict is the state of scanning the body of a call.
type verdict uint8

const (
	more   verdict = iota // more text is needed
	none                  // not a call
	ended                 // complete
	asJSON                // a JSON body has begun
	asText                // a text body, up to the closing mark
	plain                 // not a call: the text after its head is content
)

// A scan is the progress of scanning the body of a call.
type scan struct {
	how    verdict // more, asJSON or asText
	start  int     // of the JSON
	at     int     // scanned so far
	depth  int
	quoted bool
	escape bool
	tries  int // closing marks that did not end it
}

// begin begins a call after its opening mark.
func (p *Parser) begin(s *syntax) {
	p.state, p.syntax, p.scan = inCall, s, scan{}
	if p.Sure && p.writing.begin == nil && !p.harmony {
		p.writing.begin = p.tmpl.form().callBegin(s.close)
	}
	p.endTelling()
}

func (p *Parser) stepCall() bool {
	body := p.buf[:min(len(p.buf), maxCall)]
	end, size, v := p.scan.look(body, p.syntax)
	switch v {
	case ended:
		p.tell(body[:end])
	case more:
		p.tell(body)
	}
	switch {
	case v == none:
		p.reject(0)
	case v == plain:
		p.skip(end)
		p.state, p.fresh = inContent, false
	case v == ended:
		p.endCall(end, size)
	case len(body) == maxCall:
		p.reject(len(body))
	default:
		return false
	}
	return true
}

// reject turns the begun call, with n bytes of its body, into content, unless it has
// been told in pieces.
func (p *Parser) reject(n int) {
	p.state, p.fresh = inContent, false
	if p.telling() {
		p.calls = max(p.calls, p.writing.index) + 1
		p.endTelling()
		p.skip(n)
		return
	}
	p.put(&p.content, append([]byte(p.syntax.open), p.buf[:n]...))
	p.skip(n)
}

// endCall ends a call: its body is the first end bytes of buf, and size bytes with
// the closing mark.
func (p *Parser) endCall(end, size int) {
	head := min(p.scan.start, end)
	if p.scan.how != asJSON {
		head = 0
	}
	var calls []Call
	ok := p.syntax.calls != nil && p.scan.how != more
	if ok {
		calls, ok = p.syntax.calls(p, string(p.buf[:head]), string(p.buf[head:end]))
	}
	if !ok && p.retry(end, size) {
		return
	}
	if !ok {
		p.reject(size)
		return
	}
	p.skip(size)
	p.call(calls)
	p.endTelling()
	p.state, p.fresh = inContent, true
	if p.scan.how == asJSON && p.syntax.close != "" {
		p.state = afterCall
	}
}

// maxTries is the maximum number of closing marks within the arguments of a call.
const maxTries = 16

// retry looks for the next closing mark if the call is known to be one, or if a CDATA
// section has no end, so that the last one was part of an argument.
func (p *Parser) retry(end, size int) bool {
	body := p.buf[:end]
	section := bytes.LastIndex(body, []byte("<![CDATA[")) > bytes.LastIndex(body, []byte("]]>"))
	if !p.Sure && !section || p.scan.how != asText || end == size || p.scan.tries == maxTries {
		return false
	}
	p.scan.tries++
	p.scan.at = size
	return true
}

// stepAfter skips the closing mark of a call, if there is one.
func (p *Parser) stepAfter() bool {
	rest := bytes.TrimLeft(p.buf, space)
	n, mark := len(p.buf)-len(rest), []byte(p.syntax.close)
	switch {
	case n <= maxSpace && bytes.HasPrefix(rest, mark):
		p.skip(n + len(mark))
	case n <= maxSpace && bytes.HasPrefix(mark, rest):
		return false
	}
	p.state = inContent
	return true
}

// look scans for the end of the body b; size is its length with the closing mark.
func (s *scan) look(b []byte, y *syntax) (end, size int, v verdict) {
	if s.how == more {
		if end, v = y.head(b); v != asJSON && v != asText {
			return end, end, v
		}
		s.how, s.start, s.at = v, end, end
	}
	if s.how == asJSON {
		end, v = s.json(b)
		return end, end, v
	}
	if y.close == "" {
		return 0, 0, more
	}
	if i := bytes.Index(b[s.at:], []byte(y.close)); i >= 0 {
		end = s.at + i
		return end, end + len(y.close), ended
	}
	s.at = max(s.at, len(b)-len(y.close)+1)
	return 0, 0, more
}

// json scans for the end of a JSON object or list.
func (s *scan) json(b []byte) (end int, v verdict) {
	for ; s.at < len(b); s.at++ {
		c := b[s.at]
		switch {
		case s.escape:
			s.escape = false
		case s.quoted:
			s.escape, s.quoted = c == '\\', c != '"'
		case c == '"':
			s.quoted = true
		case c == '{' || c == '[':
			s.depth++
		case c == '}' || c == ']':
			if s.depth--; s.depth == 0 {
				return s.at + 1, ended
			}
		}
	}
	return 0, more
}

// text scans for the end of a JSON string.
func (s *scan) text(b []byte) (end int, v verdict) {
	for ; s.at < len(b); s.at++ {
		switch c := b[s.at]; {
		case s.escape:
			s.escape = false
		case c == '\\':
			s.escape = true
		case c == '"' && s.quoted:
			s.at++
			return s.at, ended
		case c == '"':
			s.quoted = true
		}
	}
	return 0, more
}
