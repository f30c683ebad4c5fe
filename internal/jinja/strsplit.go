package jinja

import (
	"math"
	"strings"
)

// parts returns strings as a list of self's type.
func (r *renderer) parts(self any, kind listKind, list []string) any {
	r.alloc((2 + 2*len(list)) * listEntry)
	r.spend(len(list))
	items := make([]any, len(list))
	for i, s := range list {
		items[i] = like(self, s)
	}
	return &List{items: items, kind: kind}
}

// cuts returns what split and rsplit need: the string, the separator, "" for
// white space, and how often to cut, -1 for always.
func (r *renderer) cuts(what string, self any, a args) (s, sep string, most int) {
	s, _ = textOf(self)
	r.spend(len(s) / 16)
	b := a.bind(r, what, "sep", "maxsplit")
	if b[0] != absent && b[0] != nil {
		if sep = r.word(what, b[0]); sep == "" {
			r.fail("empty separator")
		}
	}
	n := r.count64(what, b[1], -1)
	if n < 0 || n > math.MaxInt32 {
		return s, sep, -1
	}
	return s, sep, int(n)
}

// split is str.split.
func (r *renderer) split(self any, a args) any {
	s, sep, most := r.cuts("split", self, a)
	if sep != "" {
		r.alloc(listEntry * min(strings.Count(s, sep), uint31(most)))
		if most >= 0 {
			most++
		}
		return r.parts(self, isList, strings.SplitN(s, sep, most))
	}
	var list []string
	for s = strings.TrimLeftFunc(s, isSpace); s != ""; s = strings.TrimLeftFunc(s, isSpace) {
		i := strings.IndexFunc(s, isSpace)
		if i < 0 || len(list) == most {
			i = len(s)
		}
		r.alloc(listEntry)
		list = append(list, s[:i])
		s = s[i:]
	}
	return r.parts(self, isList, list)
}

// uint31 returns n, or more than any count for -1.
func uint31(n int) int {
	if n < 0 {
		return math.MaxInt32
	}
	return n
}

// rsplit is str.rsplit.
func (r *renderer) rsplit(self any, a args) any {
	s, sep, most := r.cuts("rsplit", self, a)
	var list []string
	for len(list) != most {
		if sep == "" {
			s = strings.TrimRightFunc(s, isSpace)
		}
		i, n := strings.LastIndex(s, sep), len(sep)
		if sep == "" {
			if i = strings.LastIndexFunc(s, isSpace); i >= 0 {
				n = runeLen(s[i:])
			}
		}
		if i < 0 {
			break
		}
		r.alloc(listEntry)
		list = append(list, s[i+n:])
		s = s[:i]
	}
	if sep == "" {
		s = strings.TrimRightFunc(s, isSpace)
	}
	if sep != "" || s != "" {
		list = append(list, s)
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return r.parts(self, isList, list)
}

// splitlines is str.splitlines.
func (r *renderer) splitlines(self any, a args) any {
	s, _ := textOf(self)
	keep := a.bind(r, "splitlines", "keepends")[0]
	return r.parts(self, isList, r.lines(s, keep != absent && truth(keep)))
}

// lines cuts s after every line end that Python knows.
func (r *renderer) lines(s string, keep bool) (list []string) {
	r.spend(len(s) / 8)
	for s != "" {
		i := strings.IndexFunc(s, func(c rune) bool {
			return c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029
		})
		r.alloc(listEntry)
		if i < 0 {
			return append(list, s)
		}
		end := i + runeLen(s[i:])
		if strings.HasPrefix(s[i:], "\r\n") {
			end = i + 2
		}
		if keep {
			i = end
		}
		list = append(list, s[:i])
		s = s[end:]
	}
	return list
}

// partition is str.partition.
func (r *renderer) partition(self any, a args) any {
	s, sep, _ := r.cuts("partition", self, a)
	before, after, ok := strings.Cut(s, sep)
	if !ok {
		sep = ""
	}
	return r.parts(self, isTuple, []string{before, sep, after})
}

// rpartition is str.rpartition.
func (r *renderer) rpartition(self any, a args) any {
	s, sep, _ := r.cuts("rpartition", self, a)
	if i := strings.LastIndex(s, sep); i >= 0 {
		return r.parts(self, isTuple, []string{s[:i], sep, s[i+len(sep):]})
	}
	return r.parts(self, isTuple, []string{"", "", s})
}
