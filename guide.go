package chord

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/chat"
)

// A guide keeps an answer in its form: calls of tools within their grammar, and
// reasoning within its budget. It follows the text token by token.
type guide struct {
	plan     *chat.Plan
	thinking chat.Thinking // at the end of the prompt
	must     bool          // the answer is calls
	alone    bool          // one call at most
	budget   int           // of tokens of reasoning; -1: none
	closing  string        // text that ends reasoning

	g       *generation
	vocab   *grammar.Vocab
	phase   phase
	used    int     // tokens of reasoning
	force   []int32 // tokens that come next
	text    []byte  // the last of the text, for marks that end in it
	started bool    // the content has begun, with more than blanks
	content bool    // reasoning is over
	marks   []guideMark
}

// A guideMark is the state of a guide before a token that may be taken back.
type guideMark struct {
	phase            phase
	used             int
	force            []int32
	text             []byte
	started, content bool
	grammar          *constraint
	accepted         int // tokens of grammar
}

// mark keeps the state before the next token.
func (d *guide) mark() {
	m := guideMark{d.phase, d.used, d.force, slices.Clone(d.text), d.started, d.content, d.g.grammar, 0}
	if m.grammar != nil {
		m.accepted = m.grammar.accepted
	}
	d.marks = append(d.marks, m)
}

// decided drops the states before the first n tokens.
func (d *guide) decided(n int) { d.marks = d.marks[:copy(d.marks, d.marks[n:])] }

// back takes the last n tokens back.
func (d *guide) back(n int) {
	at := len(d.marks) - n
	m := d.marks[at]
	d.marks = d.marks[:at]
	d.phase, d.used, d.force, d.text, d.started, d.content = m.phase, m.used, m.force, m.text, m.started, m.content
	d.g.grammar = m.grammar
	if c := m.grammar; c != nil {
		c.matcher.Rollback(c.accepted - m.accepted)
		c.accepted = m.accepted
	}
}

// A phase is what kind of text a guide is in.
type phase uint8

const (
	inContent phase = iota
	inThought
	inCall // or in calls, or in the grammar of the caller's
)

// controlMark precedes the names of control tokens in the text that a guide follows:
// no grammar takes it for text, and text never for them.
const controlMark = "\x01"

// begin begins to steer g.
func (d *guide) begin(g *generation) {
	d.g = g
	d.vocab = g.m.chatVocabulary(g.tok)
	if d.thinking == chat.Thinks {
		d.think()
		return
	}
	d.content = d.thinking == chat.Thought
	d.enterContent(nil)
}

// think begins reasoning.
func (d *guide) think() {
	d.phase, d.text, d.force, d.g.grammar = inThought, d.text[:0], nil, nil
	d.bound()
}

// bound ends reasoning that has used up its budget, but no character in the middle.
func (d *guide) bound() {
	if d.budget < 0 || d.used < d.budget || d.force != nil || d.used < d.budget+4 && !complete(d.text) {
		return
	}
	d.force = tokens{d.g.tok}.within(d.closing)
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
func (d *guide) enterContent(rest []byte) {
	d.phase, d.text = inContent, append(d.text[:0], rest...)
	d.started = false
	g := d.g
	switch {
	case d.must:
		d.phase = inCall
		set := d.plan.Begin
		if d.content {
			set = d.plan.Calls
		}
		if d.content && d.used > 0 || d.thinking == chat.Thinks {
			set = d.plan.Thought
		}
		d.constrain(set, rest)
	case g.p.Grammar != nil:
		d.phase = inCall
		d.force = nil
		g.constrain()
	case d.plan.Call != nil:
		d.find()
	}
}

// constrain keeps the text within set, in which rest comes first if it may.
func (d *guide) constrain(set *grammar.Grammar, rest []byte) {
	m := set.NewMatcherAfter(d.vocab, rest)
	if m == nil {
		m = set.NewMatcher(d.vocab)
	}
	d.g.grammar = &constraint{matcher: m, mask: make([]uint64, d.vocab.Words())}
}

// apply changes the logits of the next token.
func (d *guide) apply(logits []float32) {
	forbidden := float32(math.Inf(-1))
	if len(d.force) > 0 && d.g.grammar != nil && !d.g.grammar.allows(d.force[0]) {
		d.force = nil
	}
	switch {
	case len(d.force) > 0:
		keep := logits[d.force[0]]
		for i := range logits {
			logits[i] = forbidden
		}
		logits[d.force[0]] = max(keep, 0)
	case d.phase == inThought && (d.must || d.g.p.Grammar != nil):
		for _, id := range slices.Concat(d.g.m.eog, d.g.stops) {
			logits[id] = forbidden
		}
	}
}

// accept goes on after a token.
func (d *guide) accept(id int32) {
	g := d.g
	if g.tok.IsEOG(id) || slices.Contains(g.stops, id) {
		return
	}
	if len(d.force) > 0 {
		d.force = d.force[1:]
	}
	piece := controlText(g.tok, id)
	d.text = append(d.text, piece...)
	switch d.phase {
	case inThought:
		d.used++
		if at := bytes.Index(d.text, []byte(d.plan.Unthink)); at >= 0 {
			rest := slices.Clone(d.text[at+len(d.plan.Unthink):])
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
func (d *guide) afterCall() {
	m := d.g.grammar.matcher
	switch {
	case d.must && !d.content && string(d.text) == d.plan.Think && d.plan.Think != "":
		d.think()
	case d.must || d.alone || d.g.p.Grammar != nil || !m.Accepting():
	default:
		d.g.grammar = nil
		d.phase, d.text = inContent, d.text[:0]
	}
}

// find looks for the beginning of reasoning or of a call in the text.
func (d *guide) find() {
	if !d.started {
		text := bytes.TrimLeft(d.text, " \t\r\n")
		if d.plan.Think != "" && !d.content && bytes.HasPrefix(text, []byte(d.plan.Think)) {
			d.think()
			return
		}
		for _, s := range d.plan.Starts {
			if bytes.HasPrefix(text, []byte(strings.TrimLeft(s, " "))) {
				d.call(text[len(strings.TrimLeft(s, " ")):])
				return
			}
		}
		d.started = len(text) > 64
	}
	if d.plan.Often && bytes.Contains(d.text, []byte(d.plan.Think)) {
		d.think()
		return
	}
	for _, s := range d.plan.Triggers {
		if at := bytes.LastIndex(d.text, []byte(s)); at >= 0 {
			d.call(d.text[at+len(s):])
			return
		}
	}
}

// call begins a call after its opening mark, unless rest, which came with it, is in
// none.
func (d *guide) call(rest []byte) {
	if d.plan.Call == nil {
		return
	}
	m := d.plan.Call.NewMatcherAfter(d.vocab, slices.Concat([]byte(d.plan.Open), rest))
	d.started, d.text = true, d.text[:0]
	if m == nil {
		return
	}
	d.phase = inCall
	d.g.grammar = &constraint{matcher: m, mask: make([]uint64, d.vocab.Words())}
}
