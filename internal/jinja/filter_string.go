package jinja

import (
	"math"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// stringFilter returns a filter that maps every character.
func stringFilter(f func(string) string) func(*renderer, any, []any) any {
	return func(r *renderer, v any, _ []any) any {
		c, _ := charsOf(r.soft(v))
		return like(v, r.mapped(c, f))
	}
}

// filterTitle is the filter title, for which words begin after white space and
// opening brackets only.
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
	if isSafe(v) {
		return v
	}
	return r.escapeHTML(r.str(v)).markup()
}

func filterForceEscape(r *renderer, v any, _ []any) any { return r.escapeHTML(r.str(v)).markup() }

func filterSafe(r *renderer, v any, _ []any) any { return r.str(v).markup() }

func filterString(r *renderer, v any, _ []any) any { return r.soft(v) }

func filterTrim(r *renderer, v any, b []any) any {
	s := r.soft(v)
	c, _ := charsOf(s)
	return like(s, r.strip(c, b[0], bothEnds))
}

func filterFormat(r *renderer, v any, a args) any {
	if len(a.names) > 0 {
		return r.printf(r.str(v), a.keywords(r)).value()
	}
	return r.printf(r.str(v), &List{items: a.pos, kind: isTuple}).value()
}

// filterReplace is jinja2's do_replace: its arguments may be of any type.
func filterReplace(r *renderer, v any, b []any) any {
	if b[0] == absent || b[1] == absent {
		r.fail("the filter replace wants old and new")
	}
	return r.replaced(r.str(v), r.str(b[0]).s, r.str(b[1]), r.count64("replace", b[2], -1)).value()
}

func filterIndent(r *renderer, v any, b []any) any {
	c := r.word("the filter indent", v)
	indent, ok := charsOf(b[0])
	if !ok {
		indent.s = strings.Repeat(" ", r.repeats(1, r.count64("indent", b[0], 4)))
	}
	lines := r.lines(concatenated(c, chars{s: "\n"}), false)
	var out buffer
	for i, line := range lines {
		if i > 0 {
			out.text("\n")
		}
		if i == 0 && flag(b[1]) || i > 0 && (line.s != "" || flag(b[2])) {
			r.alloc(indent.size())
			out.add(indent)
		}
		r.alloc(line.size() + 1)
		out.add(line)
	}
	return like(v, out.chars())
}

func filterTruncate(r *renderer, v any, b []any) any {
	c := r.word("the filter truncate", v)
	n := r.count64("truncate", b[0], 255)
	end := chars{s: "..."}
	if b[2] != absent {
		end = r.word("truncate", b[2])
	}
	keep := n - int64(r.runes(end.s))
	if keep < 0 {
		r.fail("truncate: a length of %d is less than that of the end", n)
	}
	if int64(r.runes(c.s)) <= n+r.count64("truncate", b[3], 5) {
		return v
	}
	c = c.to(runeOffset(c.s, int(min(keep, math.MaxInt32))))
	if i := strings.LastIndexByte(c.s, ' '); i >= 0 && !flag(b[1]) {
		c = c.to(i)
	}
	r.alloc(c.size() + end.size())
	return like(v, concatenated(c, end))
}

var words = regexp.MustCompile(`[\p{L}\p{N}_]+`)

func filterWordcount(r *renderer, v any, _ []any) any {
	s := r.str(v).s
	r.alloc(4 * len(s))
	r.spend(len(s))
	return int64(len(words.FindAllStringIndex(s, -1)))
}

func filterURLEncode(r *renderer, v any, _ []any) any {
	if _, ok := v.(*Dict); ok {
		r.fail("the filter urlencode wants a string here")
	}
	c := r.str(v)
	r.alloc(9 * c.size())
	s := strings.ReplaceAll(url.QueryEscape(c.s), "+", "%20")
	return c.all(strings.NewReplacer("%2F", "/", "%7E", "~").Replace(s)).value()
}
