package chat

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// An objectWriter writes a JSON object with the arguments of a call.
type objectWriter struct {
	p    *Parser
	tool string
	out  bytes.Buffer

	broken bool // a value looked like JSON and is none
}

// add adds an argument of unknown type: JSON if it parses as JSON and the parameter
// is not a string, else a string.
func (w *objectWriter) add(key, value string) {
	if t := strings.TrimSpace(value); !w.p.strings[w.tool][key] && json.Valid([]byte(t)) {
		w.raw(key, t)
		return
	}
	w.text(key, value)
}

// printed is add for values other than strings as Python prints them.
func (w *objectWriter) printed(key, value string) {
	t := strings.TrimSpace(value)
	if w.p.strings[w.tool][key] || json.Valid([]byte(t)) || t == "" || !strings.Contains("[{TFN", t[:1]) {
		w.add(key, value)
		return
	}
	d := oddReader{rest: t}
	if v, ok := d.value("'"); ok && strings.TrimSpace(d.rest) == "" && json.Valid([]byte(v)) {
		w.raw(key, v)
		return
	}
	w.add(key, value)
}

// raw adds a JSON value.
func (w *objectWriter) raw(key, value string) {
	if w.out.Len() > 0 {
		w.out.WriteString(", ")
	}
	w.out.WriteString(quote(key) + ": " + value)
}

// text adds a string.
func (w *objectWriter) text(key, value string) { w.raw(key, quote(value)) }

// String returns the object.
func (w *objectWriter) String() string { return "{" + w.out.String() + "}" }

// quote returns s in JSON.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string can be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Tools gives the parser the tools, in the form of OpenAI's API: some models write
// arguments without their types.
func (p *Parser) Tools(tools []json.RawMessage) {
	type function struct {
		Name       string
		Parameters struct{ Properties map[string]json.RawMessage }
	}
	p.strings = map[string]map[string]bool{}
	for _, t := range tools {
		var in struct {
			function
			Function *function
		}
		if json.Unmarshal(t, &in) != nil {
			continue
		}
		f := &in.function
		if in.Function != nil {
			f = in.Function
		}
		p.strings[f.Name] = map[string]bool{}
		for key, v := range f.Parameters.Properties {
			p.strings[f.Name][key] = isString(v)
		}
	}
}

// isString reports whether a schema allows strings only.
func isString(schema json.RawMessage) bool {
	var s struct {
		Type  any
		Const any
		Enum  []any
	}
	if json.Unmarshal(schema, &s) != nil {
		return false
	}
	if s.Type != nil {
		return s.Type == "string"
	}
	for _, v := range append(s.Enum, s.Const) {
		if _, ok := v.(string); v != nil && !ok {
			return false
		}
	}
	_, text := s.Const.(string)
	return text || len(s.Enum) > 0 && !slices.Contains(s.Enum, nil)
}

// valueEnd returns the length of the JSON value that text begins with, if the
// argument is no string and the mark follows; else 0. So a mark within it does not
// end it. After a value that is no JSON it looks for none: a text of many would be
// read again and again.
func (w *objectWriter) valueEnd(key, text, mark string) int {
	rest := strings.TrimLeft(text, space)
	if w.broken || w.p.strings[w.tool][key] || rest == "" {
		return 0
	}
	n := len(text) - len(rest)
	switch rest[0] {
	case '"':
		d := oddReader{rest: rest}
		w.broken = !d.jsonString()
		n += d.taken
	case '{', '[':
		var s scan
		end, v := s.json([]byte(rest))
		w.broken = v != ended
		n += end
	default:
		return 0
	}
	w.broken = w.broken || !strings.HasPrefix(strings.TrimLeft(text[n:], space), mark)
	if w.broken {
		return 0
	}
	return n
}
