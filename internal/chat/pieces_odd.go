package chat

import (
	"bytes"
	"strings"
)

// An oddFrame is an object, a list or the arguments of a call in Python that is being
// told.
type oddFrame struct {
	open  byte // {, [ or (
	count int
}

// maxOdd is the maximum depth of arguments that are told in pieces.
const maxOdd = 100

// push begins a frame.
func (w *writing) push(open byte) {
	w.at++
	w.odd = append(w.odd, oddFrame{open: open})
	w.write(map[byte]string{'{': "{", '[': "[", '(': "{"}[open])
	w.state = argNext
}

// pop ends the last frame if b does, and reports whether it does.
func (w *writing) pop(b byte) bool {
	open := w.odd[len(w.odd)-1].open
	if b != map[byte]byte{'{': '}', '[': ']', '(': ')'}[open] {
		return false
	}
	w.at++
	w.odd = w.odd[:len(w.odd)-1]
	w.write(map[byte]string{'{': "}", '[': "]", '(': "}"}[open])
	w.state = argEnd
	return true
}

// quotes returns the quotation marks around strings of the form's own.
func (a *argsForm) quotes() string {
	if a.style == asPython {
		return "'"
	}
	return a.quote
}

// tellOdd tells arguments in braces or in Python as the JSON that oddReader makes of
// them; see writing.tellArguments.
func (p *Parser) tellOdd(body []byte) (ended bool) {
	w, a := &p.writing, &p.tmpl.form().args
	if len(w.odd) == 0 {
		if a.style == asPython {
			w.at-- // the bracket before the arguments
		}
		w.push(body[w.at])
	}
	for !w.stuck {
		if w.state != argText && w.state != argJSON && !w.blanks(body) {
			return false
		}
		if !w.stepOdd(body, a.quotes()) {
			return false
		}
		if len(w.odd) == 0 {
			return true
		}
	}
	return false
}

// stepOdd goes on by one part of the arguments; false means that more text is needed.
func (w *writing) stepOdd(body []byte, quotes string) bool {
	rest := body[w.at:]
	f := &w.odd[len(w.odd)-1]
	switch w.state {
	case argNext:
		if f.count == 0 && w.pop(rest[0]) {
			return true
		}
		w.begins(&f.count)
		if w.state = argValue; f.open != '[' {
			w.state = argKey
		}
	case argKey:
		return w.oddKey(body, quotes, f)
	case argColon:
		w.stuck = rest[0] != f.colon()
		w.at++
		w.write(": ")
		w.state = argValue
	case argValue:
		return w.oddValue(body, quotes)
	case argText:
		if !w.tellText(body, "", quotes) {
			return false
		}
		w.state = argEnd
	case argJSON:
		if !w.tellString(body) {
			return false
		}
		if w.state = argEnd; w.inKey {
			w.state, w.inKey = argColon, false
		}
	case argEnd:
		if rest[0] == ',' {
			w.at++
			w.state = argNext
			return true
		}
		w.stuck = !w.pop(rest[0])
	}
	return true
}

// colon returns the byte after a key.
func (f *oddFrame) colon() byte {
	if f.open == '(' {
		return '='
	}
	return ':'
}

// oddKey tells a key.
func (w *writing) oddKey(body []byte, quotes string, f *oddFrame) bool {
	rest := body[w.at:]
	switch {
	case rest[0] == '"' && f.open != '(':
		w.state, w.scan, w.inKey = argJSON, scan{at: w.at}, true
		return true
	case f.open != '(' && len(rest) < len(quotes) && strings.HasPrefix(quotes, string(rest)):
		return false
	case f.open != '(' && bytes.HasPrefix(rest, []byte(quotes)):
		n := bytes.Index(rest[len(quotes):], []byte(quotes))
		if n < 0 {
			w.stuck = len(rest) > maxBegin
			return false
		}
		w.write(quote(strings.TrimSpace(string(rest[len(quotes):][:n]))))
		w.at += n + 2*len(quotes)
	default:
		n := bytes.IndexByte(rest, f.colon())
		if n < 0 {
			w.stuck = len(rest) > maxBegin
			return false
		}
		w.write(quote(strings.TrimSpace(string(rest[:n]))))
		w.at += n
	}
	w.state = argColon
	return true
}

// oddValue begins to tell a value, or tells it.
func (w *writing) oddValue(body []byte, quotes string) bool {
	rest := body[w.at:]
	switch c := rest[0]; {
	case c == '"':
		w.state, w.scan = argJSON, scan{at: w.at}
	case c == '[' || c == '{':
		w.push(c)
		w.stuck = len(w.odd) > maxOdd
	case len(quotes) == 1 && c == quotes[0]: // with escapes of its own; no grammar lets it be
		w.stuck = true
	case bytes.HasPrefix(rest, []byte(quotes)):
		w.at += len(quotes)
		w.write(`"`)
		w.state = argText
	case len(rest) < len(quotes) && strings.HasPrefix(quotes, string(rest)):
		return false
	default:
		n := bytes.IndexAny(rest, ",]})")
		if n < 0 {
			w.stuck = len(rest) > maxBegin
			return false
		}
		v := strings.TrimSpace(string(rest[:n]))
		if j, ok := map[string]string{"True": "true", "False": "false", "None": "null"}[v]; ok {
			v = j
		}
		w.write(v)
		w.at += n
		w.state = argEnd
	}
	return true
}
