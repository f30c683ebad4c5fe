package chat

import (
	"encoding/json"
	"strings"
)

// gemma parses call:name{key:value,…}, with strings between quotes.
func gemma(quotes string) func(*Parser, string, string) ([]Call, bool) {
	return func(_ *Parser, _, body string) ([]Call, bool) {
		d := oddReader{rest: strings.TrimSpace(body)}
		if !d.skip("call:") {
			return nil, false
		}
		name, _, ok := strings.Cut(d.rest, "{")
		if !ok {
			return nil, false
		}
		d.rest = d.rest[len(name):]
		args, ok := d.value(quotes)
		if d.space(); !ok || d.rest != "" {
			return nil, false
		}
		return named("", name, args)
	}
}

// An oddReader parses values in formats close to JSON.
type oddReader struct {
	rest  string
	depth int
	taken int // length of what jsonString found
}

// jsonString reports whether a JSON string is next, and notes its length.
func (d *oddReader) jsonString() bool {
	d.space()
	if !strings.HasPrefix(d.rest, `"`) {
		return false
	}
	for i := 1; i < len(d.rest); i++ {
		switch d.rest[i] {
		case '\\':
			i++
		case '"':
			d.taken = i + 1
			return json.Valid([]byte(d.rest[:d.taken]))
		}
	}
	return false
}

// cutQuoted cuts text at the end of a string, in which ' and " may be escaped.
func cutQuoted(text, quotes string) (string, string, bool) {
	if len(quotes) > 1 {
		return strings.Cut(text, quotes)
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == quotes[0]:
			return out.String(), text[i+1:], true
		case c != '\\' || i+1 == len(text):
			out.WriteByte(c)
			continue
		}
		i++
		if e, ok := map[byte]string{'n': "\n", 't': "\t", 'r': "\r", '\\': "\\", '\'': "'", '"': `"`}[text[i]]; ok {
			out.WriteString(e)
		} else {
			out.WriteString(text[i-1 : i+1])
		}
	}
	return "", "", false
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
	case quotes != `"` && d.jsonString():
		text := d.rest[:d.taken]
		d.rest = d.rest[d.taken:]
		return text, true
	case d.skip(quotes):
		text, rest, ok := cutQuoted(d.rest, quotes)
		d.rest = rest
		return quote(text), ok
	case d.skip("["):
		return d.items(quotes, "]", func() (string, bool) { return d.value(quotes) })
	case d.skip("{"):
		return d.items(quotes, "}", func() (string, bool) {
			var key string
			if quotes != `"` && d.jsonString() {
				text := d.rest[:d.taken]
				d.rest = d.rest[d.taken:]
				d.skip(":")
				v, ok := d.value(quotes)
				return text + ": " + v, ok
			}
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
	n := strings.IndexAny(d.rest, ",]})")
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
