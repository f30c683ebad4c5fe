package jinja

import "fmt"

// A Template is a parsed template. It does not change and may be rendered by
// any number of goroutines at once.
type Template struct {
	src     string // normalized
	body    []stmt
	symbols map[string]int // of the variables' names
	globals []any          // by symbol: the value of a variable that is never set
	reads   map[string]bool
}

// maxSource is the longest template, far longer than that of any model.
const maxSource = 1 << 20

// maxNesting bounds the nesting of blocks, brackets and chains of else. Python's
// compiler stops at 200 brackets.
const maxNesting = 200

// Parse reads a template. The error is an *[Error].
func Parse(src string) (t *Template, err error) {
	defer rescue(&err)
	if len(src) > maxSource {
		return nil, errorAt("", 0, fmt.Sprintf("a template of %d bytes, at most %d", len(src), maxSource))
	}
	src = normalize(src)
	p := &parser{src: src, tokens: lex(src), symbols: map[string]int{}, reads: map[string]bool{}}
	body, _ := p.block()
	return &Template{src: src, body: body, symbols: p.symbols, globals: p.globals, reads: p.reads}, nil
}

// Reads reports whether the template reads a variable of this name anywhere, even
// if only under a condition.
func (t *Template) Reads(name string) bool { return t.reads[name] }

// A parser reads tokens from left to right.
type parser struct {
	src     string
	tokens  []token
	at      int
	nesting int
	loops   int // loops around this place, within the same macro
	soft    int // conditions around this place: code under one may name filters that do not exist
	symbols map[string]int
	globals []any
	reads   map[string]bool // names of variables that are read
	macros  int             // macros and call blocks read so far
	special []*[3]bool      // of the macros around this place
}

func (p *parser) fail(pos int, format string, args ...any) {
	panic(errorAt(p.src, pos, fmt.Sprintf(format, args...)))
}

// enter goes one level deeper; leave goes back.
func (p *parser) enter() {
	if p.nesting++; p.nesting > maxNesting {
		p.fail(p.peek().pos, "nested deeper than %d levels", maxNesting)
	}
}

func (p *parser) leave() { p.nesting-- }

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) peekAfter() token { return p.tokens[min(p.at+1, len(p.tokens)-1)] }

// next returns the token and moves past it, unless it is the end.
func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEOF {
		p.at++
	}
	return t
}

func (t token) is(kind tokenKind, text string) bool { return t.kind == kind && t.text == text }

// describe names a token in errors.
func (t token) describe() string {
	switch t.kind {
	case tokenEOF:
		return "end of template"
	case tokenPrintEnd:
		return "'}}'"
	case tokenBlockEnd:
		return "'%}'"
	case tokenString:
		return "the string " + quoted(t.text)
	}
	return quoted(t.text)
}

// op moves past an operator, if it is next.
func (p *parser) op(text string) bool { return p.accept(tokenOp, text) }

// word moves past a name, if it is next.
func (p *parser) word(text string) bool { return p.accept(tokenName, text) }

func (p *parser) accept(kind tokenKind, text string) bool {
	ok := p.peek().is(kind, text)
	if ok {
		p.at++
	}
	return ok
}

// expect moves past a token that must be next.
func (p *parser) expect(kind tokenKind, text string) token {
	t := p.next()
	if !t.is(kind, text) {
		p.fail(t.pos, "unexpected %s, expected %s", t.describe(), token{kind, text, 0}.describe())
	}
	return t
}

// ident moves past any name.
func (p *parser) ident() token {
	t := p.next()
	if t.kind != tokenName {
		p.fail(t.pos, "unexpected %s, expected a name", t.describe())
	}
	return t
}

// sym returns the number of a variable's name.
func (p *parser) sym(text string) int {
	for i, s := range [3]string{"caller", "varargs", "kwargs"} {
		if text == s {
			for _, used := range p.special {
				used[i] = true
			}
		}
	}
	s, ok := p.symbols[text]
	if !ok {
		s = len(p.globals)
		p.symbols[text] = s
		var v any = &undefined{obj: absent, name: text}
		if f, ok := builtins[text]; ok {
			v = f
		}
		p.globals = append(p.globals, v)
	}
	return s
}
