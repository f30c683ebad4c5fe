package chat

import (
	"bytes"
	"regexp"
	"strings"
)

// A CallPiece is a piece of a call that is being written.
type CallPiece struct {
	Index     int
	ID, Name  string // of the first piece of a call
	Arguments string // follow those of earlier pieces
}

// A writing is the progress of telling a call in pieces, before it is complete.
type writing struct {
	begin *regexp.Regexp // of a call, up to its arguments; groups are the id and the name
	at    int            // in the body: where the next call may begin, or what has not been told
	in    bool           // within arguments
	tool  string
	index int // of the call, or of the next
	sent  int // bytes of its arguments

	scan  scan   // of JSON
	out   []byte // the next piece
	state argState
	count int  // arguments that have begun
	stuck bool // the arguments are not as their form says
	told  bool // the value before a closing tag has been told
	inKey bool // the string is a key
	odd   []oddFrame
}

// An argState is where the telling of arguments that are no JSON stands.
type argState uint8

const (
	argNext  argState = iota // before an argument, an element or the end
	argKey                   // before a key
	argColon                 // after a key
	argValue                 // before a value
	argText                  // in a text that is written as it is
	argJSON                  // in JSON
	argWait                  // in a value that is told as a whole
	argEnd                   // after a value
)

// maxBegin is how much text before its arguments a call has at most, to be told in
// pieces.
const maxBegin = 1024

// callBegin returns the expression for the text of a call up to its arguments, nil
// if the name or the id comes after them. close is the mark that ends a body.
func (f *form) callBegin(close string) *regexp.Regexp {
	before, after, ok := strings.Cut(f.call, slotArgs)
	if !ok || !strings.Contains(before, slotName) || strings.Contains(after, slotID) {
		return nil
	}
	if rest, ok := strings.CutPrefix(f.open, f.begin); ok {
		before = strings.TrimPrefix(before, rest) // the mark may end within the call
	}
	before = strings.TrimLeft(before, space)
	text := regexp.QuoteMeta(before)
	name := `(?P<name>[-\w.:/]+?)`
	if strings.Contains(before, "functions."+slotName+":"+slotIndex) { // the id contains the name
		text = strings.Replace(text, `functions\.`+slotName+":"+slotIndex, `(?P<id>functions\.`+name+`:[0-9]{1,2})`, 1)
	}
	text = strings.NewReplacer(slotName, name, slotID, "(?P<id>[a-zA-Z0-9]{9})", slotIndex, "(?P<id>[0-9]{1,2})").Replace(text)
	next := `\{`
	switch f.args.style {
	case asTags:
		next = regexp.QuoteMeta(f.args.keyOpen)
		if end, _, _ := strings.Cut(after, close); strings.TrimSpace(end) != "" {
			next += "|" + regexp.QuoteMeta(strings.TrimSpace(end))
		}
	case asPython:
		next = ""
	}
	return regexp.MustCompile(text + "(?P<next>" + next + ")")
}

// tell tells what is new of the call whose body is in buf.
func (p *Parser) tell(body []byte) {
	w := &p.writing
	if w.begin == nil || w.index-p.calls > maxTries || len(body) < w.at { // a mark within an argument, of which a part has been told
		return
	}
	for {
		if !w.in && !p.tellBegin(body) {
			return
		}
		ended := p.tellArguments(body)
		w.sent += len(w.out)
		p.piece(CallPiece{Index: w.index, Arguments: string(w.out)})
		if w.out = w.out[:0]; !ended {
			return
		}
		w.in, w.sent = false, 0
		w.index++
	}
}

// tellBegin looks for the beginning of the arguments of the next call.
func (p *Parser) tellBegin(body []byte) bool {
	w := &p.writing
	rest := body[min(w.at, len(body)):]
	if len(rest) > maxBegin {
		return false
	}
	m := w.begin.FindSubmatchIndex(rest)
	if m == nil {
		return false
	}
	first := CallPiece{Index: w.index}
	at := 0
	for i, group := range w.begin.SubexpNames() {
		if i == 0 || m[2*i] < 0 {
			continue
		}
		switch text := string(rest[m[2*i]:m[2*i+1]]); group {
		case "id":
			first.ID = text
		case "name":
			first.Name = text
		case "next":
			at = m[2*i]
		}
	}
	if p.strings[first.Name] == nil { // no tool
		return false
	}
	if first.ID == "" {
		first.ID = p.newID(w.index)
	}
	w.at += at
	w.in, w.tool, w.scan = true, first.Name, scan{at: w.at}
	w.state, w.count, w.stuck, w.told, w.inKey, w.odd = argNext, 0, false, false, false, w.odd[:0]
	p.piece(first)
	return true
}

// tellArguments appends to out what is new of the arguments, and reports whether they
// have ended.
func (p *Parser) tellArguments(body []byte) (ended bool) {
	w := &p.writing
	switch p.tmpl.form().args.style {
	case asTags:
		return p.tellTags(body)
	case asBraces, asPython:
		return p.tellOdd(body)
	}
	return w.tellJSON(body)
}

// piece adds a piece of a call.
func (p *Parser) piece(c CallPiece) {
	if c.Name == "" && c.Arguments == "" {
		return
	}
	p.content.hold, p.content.drops = nil, false
	p.push()
	p.out = append(p.out, Delta{CallPiece: &c})
}

// told adds the pieces of a complete call that have not been told.
func (p *Parser) told(c *Call) {
	w := &p.writing
	switch {
	case p.calls > w.index || p.calls == w.index && !w.in:
		p.piece(CallPiece{Index: p.calls, ID: c.ID, Name: c.Name, Arguments: c.Arguments})
	case p.calls == w.index && w.sent <= len(c.Arguments):
		p.piece(CallPiece{Index: p.calls, Arguments: c.Arguments[w.sent:]})
	}
}

// telling reports whether a call has been told in part that is not complete.
func (p *Parser) telling() bool { return p.writing.in || p.writing.index > p.calls }

// endTelling begins anew after a call.
func (p *Parser) endTelling() {
	p.writing = writing{begin: p.writing.begin, index: p.calls}
}

// tellMessage tells what is new of the arguments in a message of gpt-oss.
func (p *Parser) tellMessage(body []byte) {
	w := &p.writing
	if !p.Sure || p.strings[p.message.to] == nil {
		return
	}
	if !w.in {
		n := len(body) - len(bytes.TrimLeft(body, space))
		if n == len(body) || body[n] != '{' {
			return
		}
		w.in, w.at, w.sent, w.scan = true, n, 0, scan{at: n}
		p.piece(CallPiece{Index: p.calls, ID: p.newID(p.calls), Name: p.message.to})
	}
	if w.scan.depth == 0 && w.sent > 0 {
		return // all has been told
	}
	n, v := w.scan.json(body)
	if v != ended {
		n = len(body)
	}
	p.piece(CallPiece{Index: p.calls, Arguments: string(body[w.at+w.sent : n])})
	w.sent = n - w.at
}
