package chat

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// write appends text to the next piece.
func (w *writing) write(text string) { w.out = append(w.out, text...) }

// begins begins an argument or an element: it is told with a comma before it, unless
// it is the first of n.
func (w *writing) begins(n *int) {
	if *n > 0 {
		w.write(", ")
	}
	*n++
}

// tellJSON tells the JSON that begins at scan, and reports whether it has ended.
func (w *writing) tellJSON(body []byte) bool {
	n, v := w.scan.json(body)
	return w.tellTo(body, n, v)
}

// tellString tells the JSON string that begins at scan, and reports whether it has
// ended.
func (w *writing) tellString(body []byte) bool {
	n, v := w.scan.text(body)
	return w.tellTo(body, n, v)
}

// tellTo tells body as it is, up to n if v is ended.
func (w *writing) tellTo(body []byte, n int, v verdict) bool {
	if v != ended {
		n = len(body)
	}
	w.out = append(w.out, body[w.at:n]...)
	w.at = n
	return v == ended
}

// tellText tells a text up to a mark, and blanks that may come before it, as a JSON
// string, and reports whether it has ended. No character is told in parts, and nothing
// that may begin the mark.
func (w *writing) tellText(body []byte, blanks, mark string) bool {
	rest := body[w.at:]
	n := bytes.Index(rest, []byte(mark))
	ended := n >= 0
	skip := n + len(mark)
	if ended {
		n = len(bytes.TrimSuffix(rest[:n], []byte(blanks)))
	} else {
		n = len(rest) - held(rest, mark, blanks+mark)
		for i := 1; i <= min(utf8.UTFMax, n); i++ {
			if utf8.RuneStart(rest[n-i]) {
				if !utf8.FullRune(rest[n-i : n]) {
					n -= i
				}
				break
			}
		}
	}
	text := quote(string(rest[:n]))
	w.write(text[1 : len(text)-1])
	if !ended {
		w.at += n
		return false
	}
	w.write(`"`)
	w.at += skip
	return true
}

// blanks skips white space, and reports whether anything follows.
func (w *writing) blanks(body []byte) bool {
	w.at = len(body) - len(bytes.TrimLeft(body[w.at:], space))
	return w.at < len(body)
}

// tellTags tells arguments between tags; see writing.tellArguments.
func (p *Parser) tellTags(body []byte) (ended bool) {
	w, a := &p.writing, &p.tmpl.form().args
	for !w.stuck {
		rest := body[w.at:]
		switch w.state {
		case argNext:
			if w.count == 0 && w.sent+len(w.out) == 0 {
				w.write("{")
			}
			rest = bytes.TrimLeft(rest, space)
			open := strings.TrimLeft(a.keyOpen, space)
			switch {
			case bytes.HasPrefix(rest, []byte(open)):
				w.at = len(body) - len(rest) + len(open)
				w.state = argKey
			case strings.HasPrefix(open, string(rest)):
				return false
			default:
				w.write("}")
				return true
			}
		case argKey:
			if !p.tellTagKey(rest, a) {
				return false
			}
		case argValue:
			if !p.tellTagValue(body) {
				return false
			}
		case argText:
			mark := strings.TrimSpace(a.valueClose)
			if !w.tellText(body, a.valueClose[:strings.Index(a.valueClose, mark)], mark) {
				return false
			}
			w.state = argNext
		case argJSON:
			if tell := w.tellString; body[w.scan.start] == '"' && !tell(body) || body[w.scan.start] != '"' && !w.tellJSON(body) {
				return false
			}
			w.told, w.state = true, argWait
		case argWait:
			if !p.tellWhole(rest, strings.TrimSpace(a.valueClose)) {
				return false
			}
		}
	}
	return false
}

// tellTagKey tells the key of an argument, if it is complete.
func (p *Parser) tellTagKey(rest []byte, a *argsForm) bool {
	w := &p.writing
	end, open := firstOf(rest, []string{a.textOpen, a.valueOpen})
	if end < 0 {
		w.stuck = len(rest) > maxBegin
		return false
	}
	key := strings.TrimSpace(string(rest[:end]))
	isText, known := p.strings[w.tool][key]
	if a.textOpen != a.valueOpen {
		isText = open == a.textOpen
	}
	w.told = false
	w.begins(&w.count)
	w.write(quote(key) + ": ")
	w.at += end + len(open)
	switch {
	case isText:
		w.write(`"`)
		w.state = argText
	case known:
		w.state = argValue
	default: // it may be a string
		w.state = argWait
	}
	return true
}

// tellTagValue begins to tell an argument that is no string.
func (p *Parser) tellTagValue(body []byte) bool {
	w := &p.writing
	if !w.blanks(body) {
		return false
	}
	w.state = argWait
	if strings.IndexByte(`{["`, body[w.at]) >= 0 {
		w.state, w.scan = argJSON, scan{at: w.at, start: w.at}
	}
	return true
}

// tellWhole tells an argument that ends with a mark, if it has not been told.
func (p *Parser) tellWhole(rest []byte, mark string) bool {
	w := &p.writing
	n := bytes.Index(rest, []byte(mark))
	if n < 0 {
		w.stuck = len(rest) > maxBegin
		return false
	}
	text := string(rest[:n])
	switch t := strings.TrimSpace(text); {
	case w.told:
	case json.Valid([]byte(t)):
		w.write(t)
	default: // which the call as a whole is the judge of
		w.stuck = true
		return false
	}
	w.at += n + len(mark)
	w.state = argNext
	return true
}
