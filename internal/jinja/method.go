package jinja

import (
	"strings"
	"unicode"
)

// stringMethods are Python's methods of str.
var stringMethods = map[string]func(*renderer, any, args) any{
	"strip":        stripper(bothEnds),
	"lstrip":       stripper(start),
	"rstrip":       stripper(end),
	"upper":        mapper(strings.ToUpper),
	"lower":        mapper(strings.ToLower),
	"casefold":     mapper(strings.ToLower),
	"capitalize":   mapper(capitalize),
	"title":        mapper(title),
	"swapcase":     mapper(swapcase),
	"startswith":   affix(strings.HasPrefix),
	"endswith":     affix(strings.HasSuffix),
	"removeprefix": remover(start),
	"removesuffix": remover(end),
	"split":        (*renderer).split,
	"rsplit":       (*renderer).rsplit,
	"splitlines":   (*renderer).splitlines,
	"partition":    (*renderer).partition,
	"rpartition":   (*renderer).rpartition,
	"replace":      (*renderer).replace,
	"join":         (*renderer).joinItems,
	"find":         finder(strings.Index, "find"),
	"rfind":        finder(strings.LastIndex, "rfind"),
	"index":        finder(strings.Index, "index"),
	"rindex":       finder(strings.LastIndex, "rindex"),
	"count":        (*renderer).count,
	"format":       (*renderer).formatMethod,
	"zfill":        (*renderer).zfill,
	"ljust":        justifier("ljust"),
	"rjust":        justifier("rjust"),
	"center":       justifier("center"),
	"isalpha":      each(unicode.IsLetter),
	"isdigit":      each(unicode.IsDigit),
	"isdecimal":    each(unicode.IsDigit),
	"isnumeric":    each(unicode.IsNumber),
	"isspace":      each(isSpace),
	"isalnum":      each(func(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) }),
	"islower":      caseTest(unicode.IsLower, unicode.IsUpper),
	"isupper":      caseTest(unicode.IsUpper, unicode.IsLower),
	"isascii":      func(r *renderer, self any, _ args) any { s, _ := textOf(self); return r.runes(s) == len(s) },
}

// word returns argument i as a string.
func (r *renderer) word(what string, v any) chars {
	c, ok := charsOf(v)
	if !ok {
		r.bad(v)
		r.fail("%s wants a str, not '%s'", what, typeName(v))
	}
	return c
}

// ends are the start or the end of a string, or both.
type ends uint8

const (
	start ends = 1 << iota
	end
	bothEnds = start | end
)

// strip returns c without the characters of set at its ends; without set,
// without white space.
func (r *renderer) strip(c chars, set any, at ends) chars {
	r.spend(len(c.s) / 32)
	if set == absent || set == nil {
		return c.trim(isSpace, at)
	}
	list := r.word("strip", set).s
	looked := 0
	out := c.trim(func(c rune) bool {
		looked += len(list)
		if looked > 1<<16 {
			r.spend(looked / 32)
			looked = 0
		}
		return strings.ContainsRune(list, c)
	}, at)
	r.spend(looked / 32)
	return out
}

// trim returns c without the characters at its ends for which out is true.
func (c chars) trim(out func(rune) bool, at ends) chars {
	if at&start != 0 {
		c = c.from(len(c.s) - len(strings.TrimLeftFunc(c.s, out)))
	}
	if at&end != 0 {
		c = c.to(len(strings.TrimRightFunc(c.s, out)))
	}
	return c
}

func stripper(at ends) func(*renderer, any, args) any {
	return func(r *renderer, self any, a args) any {
		c, _ := charsOf(self)
		return like(self, r.strip(c, a.bind(r, "strip", "chars")[0], at))
	}
}

// mapper returns a method that maps every character.
func mapper(f func(string) string) func(*renderer, any, args) any {
	return func(r *renderer, self any, a args) any {
		a.bind(r, "the method")
		c, _ := charsOf(self)
		return like(self, r.mapped(c, f))
	}
}

// mapped returns f(c.s), which has as many characters and about as many bytes.
func (r *renderer) mapped(c chars, f func(string) string) chars {
	r.alloc(2 * c.size())
	r.spend(c.size() / 8)
	return c.each(f(c.s))
}

// affix returns the method startswith or endswith; the argument may be a tuple.
func affix(has func(string, string) bool) func(*renderer, any, args) any {
	return func(r *renderer, self any, a args) any {
		s, _ := textOf(self)
		b := a.bind(r, "startswith or endswith", "prefix", "start", "end")
		if b[1] != absent || b[2] != absent {
			s = r.substring(chars{s: s}, [3]any{orNil(b[1]), orNil(b[2]), nil}).s
		}
		if l, ok := b[0].(*List); ok && l.kind == isTuple {
			for _, x := range l.items {
				r.spend(1)
				t := r.word("startswith or endswith", x).s
				r.spend(len(t) / 32)
				if has(s, t) {
					return true
				}
			}
			return false
		}
		t := r.word("startswith or endswith", b[0]).s
		r.spend(len(t) / 32)
		return has(s, t)
	}
}

// orNil returns nil for absent.
func orNil(v any) any {
	if v == absent {
		return nil
	}
	return v
}

func remover(at ends) func(*renderer, any, args) any {
	return func(r *renderer, self any, a args) any {
		c, _ := charsOf(self)
		t := r.word("removeprefix or removesuffix", a.bind(r, "removeprefix or removesuffix", "affix")[0]).s
		r.spend(len(t) / 32)
		if at == start {
			return like(self, c.from(len(c.s)-len(strings.TrimPrefix(c.s, t))))
		}
		return like(self, c.to(len(strings.TrimSuffix(c.s, t))))
	}
}

// each returns a method that is true if f is for every character, and there is at
// least one.
func each(is func(rune) bool) func(*renderer, any, args) any {
	return func(r *renderer, self any, _ args) any {
		s, _ := textOf(self)
		r.spend(len(s) / 16)
		return s != "" && strings.IndexFunc(s, func(c rune) bool { return !is(c) }) < 0
	}
}

// caseTest returns the method islower or isupper.
func caseTest(want, forbid func(rune) bool) func(*renderer, any, args) any {
	return func(r *renderer, self any, _ args) any {
		s, _ := textOf(self)
		r.spend(len(s) / 16)
		return strings.IndexFunc(s, want) >= 0 && strings.IndexFunc(s, forbid) < 0
	}
}
