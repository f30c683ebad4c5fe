package grammar

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

type gbnfOp uint8

const (
	gbnfText gbnfOp = iota
	gbnfSet
	gbnfName
	gbnfConcat
	gbnfOr
	gbnfRepeat
)

// A gbnfNode is a part of the right side of a rule as it is written.
type gbnfNode struct {
	op       gbnfOp
	text     string // of a literal, or the name of a rule
	set      runeSet
	args     []*gbnfNode
	min, max int
	line     int
}

// A gbnfRule is a rule and what is known of it.
type gbnfRule struct {
	name  string
	body  *gbnfNode
	line  int
	state uint8 // see gbnfLowering.regular
	size  int64
	expr  expr
	sym   symbol
}

// maxGBNF bounds the length of a grammar.
const maxGBNF = 512 << 10

// A gbnfParser reads llama.cpp's notation.
type gbnfParser struct {
	src   string
	at    int
	depth int
	rules []*gbnfRule
	named map[string]*gbnfRule
}

func (p *gbnfParser) fail(format string, args ...any) error {
	return fmt.Errorf("line %d: %s", p.line(), fmt.Sprintf(format, args...))
}

func (p *gbnfParser) line() int { return 1 + strings.Count(p.src[:p.at], "\n") }

// parse reads all rules.
func (p *gbnfParser) parse() error {
	p.named = map[string]*gbnfRule{}
	if len(p.src) > maxGBNF {
		return fmt.Errorf("%d bytes, at most %d", len(p.src), maxGBNF)
	}
	if !utf8.ValidString(p.src) {
		return errors.New("invalid UTF-8")
	}
	for p.space(true); p.at < len(p.src); p.space(true) {
		line := p.line()
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
		r := &gbnfRule{name: name, body: body, line: line}
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
func (p *gbnfParser) alternatives(nested bool) (*gbnfNode, error) {
	if p.depth++; p.depth > maxPatternDepth {
		return nil, p.fail("groups too deep")
	}
	defer func() { p.depth-- }()
	or := &gbnfNode{op: gbnfOr, line: p.line()}
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

func (p *gbnfParser) sequence(nested bool) (*gbnfNode, error) {
	seq := &gbnfNode{op: gbnfConcat, line: p.line()}
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
func (p *gbnfParser) atom() (*gbnfNode, error) {
	line := p.line()
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
		return &gbnfNode{op: gbnfText, text: string(text), line: line}, nil
	case c == '[':
		p.at++
		s, err := p.class()
		return &gbnfNode{op: gbnfSet, set: s, line: line}, err
	case c == '.':
		p.at++
		return &gbnfNode{op: gbnfSet, set: anyRune, line: line}, nil
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
		return &gbnfNode{op: gbnfName, text: name, line: line}, nil
	}
	return nil, nil
}
