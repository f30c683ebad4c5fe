package chat

import (
	"encoding/json"
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

// gemma parses call:name{key:value,…}, with strings between <|"|> marks.
func gemma(_ *Parser, _, body string) ([]Call, bool) {
	d := oddReader{rest: strings.TrimSpace(body)}
	if !d.skip("call:") {
		return nil, false
	}
	name, _, ok := strings.Cut(d.rest, "{")
	if !ok {
		return nil, false
	}
	d.rest = d.rest[len(name):]
	args, ok := d.value(`<|"|>`)
	if d.space(); !ok || d.rest != "" {
		return nil, false
	}
	return named("", name, args)
}

// An oddReader parses values in formats close to JSON.
type oddReader struct {
	rest  string
	depth int
}

// space skips white space.
func (d *oddReader) space() { d.rest = strings.TrimLeft(d.rest, space) }

// skip skips white space and mark, if it is next.
func (d *oddReader) skip(mark string) bool {
	d.space()
	rest, ok := strings.CutPrefix(d.rest, mark)
	d.rest = rest
	return ok
}

// word returns the text before end and skips both; "" if there is no end.
func (d *oddReader) word(end string) string {
	word, rest, ok := strings.Cut(d.rest, end)
	if !ok {
		return ""
	}
	d.rest = rest
	return strings.TrimSpace(word)
}

// value returns the next value as JSON; quotes are its string delimiters.
func (d *oddReader) value(quotes string) (string, bool) {
	d.depth++
	defer func() { d.depth-- }()
	switch {
	case d.depth > 100:
		return "", false
	case d.skip(quotes):
		text, rest, ok := strings.Cut(d.rest, quotes)
		d.rest = rest
		return quote(text), ok
	case d.skip("["):
		return d.items(quotes, "]", func() (string, bool) { return d.value(quotes) })
	case d.skip("{"):
		return d.items(quotes, "}", func() (string, bool) {
			var key string
			if d.skip(quotes) {
				key = d.word(quotes)
				d.skip(":")
			} else {
				key = d.word(":")
			}
			v, ok := d.value(quotes)
			return quote(key) + ": " + v, ok
		})
	}
	n := strings.IndexAny(d.rest, ",]}")
	if n < 0 {
		n = len(d.rest)
	}
	v := strings.TrimSpace(d.rest[:n])
	d.rest = d.rest[n:]
	if p, ok := map[string]string{"True": "true", "False": "false", "None": "null"}[v]; ok {
		v = p
	}
	return v, json.Valid([]byte(v))
}

// items returns a list or an object up to end.
func (d *oddReader) items(_ string, end string, item func() (string, bool)) (string, bool) {
	open := map[string]string{"]": "[", "}": "{"}[end]
	var list []string
	for !d.skip(end) {
		if len(list) > 0 && !d.skip(",") {
			return "", false
		}
		v, ok := item()
		if !ok {
			return "", false
		}
		list = append(list, v)
	}
	return open + strings.Join(list, ", ") + end, true
}
