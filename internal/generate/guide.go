package generate

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/chat"
	"github.com/querent-ai/chord/internal/constrain"
)

// A Guide keeps an answer in a chat in its form: calls of tools within their grammar,
// and reasoning within its budget. It follows the text token by token.
type Guide struct {
	Tools    []chat.ToolSchema // that may be called
	Plan     *chat.Plan        // for Tools, with marks of the vocabulary, see [constrain.Vocabulary.Mark]
	Thinking chat.Thinking     // at the end of the prompt
	Must     bool              // the answer is calls
	Alone    bool              // one call at most
	Budget   int               // of tokens of reasoning; -1: none
	Closing  string            // text that ends reasoning

	t *Text
	guideState
	marks []guideMark
}

// A guideState is where in an answer a guide is.
type guideState struct {
	phase   phase
	used    int     // tokens of reasoning
	force   []int32 // tokens that come next
	text    []byte  // the last of the text, for marks that end in it
	started bool    // the content has begun, with more than blanks
	content bool    // reasoning is over
}

// A guideMark is the state of a guide before a token that may be taken back.
type guideMark struct {
	guideState
	grammar  *constrain.Grammar
	accepted int // tokens of grammar
}

// mark keeps the state before the next token.
func (d *Guide) mark() {
	m := guideMark{guideState: d.guideState, grammar: d.t.grammar}
	m.text = slices.Clone(d.text)
	if m.grammar != nil {
		m.accepted = m.grammar.Accepted()
	}
	d.marks = append(d.marks, m)
}

// decided drops the states before the first n tokens.
func (d *Guide) decided(n int) { d.marks = d.marks[:copy(d.marks, d.marks[n:])] }

// back takes the last n tokens back.
func (d *Guide) back(n int) {
	at := len(d.marks) - n
	m := d.marks[at]
	d.marks = d.marks[:at]
	d.guideState, d.t.grammar = m.guideState, m.grammar
	if g := m.grammar; g != nil {
		g.Back(g.Accepted() - m.accepted)
	}
}

// A phase is what kind of text a guide is in.
type phase uint8

const (
	inContent phase = iota
	inThought
	inCall // or in calls, or in the grammar of the caller's
)

// begin begins to steer t.
func (d *Guide) begin(t *Text) {
	d.t = t
	if d.Thinking == chat.Thinks {
		d.think()
		return
	}
	d.content = d.Thinking == chat.Thought
	d.enterContent(nil)
}

// think begins reasoning.
func (d *Guide) think() {
	d.phase, d.text, d.force, d.t.grammar = inThought, d.text[:0], nil, nil
	d.bound()
}

// bound ends reasoning that has used up its budget, but no character in the middle.
func (d *Guide) bound() {
	if d.Budget < 0 || d.used < d.Budget || d.force != nil || d.used < d.Budget+4 && !complete(d.text) {
		return
	}
	d.force = d.t.Vocab.TokenizeSpecial(d.Closing)
}

// complete reports whether text ends with a whole character.
func complete(text []byte) bool {
	for i := 1; i <= min(utf8.UTFMax, len(text)); i++ {
		if c := text[len(text)-i]; utf8.RuneStart(c) {
			return utf8.FullRune(text[len(text)-i:])
		}
	}
	return true
}

// enterContent begins the answer after reasoning; rest is the part of it that came
// with the last token.
func (d *Guide) enterContent(rest []byte) {
	d.phase, d.text = inContent, append(d.text[:0], rest...)
	d.started = false
	t := d.t
	switch {
	case d.Must:
		d.phase = inCall
		set := d.Plan.Begin
		if d.content {
			set = d.Plan.Calls
		}
		if d.content && d.used > 0 || d.Thinking == chat.Thinks {
			set = d.Plan.Thought
		}
		d.constrain(set, rest)
	case t.Params.Grammar != nil:
		d.phase = inCall
		d.force = nil
		t.grammar = constrain.NewGrammar(t.Vocab, t.Params.Grammar)
	case d.Plan.Call != nil:
		d.find()
	}
}

// constrain keeps the text within set, in which rest comes first if it may.
func (d *Guide) constrain(set *grammar.Grammar, rest []byte) {
	if d.t.grammar = constrain.NewMarked(d.t.Vocab, set, rest); d.t.grammar == nil {
		d.t.grammar = constrain.NewMarked(d.t.Vocab, set, nil)
	}
}

// apply changes the logits of the next token.
func (d *Guide) apply(logits []float32) {
	forbidden := float32(math.Inf(-1))
	if len(d.force) > 0 && d.t.grammar != nil && !d.t.grammar.Allows(d.force[0]) {
		d.force = nil
	}
	switch {
	case len(d.force) > 0:
		keep := logits[d.force[0]]
		for i := range logits {
			logits[i] = forbidden
		}
		logits[d.force[0]] = max(keep, 0)
	case d.phase == inThought && (d.Must || d.t.Params.Grammar != nil):
		for _, id := range slices.Concat(d.t.Vocab.EOG, d.t.stops) {
			logits[id] = forbidden
		}
	}
}

// accept goes on after a token.
func (d *Guide) accept(id int32) {
	t := d.t
	if t.Vocab.IsEOG(id) || slices.Contains(t.stops, id) {
		return
	}
	if len(d.force) > 0 {
		d.force = d.force[1:]
	}
	piece := t.Vocab.MarkedText(id)
	d.text = append(d.text, piece...)
	switch d.phase {
	case inThought:
		d.used++
		if at := bytes.Index(d.text, []byte(d.Plan.Unthink)); at >= 0 {
			rest := slices.Clone(d.text[at+len(d.Plan.Unthink):])
			d.content = true
			d.enterContent(rest)
			return
		}
		d.bound()
	case inContent:
		d.find()
	case inCall:
		d.afterCall()
	}
	if n := len(d.text); n > 8*maxMark {
		d.text = append(d.text[:0], d.text[n-maxMark:]...)
	}
}

// maxMark is how much of the text a guide keeps: the longest mark, and more.
const maxMark = 256

// afterCall goes on after a token of a call.
func (d *Guide) afterCall() {
	switch {
	case d.Must && !d.content && string(d.text) == d.Plan.Think && d.Plan.Think != "":
		d.think()
	case d.Must || d.Alone || d.t.Params.Grammar != nil || !d.t.grammar.Accepting():
	default:
		d.t.grammar = nil
		d.phase, d.text = inContent, d.text[:0]
	}
}

// find looks for the beginning of reasoning or of a call in the text.
func (d *Guide) find() {
	if !d.started {
		text := bytes.TrimLeft(d.text, " \t\r\n")
		if d.Plan.Think != "" && !d.content && bytes.HasPrefix(text, []byte(d.Plan.Think)) {
			d.think()
			return
		}
		for _, s := range d.Plan.Starts {
			if bytes.HasPrefix(text, []byte(strings.TrimLeft(s, " "))) {
				d.call(text[len(strings.TrimLeft(s, " ")):])
				return
			}
		}
		d.started = len(text) > 64
	}
	if d.Plan.Often && bytes.Contains(d.text, []byte(d.Plan.Think)) {
		d.think()
		return
	}
	for _, s := range d.Plan.Triggers {
		if at := bytes.LastIndex(d.text, []byte(s)); at >= 0 {
			d.call(d.text[at+len(s):])
			return
		}
	}
}

// call begins a call after its opening mark, unless rest, which came with it, is in
// none.
func (d *Guide) call(rest []byte) {
	if d.Plan.Call == nil {
		return
	}
	g := constrain.NewMarked(d.t.Vocab, d.Plan.Call, slices.Concat([]byte(d.Plan.Open), rest))
	d.started, d.text = true, d.text[:0]
	if g != nil {
		d.phase, d.t.grammar = inCall, g
	}
}
