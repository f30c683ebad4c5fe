package chat

import (
	"bytes"
	"strings"
)

// maxCall is the longest call; what is longer is content.
const maxCall = 1 << 20

// maxHead is the longest text before the JSON of a call.
const maxHead = 256

// A verdict is what is known about the body of a call.
type verdict uint8

const (
	more   verdict = iota // it goes on
	none                  // it is no call
	ended                 // it has ended
	asJSON                // its JSON has begun
	asText                // it goes on to what closes it
	plain                 // it is no call: what comes after its head is content
)

// A scan is how far the body of a call has been looked at.
type scan struct {
	how    verdict // more, asJSON or asText
	start  int     // of the JSON
	at     int     // what comes before has been looked at
	depth  int
	quoted bool
	escape bool
}

// begin begins a call, whose mark has been skipped.
func (p *Parser) begin(s *syntax) { p.state, p.syntax, p.scan = inCall, s, scan{} }

func (p *Parser) stepCall() bool {
	body := p.buf[:min(len(p.buf), maxCall)]
	end, size, v := p.scan.look(body, p.syntax)
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

// reject makes what began as a call content, with n bytes of its body.
func (p *Parser) reject(n int) {
	p.state, p.fresh = inContent, false
	p.put(&p.content, append([]byte(p.syntax.open), p.buf[:n]...))
	p.skip(n)
}

// endCall ends a call: its body are the first end bytes of buf, and size bytes
// with what closes it.
func (p *Parser) endCall(end, size int) {
	head := min(p.scan.start, end)
	if p.scan.how != asJSON {
		head = 0
	}
	var calls []Call
	ok := p.syntax.calls != nil
	if ok {
		calls, ok = p.syntax.calls(p, string(p.buf[:head]), string(p.buf[head:end]))
	}
	if !ok {
		p.reject(size)
		return
	}
	p.skip(size)
	p.call(calls)
	p.state, p.fresh = inContent, true
	if p.scan.how == asJSON && p.syntax.close != "" {
		p.state = afterCall
	}
}

// stepAfter skips what closes a call, if it comes.
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

// look goes on to the end of the body b, where size is its length with what
// closes it.
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

// json looks for the end of a JSON object or list.
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

// The heads of bodies: each returns where JSON begins and asJSON, or asText,
// more or none.

// headJSON is of JSON.
func headJSON(b []byte) (int, verdict) {
	rest := bytes.TrimLeft(b, space)
	n := len(b) - len(rest)
	switch {
	case n > maxHead:
		return 0, none
	case len(rest) == 0:
		return 0, more
	case rest[0] == '{' || rest[0] == '[':
		return n, asJSON
	}
	return 0, none
}

// headBare is of a JSON object that begins as a call.
func headBare(b []byte) (int, verdict) {
	rest := b[1:]
	for _, want := range []string{`"`, ""} {
		rest = bytes.TrimLeft(rest, space)
		switch {
		case len(b)-len(rest) > maxHead:
			return 0, none
		case want == "":
		case len(rest) == 0:
			return 0, more
		case rest[0] != want[0]:
			return 0, none
		default:
			rest = rest[1:]
		}
	}
	for _, key := range []string{`name"`, `type"`, `function"`, `id"`, `parameters"`, `arguments"`} {
		if bytes.HasPrefix(rest, []byte(key)) {
			return 0, asJSON
		}
		if bytes.HasPrefix([]byte(key), rest) {
			return 0, more
		}
	}
	return 0, none
}

// headText is of what is no JSON.
func headText([]byte) (int, verdict) { return 0, asText }

// headEither is of JSON or not.
func headEither(b []byte) (int, verdict) {
	n, v := headJSON(b)
	if v == none {
		v = asText
	}
	return n, v
}

// headName is of JSON, perhaps after a name.
func headName(b []byte) (int, verdict) {
	if rest := bytes.TrimLeft(b, space); len(rest) > 0 && rest[0] == '[' {
		return len(b) - len(rest), asJSON
	}
	n := bytes.IndexAny(b, "{\n")
	switch {
	case n > maxHead, n < 0 && len(b) > maxHead, n >= 0 && b[n] == '\n':
		return 0, none
	case n < 0:
		return 0, more
	}
	return n, asJSON
}

// name returns the length of the name that b begins with, which end ends.
func name(b []byte, end byte) (int, verdict) {
	n := 0
	for n < len(b) && isName(b[n]) {
		n++
	}
	switch {
	case n > maxHead || n < len(b) && (n == 0 || b[n] != end):
		return 0, none
	case n == len(b):
		return 0, more
	}
	return n, ended
}

// headTag is of a name, >, and JSON or something else.
func headTag(b []byte) (int, verdict) {
	n, v := name(b, '>')
	if v != ended {
		return 0, v
	}
	at, v := headEither(b[n+1:])
	return n + 1 + at, v
}

// headRecipient is of a name, a line end, and JSON, or content for all.
func headRecipient(b []byte) (int, verdict) {
	n, v := name(b, '\n')
	if v != ended {
		return 0, v
	}
	if string(b[:n]) == "all" {
		return n + 1, plain
	}
	at, v := headJSON(b[n+1:])
	return n + 1 + at, v
}

// headAll is of a recipient where there are no tools.
func headAll(b []byte) (int, verdict) {
	const all = "all\n"
	switch {
	case strings.HasPrefix(string(b[:min(len(b), len(all))]), all):
		return len(all), plain
	case strings.HasPrefix(all, string(b[:min(len(b), len(all))])):
		return 0, more
	}
	return 0, none
}

// isName reports whether c may be in the name of a tool.
func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == ':' || c == '/'
}
