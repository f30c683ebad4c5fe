package jinja

import (
	"strings"
	"unicode"
)

// stringMethods are Python's methods of str.
var stringMethods = map[string]func(*renderer, any, args) any{
	"strip":        stripper(strings.TrimFunc),
	"lstrip":       stripper(strings.TrimLeftFunc),
	"rstrip":       stripper(strings.TrimRightFunc),
	"upper":        mapper(strings.ToUpper),
	"lower":        mapper(strings.ToLower),
	"casefold":     mapper(strings.ToLower),
	"capitalize":   mapper(capitalize),
	"title":        mapper(title),
	"swapcase":     mapper(swapcase),
	"startswith":   affix(strings.HasPrefix),
	"endswith":     affix(strings.HasSuffix),
	"removeprefix": remover(strings.TrimPrefix),
	"removesuffix": remover(strings.TrimSuffix),
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

// like returns s as the type of string that self is.
func like(self any, s string) any {
	if _, ok := self.(markup); ok {
		return markup(s)
	}
	return s
}

// word returns argument i as a string.
func (r *renderer) word(what string, v any) string {
	s, ok := textOf(v)
	if !ok {
		r.bad(v)
		r.fail("%s wants a str, not '%s'", what, typeName(v))
	}
	return s
}

// strip returns s without the characters of chars at the ends that trim looks
// at; without chars, without white space.
func (r *renderer) strip(s string, chars any, trim func(string, func(rune) bool) string) string {
	r.spend(len(s) / 32)
	if chars == absent || chars == nil {
		return trim(s, isSpace)
	}
	set := r.word("strip", chars)
	looked := 0
	out := trim(s, func(c rune) bool {
		looked += len(set)
		if looked > 1<<16 {
			r.spend(looked / 32)
			looked = 0
		}
		return strings.ContainsRune(set, c)
	})
	r.spend(looked / 32)
	return out
}

func stripper(trim func(string, func(rune) bool) string) func(*renderer, any, args) any {
	return func(r *renderer, self any, a args) any {
		s, _ := textOf(self)
		return like(self, r.strip(s, a.bind(r, "strip", "chars")[0], trim))
	}
}

// mapper makes a method of what changes every character.
func mapper(f func(string) string) func(*renderer, any, args) any {
	return func(r *renderer, self any, a args) any {
		a.bind(r, "the method")
		s, _ := textOf(self)
		return like(self, r.mapped(s, f))
	}
}

// mapped returns f(s), which has about as many bytes as s.
func (r *renderer) mapped(s string, f func(string) string) string {
	r.alloc(2 * len(s))
	r.spend(len(s) / 8)
	return f(s)
}

// affix makes startswith or endswith of has; the argument may be a tuple.
func affix(has func(string, string) bool) func(*renderer, any, args) any {
	return func(r *renderer, self any, a args) any {
		s, _ := textOf(self)
		b := a.bind(r, "startswith or endswith", "prefix", "start", "end")
		if b[1] != absent || b[2] != absent {
			s = r.substring(s, [3]any{orNil(b[1]), orNil(b[2]), nil})
		}
		if l, ok := b[0].(*List); ok && l.kind == isTuple {
			for _, x := range l.items {
				r.spend(1)
				t := r.word("startswith or endswith", x)
				r.spend(len(t) / 32)
				if has(s, t) {
					return true
				}
			}
			return false
		}
		t := r.word("startswith or endswith", b[0])
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

func remover(cut func(string, string) string) func(*renderer, any, args) any {
	return func(r *renderer, self any, a args) any {
		s, _ := textOf(self)
		t := r.word("removeprefix or removesuffix", a.bind(r, "removeprefix or removesuffix", "affix")[0])
		r.spend(len(t) / 32)
		return like(self, cut(s, t))
	}
}

// each makes a method that asks something of every character, of which there
// must be one.
func each(is func(rune) bool) func(*renderer, any, args) any {
	return func(r *renderer, self any, _ args) any {
		s, _ := textOf(self)
		r.spend(len(s) / 16)
		return s != "" && strings.IndexFunc(s, func(c rune) bool { return !is(c) }) < 0
	}
}

// caseTest makes islower or isupper.
func caseTest(want, forbid func(rune) bool) func(*renderer, any, args) any {
	return func(r *renderer, self any, _ args) any {
		s, _ := textOf(self)
		r.spend(len(s) / 16)
		return strings.IndexFunc(s, want) >= 0 && strings.IndexFunc(s, forbid) < 0
	}
}
