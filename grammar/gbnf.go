package grammar

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// GBNF returns the grammar that src, in llama.cpp's notation, describes: rules
// name ::= alternatives, of texts in quotes, classes of characters, groups,
// names, and repeats. The text is the rule called root.
func GBNF(src string) (*Grammar, error) {
	g, err := newGrammar(Source{kindGBNF, src}, func(r *rules) error {
		p := &gbnfParser{src: src}
		if err := p.parse(); err != nil {
			return err
		}
		return (&ruleLowering{r: r, named: p.named}).lower(p.rules, "root")
	})
	if err != nil {
		return nil, fmt.Errorf("grammar: GBNF: %w", err)
	}
	return g, nil
}

// maxGBNF bounds the length of a grammar.
const maxGBNF = 512 << 10

// A gbnfParser reads llama.cpp's notation.
type gbnfParser struct {
	src    string
	at     int
	places placer
	depth  int
	rules  []*namedRule
	named  map[string]*namedRule
}

func (p *gbnfParser) fail(format string, args ...any) error {
	return fmt.Errorf("line %d: %s", p.line(), fmt.Sprintf(format, args...))
}

func (p *gbnfParser) place() place { return place{line: p.line()} }

func (p *gbnfParser) line() int { return p.places.place(p.src, p.at).line }

// parse reads all rules.
func (p *gbnfParser) parse() error {
	p.named = map[string]*namedRule{}
	if len(p.src) > maxGBNF {
		return fmt.Errorf("%d bytes, at most %d", len(p.src), maxGBNF)
	}
	if !utf8.ValidString(p.src) {
		return errors.New("invalid UTF-8")
	}
	for p.space(true); p.at < len(p.src); p.space(true) {
		name := p.name()
		if name == "" {
			return p.fail("a rule's name, not %q", p.rest())
		}
		p.space(false)
		if !p.has("::=") {
			return p.fail("rule %q: ::= is missing", name)
		}
		p.space(true)
		body, err := p.alternatives(false)
		if err != nil {
			return fmt.Errorf("rule %q: %w", name, err)
		}
		if p.at < len(p.src) && p.src[p.at] != '\n' && p.src[p.at] != '\r' {
			return p.fail("rule %q: unexpected %q", name, p.rest())
		}
		if p.named[name] != nil {
			return p.fail("rule %q is there twice", name)
		}
		r := &namedRule{name: name, body: body}
		p.rules = append(p.rules, r)
		p.named[name] = r
	}
	return nil
}

// rest returns the next few bytes, for errors.
func (p *gbnfParser) rest() string { return p.src[p.at:min(p.at+12, len(p.src))] }

func (p *gbnfParser) has(s string) bool {
	if strings.HasPrefix(p.src[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

// space skips blanks and comments, and line ends too if lines is true.
func (p *gbnfParser) space(lines bool) {
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == ' ' || c == '\t' || lines && (c == '\n' || c == '\r'):
			p.at++
		case c == '#':
			for p.at < len(p.src) && p.src[p.at] != '\n' && p.src[p.at] != '\r' {
				p.at++
			}
		default:
			return
		}
	}
}

func (p *gbnfParser) name() string {
	start := p.at
	for p.at < len(p.src) {
		c := p.src[p.at]
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			break
		}
		p.at++
	}
	return p.src[start:p.at]
}

// alternatives reads what | separates; within parentheses lines do not end it.
func (p *gbnfParser) alternatives(nested bool) (*ruleNode, error) {
	if p.depth++; p.depth > maxPatternDepth {
		return nil, p.fail("groups too deep")
	}
	defer func() { p.depth-- }()
	or := &ruleNode{op: ruleOr, place: p.place()}
	for {
		seq, err := p.sequence(nested)
		if err != nil {
			return nil, err
		}
		or.args = append(or.args, seq)
		if !p.has("|") {
			return or, nil
		}
		p.space(true)
	}
}

func (p *gbnfParser) sequence(nested bool) (*ruleNode, error) {
	seq := &ruleNode{op: ruleConcat, place: p.place()}
	for p.at < len(p.src) {
		a, err := p.atom()
		if err != nil {
			return nil, err
		}
		if a == nil {
			break
		}
		p.space(nested)
		for {
			r, err := p.repeat(a)
			if err != nil {
				return nil, err
			}
			if r == nil {
				break
			}
			a = r
			p.space(nested)
		}
		seq.args = append(seq.args, a)
	}
	return seq, nil
}

// atom reads what may be repeated; nil if there is none.
func (p *gbnfParser) atom() (*ruleNode, error) {
	line := p.place()
	switch c := p.src[p.at]; {
	case c == '"':
		p.at++
		var text []rune
		for !p.has(`"`) {
			r, err := p.char()
			if err != nil {
				return nil, err
			}
			text = append(text, r)
		}
		return &ruleNode{op: ruleText, text: string(text), place: line}, nil
	case c == '[':
		p.at++
		s, err := p.class()
		return &ruleNode{op: ruleSet, set: s, place: line}, err
	case c == '.':
		p.at++
		return &ruleNode{op: ruleSet, set: anyRune, place: line}, nil
	case c == '(':
		p.at++
		p.space(true)
		a, err := p.alternatives(true)
		if err == nil && !p.has(")") {
			err = p.fail("a group without an end")
		}
		return a, err
	}
	if name := p.name(); name != "" {
		return &ruleNode{op: ruleName, text: name, place: line}, nil
	}
	return nil, nil
}
