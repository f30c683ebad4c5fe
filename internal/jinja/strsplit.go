package jinja

import (
	"math"
	"slices"
	"strings"
)

// parts returns strings as a list of self's type.
func (r *renderer) parts(self any, kind listKind, list []chars) any {
	r.alloc((2 + 2*len(list)) * listEntry)
	r.spend(len(list))
	if _, ok := self.(*marked); ok {
		r.alloc(2 * len(list) * listEntry)
	}
	items := make([]any, len(list))
	for i, c := range list {
		items[i] = like(self, c)
	}
	return &List{items: items, kind: kind}
}

// cuts returns the arguments of split and rsplit: the string, the separator, "" for
// white space, and the most splits, -1 for no limit.
func (r *renderer) cuts(what string, self any, a args) (c chars, sep string, most int) {
	c, _ = charsOf(self)
	r.spend(len(c.s) / 16)
	b := a.bind(r, what, "sep", "maxsplit")
	if b[0] != absent && b[0] != nil {
		if sep = r.word(what, b[0]).s; sep == "" {
			r.fail("empty separator")
		}
	}
	n := r.count64(what, b[1], -1)
	if n < 0 || n > math.MaxInt32 {
		return c, sep, -1
	}
	return c, sep, int(n)
}

// split is str.split.
func (r *renderer) split(self any, a args) any {
	c, sep, most := r.cuts("split", self, a)
	var list []chars
	if sep != "" {
		n := min(strings.Count(c.s, sep), uint31(most))
		r.alloc(2 * listEntry * n)
		list = make([]chars, 0, n+1)
		for range n {
			i := strings.Index(c.s, sep)
			list = append(list, c.to(i))
			c = c.from(i + len(sep))
		}
		return r.parts(self, isList, append(list, c))
	}
	for c = c.trim(isSpace, start); c.s != ""; c = c.trim(isSpace, start) {
		i := strings.IndexFunc(c.s, isSpace)
		if i < 0 || len(list) == most {
			i = len(c.s)
		}
		r.alloc(2 * listEntry)
		list = append(list, c.to(i))
		c = c.from(i)
	}
	return r.parts(self, isList, list)
}

// uint31 returns n, or for -1 a number above any count.
func uint31(n int) int {
	if n < 0 {
		return math.MaxInt32
	}
	return n
}

// rsplit is str.rsplit.
func (r *renderer) rsplit(self any, a args) any {
	c, sep, most := r.cuts("rsplit", self, a)
	var list []chars
	for len(list) != most {
		if sep == "" {
			c = c.trim(isSpace, end)
		}
		i, n := strings.LastIndex(c.s, sep), len(sep)
		if sep == "" {
			if i = strings.LastIndexFunc(c.s, isSpace); i >= 0 {
				n = runeLen(c.s[i:])
			}
		}
		if i < 0 {
			break
		}
		r.alloc(2 * listEntry)
		list = append(list, c.from(i+n))
		c = c.to(i)
	}
	if sep == "" {
		c = c.trim(isSpace, end)
	}
	if sep != "" || c.s != "" {
		list = append(list, c)
	}
	slices.Reverse(list)
	return r.parts(self, isList, list)
}

// splitlines is str.splitlines.
func (r *renderer) splitlines(self any, a args) any {
	c, _ := charsOf(self)
	keep := a.bind(r, "splitlines", "keepends")[0]
	return r.parts(self, isList, r.lines(c, keep != absent && truth(keep)))
}

// lines splits c after every line end that Python knows.
func (r *renderer) lines(c chars, keep bool) (list []chars) {
	r.spend(len(c.s) / 8)
	for c.s != "" {
		i := strings.IndexFunc(c.s, func(c rune) bool {
			return c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029
		})
		r.alloc(2 * listEntry)
		if i < 0 {
			return append(list, c)
		}
		end := i + runeLen(c.s[i:])
		if strings.HasPrefix(c.s[i:], "\r\n") {
			end = i + 2
		}
		if keep {
			i = end
		}
		list = append(list, c.to(i))
		c = c.from(end)
	}
	return list
}

// partition is str.partition.
func (r *renderer) partition(self any, a args) any {
	c, sep, _ := r.cuts("partition", self, a)
	if i := strings.Index(c.s, sep); i >= 0 {
		return r.parts(self, isTuple, []chars{c.to(i), c.cut(i, i+len(sep)), c.from(i + len(sep))})
	}
	return r.parts(self, isTuple, []chars{c, {}, {}})
}

// rpartition is str.rpartition.
func (r *renderer) rpartition(self any, a args) any {
	c, sep, _ := r.cuts("rpartition", self, a)
	if i := strings.LastIndex(c.s, sep); i >= 0 {
		return r.parts(self, isTuple, []chars{c.to(i), c.cut(i, i+len(sep)), c.from(i + len(sep))})
	}
	return r.parts(self, isTuple, []chars{{}, {}, c})
}
