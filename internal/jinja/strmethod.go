package jinja

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// count64 returns the integer in v, or the default if v is absent.
func (r *renderer) count64(what string, v any, none int64) int64 {
	if v == absent || v == nil {
		return none
	}
	i, ok := asInt(v)
	if !ok {
		r.bad(v)
		r.fail("%s wants an int, not '%s'", what, typeName(v))
	}
	return i
}

// replace is str.replace.
func (r *renderer) replace(self any, a args) any {
	c, _ := charsOf(self)
	b := a.bind(r, "replace", "old", "new", "count")
	old, new := r.word("replace", b[0]), r.word("replace", b[1])
	return like(self, r.replaced(c, old.s, new, r.count64("replace", b[2], -1)))
}

// replaced returns c with the first count occurrences of old replaced by new, all
// of them if count is negative.
func (r *renderer) replaced(c chars, old string, new chars, count int64) chars {
	r.spend(len(c.s) / 16)
	n := int64(strings.Count(c.s, old))
	if count >= 0 {
		n = min(n, count)
	}
	if n == 0 {
		return c
	}
	if new.size() > 0 && n > int64(r.bytes/new.size()) {
		r.alloc(-1)
	}
	r.alloc(len(c.s) + int(n)*len(new.s))
	r.spend(int(n) / 4)
	if c.marks == "" && new.marks == "" {
		return chars{s: strings.Replace(c.s, old, new.s, int(n))}
	}
	r.alloc(len(c.s) + int(n)*len(new.s)) // the marks
	var b buffer
	for i := range int(n) {
		at := strings.Index(c.s, old)
		if old == "" && i > 0 { // between characters
			at = runeLen(c.s)
		}
		b.add(c.to(at))
		b.add(new)
		c = c.from(at + len(old))
	}
	b.add(c)
	return b.chars()
}

// joinItems is str.join.
func (r *renderer) joinItems(self any, a args) any {
	sep, _ := charsOf(self)
	b := a.bind(r, "join", "iterable")
	var out buffer
	for i, x := range r.iterate(b[0]) {
		c, ok := charsOf(x)
		if !ok {
			r.fail("sequence item %d: expected str instance, %s found", i, typeName(x))
		}
		r.alloc(sep.size() + c.size() + 1)
		r.spend(1)
		if i > 0 {
			out.add(sep)
		}
		out.add(c)
	}
	return like(self, out.chars())
}

// finder returns the method find, rfind, index or rindex: they differ in what
// happens if the text is not found.
func finder(find func(string, string) int, what string) func(*renderer, any, args) any {
	return func(r *renderer, self any, a args) any {
		s, _ := textOf(self)
		b := a.bind(r, what, "sub", "start", "end")
		sub := r.word(what, b[0]).s
		r.spend(len(s) / 8)
		n := r.runes(s)
		lo, _, _ := r.bounds(n, [3]any{orNil(b[1]), nil, nil})
		s = r.substring(chars{s: s}, [3]any{orNil(b[1]), orNil(b[2]), nil}).s
		i := find(s, sub)
		switch {
		case i >= 0:
			return int64(lo + utf8.RuneCountInString(s[:i]))
		case strings.HasSuffix(what, "index"):
			r.fail("substring not found")
		}
		return int64(-1)
	}
}

// count is str.count.
func (r *renderer) count(self any, a args) any {
	s, _ := textOf(self)
	r.spend(len(s) / 16)
	return int64(strings.Count(s, r.word("count", a.bind(r, "count", "sub")[0]).s))
}

// capitalize is str.capitalize.
func capitalize(s string) string {
	if s == "" {
		return s
	}
	n := runeLen(s)
	return strings.ToTitle(s[:n]) + strings.ToLower(s[n:])
}

// title is str.title: upper case after everything that is not a letter.
func title(s string) string {
	inWord := false
	return strings.Map(func(c rune) rune {
		first := !inWord
		inWord = unicode.IsLetter(c)
		if first {
			return unicode.ToTitle(c)
		}
		return unicode.ToLower(c)
	}, s)
}

// swapcase is str.swapcase.
func swapcase(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsUpper(c) {
			return unicode.ToLower(c)
		}
		return unicode.ToUpper(c)
	}, s)
}

// zfill is str.zfill.
func (r *renderer) zfill(self any, a args) any {
	c, _ := charsOf(self)
	r.alloc(c.size())
	sign := 0
	if c.s != "" && (c.s[0] == '-' || c.s[0] == '+') {
		sign = 1
	}
	n := r.repeats(1, r.count64("zfill", a.bind(r, "zfill", "width")[0], 0)-int64(r.runes(c.s)))
	return like(self, concatenated(c.to(sign), chars{s: strings.Repeat("0", n)}, c.from(sign)))
}

// justifier returns the method ljust, rjust or center.
func justifier(what string) func(*renderer, any, args) any {
	return func(r *renderer, self any, a args) any {
		c, _ := charsOf(self)
		b := a.bind(r, what, "width", "fillchar")
		fill := chars{s: " "}
		if b[1] != absent {
			fill = r.word(what, b[1])
		}
		width := r.count64(what, b[0], 0)
		n := r.repeats(max(fill.size(), 1), width-int64(r.runes(c.s)))
		left := 0
		switch what {
		case "rjust":
			left = n
		case "center":
			left = n/2 + n&int(width)&1
		}
		r.alloc(c.size())
		return like(self, concatenated(fill.repeat(left), c, fill.repeat(n-left)))
	}
}
