package chat

import (
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
		return functionTags.parse(p, body)
	}
	return nil, false
}

// function parses the text after <function=: a name, > and JSON or parameters.
func function(p *Parser, head, body string) ([]Call, bool) {
	if head != "" {
		return named("", strings.TrimSuffix(strings.TrimSpace(head), ">"), body)
	}
	return functionTags.parse(p, "<function="+body)
}

// A tagSet is the tags of calls with arguments between tags.
type tagSet struct {
	head  *regexp.Regexp // begins a call, with its name
	key   *regexp.Regexp // begins an argument, with its key and maybe whether it is a string
	close string         // ends an argument
	next  string         // begins an argument, even if the one before has no end
	end   string         // ends a call
	trim  bool           // a line end on both sides is no part of a value
	cdata bool           // strings may be CDATA sections, and other values as Python prints them
}

var (
	functionTags = tagSet{regexp.MustCompile(`^<function=([^>]*)>`), regexp.MustCompile(`^<parameter=([^>]*)>`), "</parameter>", "<parameter=", "</function>", true, false}
	invokeTags   = tagSet{regexp.MustCompile(`^<invoke name="?([^">]*)"?>`), regexp.MustCompile(`^<parameter name="?([^">]*)"?>`), "</parameter>", "<parameter name=", "</invoke>", false, false}
	dsmlTags     = tagSet{regexp.MustCompile(`^<｜DSML｜invoke name="([^"]*)">`), regexp.MustCompile(`^<｜DSML｜parameter name="([^"]*)" string="(true|false)">`), "</｜DSML｜parameter>", "<｜DSML｜parameter", "</｜DSML｜invoke>", false, false}
	paramTags    = tagSet{regexp.MustCompile(`^<function name="?([^">]*)"?>`), regexp.MustCompile(`^<param name="?([^">]*)"?>`), "</param>", "<param name=", "</function>", false, true}
)

// invoke parses calls of MiniMax.
func invoke(p *Parser, _, body string) ([]Call, bool) { return invokeTags.parse(p, body) }

// dsml parses calls of DeepSeek 3.2, whose parameters say whether they are strings.
func dsml(p *Parser, _, body string) ([]Call, bool) { return dsmlTags.parse(p, body) }

// params parses the text after <function name= of MiniCPM 5, up to </function>, which
// ends the call only after an argument or the name.
func params(p *Parser, _, body string) ([]Call, bool) {
	body = "<function name=" + strings.TrimSpace(body)
	if strings.HasSuffix(body, "</param>") || strings.HasSuffix(body, ">") && !strings.Contains(body, "<param") {
		body += "</function>"
	}
	return paramTags.parse(p, body)
}

// parse parses calls; the last may lack its end, unless the parser is Sure.
func (g *tagSet) parse(p *Parser, body string) (calls []Call, ok bool) {
	for body = strings.TrimSpace(body); body != ""; body = strings.TrimSpace(body) {
		m := g.head.FindStringSubmatch(body)
		if m == nil {
			return nil, false
		}
		args := objectWriter{p: p, tool: strings.TrimSpace(m[1])}
		rest, ok := g.arguments(&args, strings.TrimSpace(body[len(m[0]):]))
		if !ok {
			return nil, false
		}
		body = rest
		call, ok := named("", args.tool, args.String())
		if !ok {
			return nil, false
		}
		calls = append(calls, call...)
	}
	return calls, len(calls) > 0
}

// verbatim reports whether line ends around a value are part of it.
func (p *Parser) verbatim() bool {
	return p.Sure && !strings.HasSuffix(p.tmpl.form().args.textOpen, "\n")
}

// arguments reads the arguments of a call and returns what follows its end.
func (g *tagSet) arguments(args *objectWriter, text string) (rest string, ok bool) {
	for ; text != ""; text = strings.TrimSpace(text) {
		if after, ends := strings.CutPrefix(text, g.end); ends {
			return after, true
		}
		m := g.key.FindStringSubmatch(text)
		if m == nil {
			return "", false
		}
		text = text[len(m[0]):]
		key, n, value := strings.TrimSpace(m[1]), 0, ""
		if section, is := strings.CutPrefix(text, "<![CDATA["); is && g.cdata {
			if value, text, ok = strings.Cut(section, "]]>"); !ok {
				return "", false
			}
			args.text(key, value)
			text = strings.TrimPrefix(strings.TrimSpace(text), g.close)
			continue
		}
		if len(m) < 3 || m[2] == "false" {
			n = args.valueEnd(key, text, g.close)
		}
		value, text = cutAny(text[n:], text[:n], g.close, g.next)
		if g.trim && !args.p.verbatim() {
			value = strings.TrimSuffix(strings.TrimPrefix(value, "\n"), "\n")
		}
		switch {
		case g.cdata:
			args.printed(key, value)
		case len(m) < 3:
			args.add(key, value)
		case m[2] == "true":
			args.text(key, value)
		case !json.Valid([]byte(value)):
			return "", false
		default:
			args.raw(key, value)
		}
	}
	return "", !args.p.Sure // else a mark in an argument would be taken for the end
}

// cutAny cuts s at the first of two tags and puts front before it; only end is left
// out.
func cutAny(s, front, end, next string) (before, after string) {
	for i := 0; i < len(s); i++ {
		n := strings.IndexByte(s[i:], '<')
		if n < 0 {
			break
		}
		switch i += n; {
		case strings.HasPrefix(s[i:], end):
			return front + s[:i], s[i+len(end):]
		case strings.HasPrefix(s[i:], next):
			return front + s[:i], s[i:]
		}
	}
	return front + s, ""
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
		n := args.valueEnd(strings.TrimSpace(k), rest, "</arg_value>")
		v, rest, ok[3] = cutAfter(rest, n, "</arg_value>")
		if ok != [4]bool{true, true, true, true} {
			return nil, false
		}
		args.add(strings.TrimSpace(k), v)
		rest = strings.TrimSpace(rest)
	}
	return named("", args.tool, args.String())
}

// cutAfter cuts text at the first mark after n bytes.
func cutAfter(text string, n int, mark string) (before, after string, ok bool) {
	before, after, ok = strings.Cut(text[n:], mark)
	return text[:n+len(before)], after, ok
}
