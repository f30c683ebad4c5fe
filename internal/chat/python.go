package chat

import (
	"regexp"
	"strings"
)

var pythonCall = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)\.call\((.*)\)$`)

// python parses the text after Llama 3's Python tag: a call in JSON, or
// tool.call(key="value", …).
func python(p *Parser, _, body string) ([]Call, bool) {
	body = strings.TrimSpace(body)
	if strings.HasPrefix(body, "{") {
		return listed(p, "", body)
	}
	m := pythonCall.FindStringSubmatch(body)
	if m == nil {
		return nil, false
	}
	args := objectWriter{p: p}
	d := oddReader{rest: m[2]}
	for d.space(); d.rest != ""; d.space() {
		key := d.word("=")
		if value, ok := d.value(`"`); ok && key != "" {
			args.raw(key, value)
		} else {
			return nil, false
		}
		if !d.skip(",") && d.rest != "" {
			return nil, false
		}
	}
	return named("", m[1], args.String())
}

// pythonic parses [name(key=value, …), …], or a list of calls in JSON.
func pythonic(p *Parser, _, body string) ([]Call, bool) {
	if calls, ok := listed(p, "", body); ok {
		return calls, ok
	}
	d := oddReader{rest: strings.TrimSpace(body)}
	if !d.skip("[") {
		return nil, false
	}
	var list []Call
	for !d.skip("]") {
		if len(list) > 0 && !d.skip(",") {
			return nil, false
		}
		call, ok := d.pythonCall(p)
		if !ok {
			return nil, false
		}
		list = append(list, call)
	}
	d.space()
	return list, d.rest == "" && len(list) > 0
}

// pythonCall reads name(key=value, …).
func (d *oddReader) pythonCall(p *Parser) (c Call, ok bool) {
	args := objectWriter{p: p}
	name := d.word("(")
	for n := 0; !d.skip(")"); n++ {
		if n > 0 && !d.skip(",") {
			return c, false
		}
		key := d.word("=")
		value, ok := d.value("'")
		if !ok || key == "" || strings.ContainsAny(key, "(){}[]\"',") {
			return c, false
		}
		args.raw(key, value)
	}
	calls, ok := named("", name, args.String())
	if !ok {
		return c, false
	}
	return calls[0], true
}
