package grammar

import (
	"encoding/json"
	"strings"
)

// larkAttributes are those in brackets after the name of a rule.
type larkAttributes struct {
	lazy   bool
	suffix *ruleNode
}

// attributes reads them.
func (p *larkParser) attributes(a *larkAttributes) error {
	p.at++
	p.terminal = true // a suffix is regular
	for {
		p.space(true)
		at := p.place()
		key, _ := p.name()
		if p.space(true); p.has("=") {
			p.space(true)
		} else if key != "lazy" && key != "capture" {
			return p.failAt(at, "attribute %.50q without a value, or unknown", key)
		}
		switch key {
		case "lazy":
			a.lazy = true
		case "capture", "stop_capture":
			if p.peek() == '"' {
				if _, err := p.text(); err != nil {
					return err
				}
			}
		case "suffix":
			n, err := p.value()
			if err != nil {
				return err
			}
			a.lazy, a.suffix = true, n
		case "stop":
			return p.failAt(at, "stop, which takes text back, cannot be enforced: use suffix")
		case "max_tokens", "temperature":
			return p.failAt(at, "%s cannot be enforced: the grammar is one of bytes", key)
		default:
			return p.failAt(at, "unknown attribute %.50q", key)
		}
		p.space(true)
		if p.has("]") {
			return nil
		}
		if !p.has(",") {
			return p.fail("a comma or ] after an attribute, not %q", p.rest())
		}
	}
}

// statement reads what % begins.
func (p *larkParser) statement() error {
	at := p.place()
	switch {
	case p.has("%ignore"):
		p.terminal = true
		n, err := p.alternatives(false)
		if err == nil {
			p.skips = append(p.skips, n)
		}
		return err
	case p.has("%import"):
		return p.imports(at)
	case p.has("%llguidance"):
		raw, err := p.json()
		var object map[string]json.RawMessage
		if err == nil {
			err = json.Unmarshal(raw, &object)
		}
		if err == nil {
			d := json.NewDecoder(strings.NewReader(string(raw)))
			d.DisallowUnknownFields()
			err = d.Decode(&p.options)
		}
		if err != nil {
			return p.failAt(at, "%%llguidance: %w", err)
		}
		if p.options.AllowInvalidUTF8 {
			return p.failAt(at, "%%llguidance: allow_invalid_utf8 cannot be enforced")
		}
		return nil
	}
	word := strings.FieldsFunc(p.rest(), func(c rune) bool { return c == ' ' || c == '\n' || c == '\t' })
	return p.fail("%.20s cannot be enforced", word[0])
}

// imports reads what follows %import.
func (p *larkParser) imports(at place) error {
	p.space(false)
	if !p.has("common") {
		return p.fail("only common can be imported, not %q", p.rest())
	}
	if p.has(".") {
		name, _ := p.name()
		as := name
		if p.space(false); p.has("->") {
			p.space(false)
			as, _ = p.name()
		}
		return p.importAs(at, name, as)
	}
	if p.space(false); !p.has("(") {
		return p.fail("the names to import, not %q", p.rest())
	}
	for {
		p.space(true)
		name, _ := p.name()
		if err := p.importAs(p.place(), name, name); err != nil {
			return err
		}
		p.space(true)
		if p.has(")") {
			return nil
		}
		if !p.has(",") {
			return p.fail("a comma or ) after a name, not %q", p.rest())
		}
	}
}

func (p *larkParser) importAs(at place, name, as string) error {
	src, ok := commonTerminals[name]
	switch {
	case !ok:
		return p.failAt(at, "common has no %.50q", name)
	case as == "" || !isTerminal(as):
		return p.failAt(at, "%.50q is no name of a terminal", as)
	case p.named[as] != nil:
		return p.failAt(at, "%.50q is there twice", as)
	}
	p.terminal = true
	n, err := p.pattern(at, src, "")
	if err == nil {
		p.define(as, n)
	}
	return err
}

const (
	larkExponent = `[eE][+-]?[0-9]+`
	larkDecimal  = `([0-9]+\.[0-9]*|\.[0-9]+)`
	larkFloat    = `(` + larkDecimal + `(` + larkExponent + `)?|[0-9]+` + larkExponent + `)`
)

// commonTerminals are those of Lark's common.lark that llguidance has.
var commonTerminals = map[string]string{
	"DIGIT":          `[0-9]`,
	"HEXDIGIT":       `[0-9A-Fa-f]`,
	"INT":            `[0-9]+`,
	"SIGNED_INT":     `[+-]?[0-9]+`,
	"DECIMAL":        larkDecimal,
	"_EXP":           larkExponent,
	"FLOAT":          larkFloat,
	"SIGNED_FLOAT":   `[+-]?` + larkFloat,
	"NUMBER":         larkFloat + `|[0-9]+`,
	"SIGNED_NUMBER":  `[+-]?(` + larkFloat + `|[0-9]+)`,
	"ESCAPED_STRING": `"([^"\\]|\\.)*"`,
	"LCASE_LETTER":   `[a-z]`,
	"UCASE_LETTER":   `[A-Z]`,
	"LETTER":         `[A-Za-z]`,
	"WORD":           `[A-Za-z]+`,
	"CNAME":          `[_A-Za-z][_0-9A-Za-z]*`,
	"WS_INLINE":      `[ \t]+`,
	"WS":             `[ \t\f\r\n]+`,
	"CR":             `\r`,
	"LF":             `\n`,
	"NEWLINE":        `(\r?\n)+`,
	"SH_COMMENT":     `#[^\n]*`,
	"CPP_COMMENT":    `//[^\n]*`,
	"C_COMMENT":      `/\*([^*]|\*+[^*/])*\*+/`,
	"SQL_COMMENT":    `--[^\n]*`,
}
