package chat

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// tagged parses the text between tags: JSON, as Hermes and Qwen write it, or the
// functions of Qwen3-Coder.
func tagged(p *Parser, _, body string) ([]Call, bool) {
	body = strings.TrimSpace(body)
	switch {
	case strings.HasPrefix(body, "{"), strings.HasPrefix(body, "["):
		return listed(p, "", body)
	case strings.HasPrefix(body, "<function="):
		return each(body, "<function=", "</function>", func(text string) ([]Call, bool) { return p.parameters(text) })
	}
	return nil, false
}

// function parses the text after <function=: a name, > and JSON or parameters.
func function(p *Parser, head, body string) ([]Call, bool) {
	if head != "" {
		return named("", strings.TrimSuffix(strings.TrimSpace(head), ">"), body)
	}
	return p.parameters(body)
}

// parameters parses name><parameter=key>value</parameter>…
func (p *Parser) parameters(text string) ([]Call, bool) {
	name, rest, ok := strings.Cut(text, ">")
	args := objectWriter{p: p, tool: strings.TrimSpace(name)}
	for rest = strings.TrimSpace(rest); ok && rest != ""; rest = strings.TrimSpace(rest) {
		var key, value string
		if rest, ok = strings.CutPrefix(rest, "<parameter="); !ok {
			break
		}
		if key, rest, ok = strings.Cut(rest, ">"); !ok {
			break
		}
		value, rest = cutAny(rest, "</parameter>", "<parameter=")
		value = strings.TrimSuffix(strings.TrimPrefix(value, "\n"), "\n")
		args.add(strings.TrimSpace(key), value)
	}
	if !ok {
		return nil, false
	}
	return named("", args.tool, args.String())
}

// cutAny cuts s at the first of two tags; only end is left out.
func cutAny(s, end, next string) (before, after string) {
	for i := 0; i < len(s); i++ {
		n := strings.IndexByte(s[i:], '<')
		if n < 0 {
			break
		}
		switch i += n; {
		case strings.HasPrefix(s[i:], end):
			return s[:i], s[i+len(end):]
		case strings.HasPrefix(s[i:], next):
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// keys parses name<arg_key>key</arg_key><arg_value>value</arg_value>… of GLM, or the
// formats of tagged.
func keys(p *Parser, _, text string) ([]Call, bool) {
	const key, value = "<arg_key>", "<arg_value>"
	if calls, ok := tagged(p, "", text); ok {
		return calls, ok
	}
	name, _, _ := strings.Cut(text, key)
	rest := text[len(name):]
	args := objectWriter{p: p, tool: strings.TrimSpace(name)}
	for rest != "" {
		var k, v string
		var ok [4]bool
		rest, ok[0] = strings.CutPrefix(rest, key)
		k, rest, ok[1] = strings.Cut(rest, "</arg_key>")
		rest, ok[2] = strings.CutPrefix(strings.TrimSpace(rest), value)
		v, rest, ok[3] = strings.Cut(rest, "</arg_value>")
		if ok != [4]bool{true, true, true, true} {
			return nil, false
		}
		args.add(strings.TrimSpace(k), v)
		rest = strings.TrimSpace(rest)
	}
	return named("", args.tool, args.String())
}

var (
	dsmlParameter = regexp.MustCompile(`^<｜DSML｜parameter name="([^"]*)" string="(true|false)">`)
	dsmlName      = regexp.MustCompile(`^([^"]*)">`)
)

// dsml parses calls of DeepSeek 3.2, whose parameters say whether they are strings.
func dsml(p *Parser, _, body string) ([]Call, bool) {
	return each(body, `<｜DSML｜invoke name="`, "</｜DSML｜invoke>", func(text string) ([]Call, bool) {
		m := dsmlName.FindStringSubmatch(text)
		if m == nil {
			return nil, false
		}
		args := objectWriter{p: p, tool: m[1]}
		for rest := strings.TrimSpace(text[len(m[0]):]); rest != ""; rest = strings.TrimSpace(rest) {
			m := dsmlParameter.FindStringSubmatch(rest)
			if m == nil {
				return nil, false
			}
			value, after, ok := strings.Cut(rest[len(m[0]):], "</｜DSML｜parameter>")
			if rest = after; !ok {
				return nil, false
			}
			if m[2] == "true" {
				args.text(m[1], value)
			} else if !json.Valid([]byte(value)) {
				return nil, false
			} else {
				args.raw(m[1], value)
			}
		}
		return named("", args.tool, args.String())
	})
}

// An objectWriter writes a JSON object with the arguments of a call.
type objectWriter struct {
	p    *Parser
	tool string
	out  bytes.Buffer
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
		Parameters struct{ Properties map[string]struct{ Type any } }
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
			p.strings[f.Name][key] = v.Type == "string"
		}
	}
}
