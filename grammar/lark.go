package grammar

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Lark returns the grammar that src describes in the variant of Lark's notation
// that llguidance documents. The text is the rule called start.
//
//	start: item ("," item)* -> list   # comments; the name of an alternative means nothing
//	item: NAME "(" [start] ")" | %json {"type": "integer"} | "on"i | "a".."f"
//	NAME: /[a-z]\w*/ & ~("if" | "else")
//	%import common.WS
//	%ignore WS
//
// Names in small letters are rules, others are terminals: regular expressions, not
// recursive. ?, *, + and ~n, ~n..m, {n}, {n,}, {,m}, {n,m} repeat, brackets make
// optional, & and ~ are for what is regular. An expression in slashes is one of
// Rust's crate regex with flags i, s, m and u, and matches as a whole. What
// %ignore has may follow every terminal and text in quotes of a rule, as often as
// it can, once with %llguidance {"ignore_once": true}; with
// {"allow_initial_skip": true} it may also begin the text. %import takes the
// terminals of common that llguidance has, %regex its three forms of substrings.
//
// A terminal may end wherever its expression may, as in Lark's dynamic lexer;
// priorities change no text and are ignored. A rule with [lazy] or [suffix=…] ends
// where it first can, and so do all terminals that were begun at the same place.
// [capture] means nothing.
//
// What cannot be enforced on the bytes of a text is an error that names it and its
// line and column: stop, max_tokens and temperature of a rule, special tokens,
// other grammars, templates and rules with parameters.
func Lark(src string) (*Grammar, error) {
	p := &larkParser{src: src, named: map[string]*namedRule{}}
	err := p.parse()
	var g *Grammar
	if err == nil {
		g, err = newGrammar(Source{kindLark, src}, p.compile)
	}
	if err != nil {
		return nil, fmt.Errorf("grammar: Lark: %w", err)
	}
	return g, nil
}

// A larkParser reads Lark's notation.
type larkParser struct {
	src    string
	at     int
	places placer
	depth  int
	rules  []*namedRule
	named  map[string]*namedRule

	terminal bool        // what is read is regular
	skips    []*ruleNode // of %ignore
	options  larkOptions
	lazy     bool
	schemas  int
	size     int // about how many nodes and ranges there are
}

// maxLarkSize bounds what is read of one source.
const maxLarkSize = 150_000

// larkOptions are those of %llguidance. The others change no text.
type larkOptions struct {
	IgnoreOnce       bool `json:"ignore_once"`
	AllowInitialSkip bool `json:"allow_initial_skip"`
	AllowInvalidUTF8 bool `json:"allow_invalid_utf8"`
	NoForcing        bool `json:"no_forcing"`
}

// compile makes the rules.
func (p *larkParser) compile(r *rules) error {
	for _, n := range p.rules { // the last time may have left something
		*n = namedRule{name: n.name, body: n.body}
	}
	l := &ruleLowering{r: r, named: p.named, lexemes: p.lazy, skips: unbounded}
	if len(p.skips) > 0 {
		l.skip = &ruleNode{op: ruleOr, args: p.skips}
	}
	if p.options.IgnoreOnce {
		l.skips = 1
	}
	if err := l.lower(p.rules, "start"); err != nil {
		return err
	}
	if l.skip != nil && p.options.AllowInitialSkip {
		start := r.nonterminal()
		r.add(start, l.skipped(), symbol{kind: symRule, id: r.first, min: 1, max: 1})
		r.first = start.id
	}
	return l.err
}

// grow counts n nodes.
func (p *larkParser) grow(n int) error {
	if p.size += n; p.size > maxLarkSize {
		return p.fail("the grammar is too large")
	}
	return nil
}

func (p *larkParser) place() place { return p.places.place(p.src, p.at) }

func (p *larkParser) fail(format string, args ...any) error {
	return p.failAt(p.place(), format, args...)
}

func (p *larkParser) failAt(at place, format string, args ...any) error {
	return fmt.Errorf("%v: %w", at, fmt.Errorf(format, args...))
}

// rest returns the next few bytes, for errors.
func (p *larkParser) rest() string { return firstBytes(p.src[p.at:], 12) }

func firstBytes(s string, n int) string { return s[:min(n, len(s))] }

func (p *larkParser) has(s string) bool {
	if strings.HasPrefix(p.src[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

// peek returns the next byte, 0 at the end.
func (p *larkParser) peek() byte {
	if p.at < len(p.src) {
		return p.src[p.at]
	}
	return 0
}

// space skips blanks and comments, and line ends too if lines is true.
func (p *larkParser) space(lines bool) {
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == ' ' || c == '\t' || c == '\f' || lines && (c == '\n' || c == '\r'):
			p.at++
		case c == '#' || strings.HasPrefix(p.src[p.at:], "//"):
			if end := strings.IndexByte(p.src[p.at:], '\n'); end >= 0 {
				p.at += end
			} else {
				p.at = len(p.src)
			}
		default:
			return
		}
	}
}

// parse reads all rules and statements, and checks terminals.
func (p *larkParser) parse() error {
	if len(p.src) > maxGBNF {
		return fmt.Errorf("%d bytes, at most %d", len(p.src), maxGBNF)
	}
	if !utf8.ValidString(p.src) {
		return errors.New("invalid UTF-8")
	}
	for p.space(true); p.at < len(p.src); p.space(true) {
		var err error
		if p.peek() == '%' {
			err = p.statement()
		} else {
			err = p.rule()
		}
		if err != nil {
			return err
		}
		p.space(false)
		if c := p.peek(); c != 0 && c != '\n' && c != '\r' {
			return p.fail("unexpected %q", p.rest())
		}
	}
	return p.checkTerminals()
}

// name reads the name of a rule or terminal, "" if there is none.
func (p *larkParser) name() (name string, terminal bool) {
	start := p.at
	for p.at < len(p.src) {
		c := p.src[p.at]
		if c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') &&
			(c != '-' || p.at == start || strings.HasPrefix(p.src[p.at:], "->")) {
			break
		}
		p.at++
	}
	name = p.src[start:p.at]
	first := strings.TrimLeft(name, "_")
	if first == "" || first[0] >= '0' && first[0] <= '9' {
		p.at = start
		return "", false
	}
	return name, first[0] < 'a'
}

// rule reads the definition of a rule or terminal.
func (p *larkParser) rule() error {
	at := p.place()
	for p.has("!") || p.has("?") {
	}
	name, terminal := p.name()
	switch {
	case name == "":
		return p.fail("a rule, a terminal or a statement, not %q", p.rest())
	case terminal && strings.ToUpper(name) != name, !terminal && strings.ToLower(name) != name:
		return p.failAt(at, "name %.50q has small and capital letters", name)
	case p.named[name] != nil:
		return p.failAt(at, "%.50q is there twice", name)
	case p.peek() == '{':
		return p.fail("templates cannot be enforced")
	case p.has("::"):
		return p.fail("rules with parameters cannot be enforced")
	}
	if p.space(false); p.has(".") {
		if p.has("-"); p.number() < 0 {
			return p.fail("a priority, not %q", p.rest())
		}
		p.space(false)
	}
	a := &larkAttributes{}
	if p.peek() == '[' && !terminal {
		if err := p.attributes(a); err != nil {
			return err
		}
		p.space(false)
	}
	if !p.has(":") {
		return p.fail("%.50q: a colon is missing before %q", name, p.rest())
	}
	p.terminal = terminal || a.lazy
	body, err := p.alternatives(false)
	if err != nil {
		return err
	}
	if a.lazy {
		if a.suffix != nil {
			body = &ruleNode{op: ruleConcat, args: []*ruleNode{body, a.suffix}}
		}
		body = &ruleNode{op: ruleLazy, args: []*ruleNode{body}, place: at}
		p.lazy = true
	}
	p.define(name, body)
	return nil
}

func (p *larkParser) define(name string, body *ruleNode) {
	r := &namedRule{name: name, body: body}
	p.rules = append(p.rules, r)
	p.named[name] = r
}

// number reads a number, -1 if there is none.
func (p *larkParser) number() int {
	q := &patternParser{src: p.src, at: p.at}
	n, ok := q.number()
	if !ok {
		return -1
	}
	p.at = q.at
	return n
}

// json reads a JSON value.
func (p *larkParser) json() (json.RawMessage, error) {
	d := json.NewDecoder(strings.NewReader(p.src[p.at:]))
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return nil, err
	}
	p.at += int(d.InputOffset())
	return raw, nil
}
