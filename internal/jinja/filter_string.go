package jinja

import (
	"math"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// stringFilter makes a filter of what changes every character.
func stringFilter(f func(string) string) func(*renderer, any, []any) any {
	return func(r *renderer, v any, _ []any) any {
		s, _ := textOf(r.soft(v))
		return like(v, r.mapped(s, f))
	}
}

// filterTitle is title, where only white space and opening brackets begin a
// word.
func filterTitle(s string) string {
	inWord := false
	return strings.Map(func(c rune) rune {
		first := !inWord
		inWord = !isSpace(c) && !strings.ContainsRune("-({[<", c)
		if first {
			return unicode.ToUpper(c)
		}
		return unicode.ToLower(c)
	}, s)
}

func filterCenter(r *renderer, v any, b []any) any {
	if b[0] == absent {
		b = []any{int64(80)}
	}
	return justifier("center")(r, r.soft(v), args{pos: b})
}

func filterEscape(r *renderer, v any, _ []any) any {
	if m, ok := v.(markup); ok {
		return m
	}
	return markup(r.escapeHTML(r.str(v)))
}

func filterForceEscape(r *renderer, v any, _ []any) any { return markup(r.escapeHTML(r.str(v))) }

func filterSafe(r *renderer, v any, _ []any) any { return markup(r.str(v)) }

func filterString(r *renderer, v any, _ []any) any { return r.soft(v) }

func filterTrim(r *renderer, v any, b []any) any {
	s := r.soft(v)
	text, _ := textOf(s)
	return like(s, r.strip(text, b[0], strings.TrimFunc))
}

func filterFormat(r *renderer, v any, a args) any {
	if len(a.names) > 0 {
		return r.printf(r.str(v), a.keywords(r))
	}
	return r.printf(r.str(v), &List{items: a.pos, kind: isTuple})
}

// filterReplace is jinja2's do_replace: its arguments may be anything.
func filterReplace(r *renderer, v any, b []any) any {
	if b[0] == absent || b[1] == absent {
		r.fail("the filter replace wants old and new")
	}
	return r.replaced(r.str(v), r.str(b[0]), r.str(b[1]), r.count64("replace", b[2], -1))
}

func filterIndent(r *renderer, v any, b []any) any {
	s := r.word("the filter indent", v)
	indent := ""
	if w, ok := textOf(b[0]); ok {
		indent = w
	} else {
		indent = strings.Repeat(" ", r.repeats(1, r.count64("indent", b[0], 4)))
	}
	lines := r.lines(s+"\n", false)
	var out strings.Builder
	for i, line := range lines {
		if i > 0 {
			out.WriteByte('\n')
		}
		if i == 0 && flag(b[1]) || i > 0 && (line != "" || flag(b[2])) {
			r.alloc(len(indent))
			out.WriteString(indent)
		}
		r.alloc(len(line) + 1)
		out.WriteString(line)
	}
	return like(v, out.String())
}

func filterTruncate(r *renderer, v any, b []any) any {
	s := r.word("the filter truncate", v)
	n := r.count64("truncate", b[0], 255)
	end := "..."
	if b[2] != absent {
		end = r.word("truncate", b[2])
	}
	keep := n - int64(r.runes(end))
	if keep < 0 {
		r.fail("truncate: a length of %d is less than that of the end", n)
	}
	if int64(r.runes(s)) <= n+r.count64("truncate", b[3], 5) {
		return v
	}
	s = s[:runeOffset(s, int(min(keep, math.MaxInt32)))]
	if i := strings.LastIndexByte(s, ' '); i >= 0 && !flag(b[1]) {
		s = s[:i]
	}
	r.alloc(len(s) + len(end))
	return like(v, s+end)
}

var words = regexp.MustCompile(`[\p{L}\p{N}_]+`)

func filterWordcount(r *renderer, v any, _ []any) any {
	s := r.str(v)
	r.alloc(4 * len(s))
	r.spend(len(s))
	return int64(len(words.FindAllStringIndex(s, -1)))
}

func filterURLEncode(r *renderer, v any, _ []any) any {
	if _, ok := v.(*Dict); ok {
		r.fail("the filter urlencode wants a string here")
	}
	s := r.str(v)
	r.alloc(9 * len(s))
	s = strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
	return strings.NewReplacer("%2F", "/", "%7E", "~").Replace(s)
}
