// Package grammar says which tokens may come next: a [Grammar] is a set of
// texts, a [Vocab] the tokens of a model, and a [Matcher] follows one text and
// fills the mask of the tokens that may continue it.
//
// A grammar is a context-free grammar over regular expressions, down to bytes,
// so that tokens that split characters are as good as others. The parser is
// Earley's, its sets are shared between equal places of all texts and its
// terminals are automata made from derivatives [derivative]; all of it is built
// when a text or a mask first needs it, and kept. A mask is a walk over the trie
// of the vocabulary; tokens of nothing but common characters are taken as a whole
// where a string may hold them.
//
// A grammar is text in one of several notations, or put together of [Part]s.
//
// [derivative] Brzozowski, Derivatives of Regular Expressions, 1964.
package grammar

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// A Grammar is a set of texts. It does not change and may be used by any number
// of goroutines.
type Grammar struct {
	source  Source
	part    Part               // what it was put together of, if source says so
	compile func(*rules) error // fills the rules from the source
	mu      sync.Mutex
	current *machine
}

// newGrammar returns the grammar that compile makes of source; compile is called again
// whenever the automaton has to be begun anew.
func newGrammar(source Source, compile func(*rules) error) (*Grammar, error) {
	g := &Grammar{source: source, compile: compile}
	m, err := g.build()
	if err != nil {
		return nil, err
	}
	g.current = m
	return g, nil
}

func (g *Grammar) build() (m *machine, err error) {
	defer catch(&err)
	b := &budget{limit: compileMemory}
	r := newRules(newExprs(b))
	if err := g.compile(r); err != nil {
		return nil, err
	}
	if !r.finish() {
		return nil, errNoText
	}
	if b.unsure {
		return nil, errUnsure
	}
	m = newMachine(r)
	b.limit, r.x.explored = 0, -1_000_000
	return m, nil
}

// errUnsure is the error of complements and intersections that may be empty.
var errUnsure = errors.New("whether any text is left of an intersection or a complement is too hard to tell")

var errNoText = errors.New("no text matches: every way through it goes on without end, or contradicts itself")

// machine returns the automaton of g, a new one if the last has grown too large.
func (g *Grammar) machine() *machine {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current.full() {
		if m, err := g.build(); err == nil {
			g.current = m
		}
	}
	return g.current
}

// full reports whether m holds as much as it may.
func (m *machine) full() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.budget.used > maxMemory
}

// Match reports whether text is one of the texts of g. If it is not, at is the
// byte from which on it is wrong, len(text) if it ends too early. Where the grammar is
// too ambiguous to go on, text is taken for wrong; see [Matcher.Err].
func (g *Grammar) Match(text []byte) (accepted bool, at int) {
	m := g.machine()
	c := m.root
	for at < len(text) && c != dead {
		piece := text[at:min(at+matchPiece, len(text))]
		next, n, err := m.run(c, piece)
		if at += n; err != nil {
			return false, at
		}
		if c = next; n < len(piece) {
			break
		}
	}
	return c.accepts && at == len(text), at
}

// matchPiece is how many bytes Match reads with the work that a token may take.
const matchPiece = 16

// Regexp returns the grammar of the texts that a regular expression, in
// ECMAScript's notation, matches as a whole.
func Regexp(expression string) (*Grammar, error) {
	p, err := parsePattern(expression)
	if err != nil {
		return nil, fmt.Errorf("grammar: %w", err)
	}
	g, err := newGrammar(Source{kindRegexp, expression}, func(r *rules) error {
		e, err := r.x.pattern(p, plain{})
		return r.only(e, err)
	})
	if err != nil {
		return nil, fmt.Errorf("grammar: regular expression %.100q: %w", expression, err)
	}
	return g, nil
}

// Choices returns the grammar of the given texts.
func Choices(texts []string) (*Grammar, error) {
	list, err := json.Marshal(append([]string{}, texts...)) // invalid UTF-8 becomes U+FFFD, as in runes
	if err != nil {
		panic(err)
	}
	texts = append([]string(nil), texts...)
	g, err := newGrammar(Source{kindChoices, string(list)}, func(r *rules) error { return r.only(r.x.literals(texts, plain{}), nil) })
	if err != nil {
		return nil, fmt.Errorf("grammar: %d choices: %w", len(texts), err)
	}
	return g, nil
}

// only makes e the whole grammar.
func (r *rules) only(e expr, err error) error {
	if err != nil {
		return err
	}
	s := r.nonterminal()
	r.first = s.id
	r.add(s, r.terminal(e))
	return nil
}
