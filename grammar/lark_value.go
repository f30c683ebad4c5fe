package grammar

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// value reads a text, an expression, a name or what % begins.
func (p *larkParser) value() (*ruleNode, error) {
	at := p.place()
	switch c := p.peek(); {
	case c == '"':
		return p.quoted(at)
	case c == '/':
		return p.expression(at)
	case c == '<':
		return nil, p.fail("special tokens cannot be enforced: the grammar is one of bytes")
	case c == '@', p.has("%lark"):
		return nil, p.failAt(at, "other grammars cannot be enforced")
	case p.has("%json"):
		return p.inlineSchema(at)
	case p.has("%regex"):
		return p.substring(at)
	}
	name, terminal := p.name()
	switch {
	case name == "":
		return nil, p.fail("unexpected %q", p.rest())
	case p.has("::"):
		return nil, p.failAt(at, "rules with parameters cannot be enforced")
	case p.terminal && !terminal:
		return nil, p.failAt(at, "rule %.50q in a terminal", name)
	}
	if err := p.grow(2); err != nil {
		return nil, err
	}
	n := &ruleNode{op: ruleName, text: name, place: at}
	if terminal {
		n = p.leaf(n)
	}
	return n, nil
}

// quoted reads a text in quotes, or a range of two of one character.
func (p *larkParser) quoted(at place) (*ruleNode, error) {
	text, err := p.text()
	if err == nil {
		err = p.grow(1 + len(text)/8)
	}
	if err != nil {
		return nil, err
	}
	n := &ruleNode{op: ruleText, text: text, place: at}
	before := p.at
	p.space(false)
	switch {
	case p.has(".."):
		p.space(false)
		if p.peek() != '"' {
			return nil, p.fail("a text after .., not %q", p.rest())
		}
		last, err := p.text()
		if err != nil {
			return nil, err
		}
		lo, a := utf8.DecodeRuneInString(text)
		hi, b := utf8.DecodeRuneInString(last)
		if a == 0 || a != len(text) || b == 0 || b != len(last) || lo > hi {
			return nil, p.failAt(at, "%.20q..%.20q is no range of characters", text, last)
		}
		n = &ruleNode{op: ruleSet, set: runeSet{{lo, hi}}, place: at}
	default:
		if p.at = before; p.has("i") {
			if err := p.grow(2 * len(text)); err != nil {
				return nil, err
			}
			n.op, n.text = ruleConcat, ""
			for _, c := range text {
				n.args = append(n.args, &ruleNode{op: ruleSet, set: runeSet{{c, c}}.fold()})
			}
		}
	}
	if text == "" {
		return &ruleNode{op: ruleConcat, place: at}, nil // no lexeme, so nothing is ignored after it
	}
	return p.leaf(n), nil
}

// text reads what is between quotes, in the notation of JSON and with \xhh.
func (p *larkParser) text() (string, error) {
	at := p.place()
	var b strings.Builder
	for p.at++; ; {
		c, n := utf8.DecodeRuneInString(p.src[p.at:])
		switch {
		case n == 0 || c == '\n':
			return "", p.failAt(at, "a text without an end")
		case c == '"':
			p.at++
			return b.String(), nil
		case c != '\\':
			p.at += n
			b.WriteRune(c)
			continue
		}
		p.at++
		c, err := p.escape()
		if err != nil {
			return "", err
		}
		if utf16.IsSurrogate(c) && p.has(`\u`) {
			p.at--
			low, err := p.escape()
			if err != nil {
				return "", err
			}
			c = utf16.DecodeRune(c, low)
		}
		if utf16.IsSurrogate(c) || c == utf8.RuneError {
			return "", p.fail("half of a surrogate pair")
		}
		b.WriteRune(c)
	}
}

// escape reads what follows a backslash in a text.
func (p *larkParser) escape() (rune, error) {
	c := p.peek()
	if digits := map[byte]int{'x': 2, 'u': 4}[c]; digits > 0 && len(p.src)-p.at > digits {
		v, err := strconv.ParseUint(p.src[p.at+1:p.at+1+digits], 16, 32)
		if err == nil {
			p.at += 1 + digits
			return rune(v), nil
		}
	}
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 && c != 0 {
		p.at++
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	return 0, p.fail(`unknown escape \%.1s`, p.rest())
}

// expression reads a regular expression and its flags.
func (p *larkParser) expression(at place) (*ruleNode, error) {
	start := p.at + 1
	end := start
	for end < len(p.src) && p.src[end] != '/' {
		if p.src[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(p.src) {
		return nil, p.failAt(at, "a regular expression without an end")
	}
	p.at = end + 1
	flags := p.at
	for p.at < len(p.src) && p.src[p.at] >= 'a' && p.src[p.at] <= 'z' {
		p.at++
	}
	return p.pattern(at, p.src[start:end], p.src[flags:p.at])
}

func (p *larkParser) pattern(at place, src, flags string) (*ruleNode, error) {
	e, err := parseRust(src, flags)
	if err == nil {
		if grown := p.grow(int(sizeRead(e))); grown != nil {
			return nil, grown
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%v: %w", at, err)
	}
	return p.leaf(&ruleNode{op: rulePattern, pattern: e, place: at}), nil
}

// maxSchemas bounds the schemas of one grammar.
const maxSchemas = 100

// inlineSchema reads the schema of %json.
func (p *larkParser) inlineSchema(at place) (*ruleNode, error) {
	if p.terminal {
		return nil, p.failAt(at, "%%json in a terminal")
	}
	if p.schemas++; p.schemas > maxSchemas {
		return nil, p.failAt(at, "more than %d schemas", maxSchemas)
	}
	raw, err := p.json()
	var v *value
	if err == nil {
		v, err = parseValue(raw)
	}
	if err != nil {
		return nil, p.failAt(at, "%%json: %w", err)
	}
	return &ruleNode{op: ruleSchema, schema: v, place: at}, nil
}

// substring reads %regex, whose texts are some of a list in a row.
func (p *larkParser) substring(at place) (*ruleNode, error) {
	raw, err := p.json()
	var list struct {
		Chunks *[]string `json:"substring_chunks"`
		Words  *string   `json:"substring_words"`
		Chars  *string   `json:"substring_chars"`
	}
	var keys map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(raw, &keys)
	}
	if err == nil {
		err = json.Unmarshal(raw, &list)
	}
	if err != nil {
		return nil, p.failAt(at, "%%regex: %w", err)
	}
	var chunks []string
	switch {
	case len(keys) != 1:
		return nil, p.failAt(at, "%%regex: one of substring_chunks, substring_words and substring_chars")
	case list.Chunks != nil:
		chunks = *list.Chunks
	case list.Words != nil:
		chunks = words(*list.Words)
	case list.Chars != nil:
		chunks = strings.Split(*list.Chars, "")
	default:
		for key := range keys {
			return nil, p.failAt(at, "%%regex: %.50q cannot be enforced", key)
		}
	}
	for _, c := range chunks {
		if err := p.grow(4 + len(c)); err != nil {
			return nil, err
		}
	}
	return p.leaf(&ruleNode{op: ruleSubstring, chunks: chunks, place: at}), nil
}
