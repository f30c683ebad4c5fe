package grammar

import (
	"encoding/json"
	"fmt"
	"slices"
)

// printable are the characters of texts between marks: no control characters but
// those that lay text out.
var printable = runeSet{{'\t', '\n'}, {'\r', '\r'}, {' ', 0x10ffff}}

// Without returns the part of the texts that contain none of marks, and no control
// characters but tabs and line ends.
func Without(marks ...string) Part {
	marks = slices.Clone(marks)
	return Part{&partNode{op: partWithout, marks: marks, regular: func(x *exprs) (expr, error) { return x.withoutMarks(marks), nil }}}
}

func (x *exprs) withoutMarks(marks []string) expr {
	all := x.anyText(plain{})
	e := x.star(plain{}.set(x, printable))
	for _, m := range marks {
		if m != "" {
			e = x.without(e, x.concat(all, x.bytes(m), all))
		}
	}
	return e
}

// Strings returns the part of the strings that a schema of strings allows, written
// as they are, without quotes or escapes, that contain none of marks. dropped are
// the keywords that it does not enforce.
func Strings(schema json.RawMessage, marks ...string) (p Part, dropped []string) {
	root, err := parseValue(schema)
	if err != nil || root.kind != valueObject {
		return Without(marks...), nil
	}
	for i, k := range root.keys {
		ok := true
		switch k {
		case "enum", "const", "minLength", "maxLength", "type", "title", "description", "default", "examples", "$comment", "$defs", "definitions", "$schema", "deprecated":
		case "pattern":
			_, err := parsePattern(root.items[i].text)
			ok = err == nil && root.items[i].kind == valueString
		default:
			ok = false
		}
		if !ok {
			dropped = append(dropped, k)
		}
	}
	p = stringsOf(root, marks)
	if _, err := p.Grammar(); err != nil {
		return Without(marks...), []string{fmt.Sprintf("(%v)", err)}
	}
	return p, dropped
}

// stringsOf returns the part of the strings of a schema.
func stringsOf(root *value, marks []string) Part {
	marks = slices.Clone(marks)
	return Part{&partNode{op: partStrings, text: string(root.write(nil)), marks: marks,
		regular: func(x *exprs) (expr, error) { return x.strings(root, marks) }}}
}

// strings returns the texts of a schema of strings.
func (x *exprs) strings(v *value, marks []string) (expr, error) {
	e := x.withoutMarks(marks)
	if lo, hi := length(v, "minLength", 0), length(v, "maxLength", unbounded); lo > 0 || hi != unbounded {
		e = x.and(e, x.repeat(plain{}.set(x, anyRune), lo, hi))
	}
	if p := v.get("pattern"); p != nil && p.kind == valueString {
		if parsed, err := parsePattern(p.text); err == nil {
			s, err := x.search2(parsed, plain{})
			if err != nil {
				return none, err
			}
			e = x.and(e, s)
		}
	}
	if c := v.get("const"); c != nil {
		e = x.and(e, x.literals([]string{c.text}, plain{}))
	}
	if list := v.get("enum"); list != nil {
		var texts []string
		for _, item := range list.items {
			if item.kind == valueString {
				texts = append(texts, item.text)
			}
		}
		e = x.and(e, x.literals(texts, plain{}))
	}
	return e, nil
}

// length returns the value of a keyword that bounds a length.
func length(v *value, key string, otherwise int) int {
	n := v.get(key)
	if n == nil || n.kind != valueNumber {
		return otherwise
	}
	var f float64
	if json.Unmarshal([]byte(n.text), &f) != nil || f < 0 || f > 100_000 {
		return otherwise
	}
	return int(f)
}
