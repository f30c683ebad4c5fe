package bpe

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// A set is a set of characters: a class, or ranges as in the brackets of a regular
// expression.
type set struct {
	ascii [utf8.RuneSelf]bool
	wide  func(rune) bool
}

func newSet(in func(rune) bool) *set {
	loadClasses()
	s := &set{wide: in}
	for r := range s.ascii {
		s.ascii[r] = in(rune(r))
	}
	return s
}

// classSet returns the characters of class c.
func classSet(c class) *set { return newSet(func(r rune) bool { return classOf(r) == c }) }

// rangeSet returns the characters of ranges: "a-z" is a range, "x" a character. It
// has no white space beyond ASCII, since llama.cpp reads that as \v for patterns
// without classes.
func rangeSet(ranges string) *set {
	var table [][2]rune
	rs := []rune(ranges)
	for i := 0; i < len(rs); i++ {
		r := [2]rune{rs[i], rs[i]}
		if i+2 < len(rs) && rs[i+1] == '-' {
			r[1] = rs[i+2]
			i += 2
		}
		table = append(table, r)
	}
	sort.Slice(table, func(i, j int) bool { return table[i][0] < table[j][0] })
	for i := 1; i < len(table); i++ { // now the ends ascend too
		table[i][1] = max(table[i][1], table[i-1][1])
	}
	return newSet(func(r rune) bool {
		i := sort.Search(len(table), func(i int) bool { return r <= table[i][1] })
		return i < len(table) && table[i][0] <= r && (r < utf8.RuneSelf || classOf(r) != space)
	})
}

// at reports whether the character at s[i:] is in the set, and returns its length.
func (t *set) at(s string, i int) (bool, int) {
	if c := s[i]; c < utf8.RuneSelf {
		return t.ascii[c], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return t.wide(r), n
}

// A run is the pattern [lead]?[in]{min,max}.
type run struct {
	in       *set
	min, max int // max 0: no limit
	lead     *set
	begins   [utf8.RuneSelf]bool // ASCII characters that can begin a match
}

// runs returns the stage [in]+, each [in], spaced \s?[in]+.
func runs(in *set) stage { return run{in: in}.stage() }

func each(in *set) stage { return run{in: in, max: 1}.stage() }

func spaced(in *set) stage { return run{in: in, lead: classSet(space)}.stage() }

// stage returns the stage of the pattern.
func (p run) stage() stage {
	p.begins = p.in.ascii
	for c := range p.begins {
		p.begins[c] = p.begins[c] || p.lead != nil && p.lead.ascii[c]
	}
	return p.cut
}

func (p *run) cut(s string) int {
	if n := p.match(s); n > 0 {
		return n
	}
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf && !p.begins[c] {
			i++
			continue
		}
		if p.match(s[i:]) > 0 {
			return i
		}
		_, n := p.in.at(s, i)
		i += n
	}
	return len(s)
}

// match returns the length of the match at the beginning of s, 0 for none.
func (p *run) match(s string) int {
	i := 0
	if p.lead != nil {
		if in, n := p.lead.at(s, 0); in {
			i = n
		}
	}
	if n := p.count(s[i:]); n > 0 {
		return i + n
	}
	if i == 0 {
		return 0
	}
	return p.count(s)
}

// count returns the length of [in]{min,max} at the beginning of s, 0 for none.
func (p *run) count(s string) int {
	i, n := 0, 0
	for i < len(s) && (p.max == 0 || n < p.max) {
		in, size := p.in.at(s, i)
		if !in {
			break
		}
		i, n = i+size, n+1
	}
	if n == 0 || n < p.min {
		return 0
	}
	return i
}

// trailingSpaces is the stage \s+$.
func trailingSpaces(s string) int {
	end := len(s)
	for end > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:end])
		if classOf(r) != space {
			break
		}
		end -= n
	}
	if end == 0 {
		return len(s)
	}
	return end
}

// asian are the characters of afmoe's pattern: Chinese, Japanese, Korean, Thai,
// Lao, Khmer and Burmese.
const asian = "\u4E00-\u9FFF\u3400-\u4DBF\u8C48-\uFAFF\u3040-\u309F\u30A0-\u30FF\uFF65-\uFF9F\u2F00-\u2FDF" +
	"\u0E40-\u0E7F\u0E80-\u0EFF\u1780-\u17FF\u1000-\u109F\uAA60-\uAA7F\uA9E0-\uA9FF\uAC00-\uD7AF\u1100-\u11FF"

// youtuScripts returns the first stage of Youtu: Korean, Chinese punctuation,
// Bopomofo, Chinese with Japanese.
func youtuScripts() stage {
	return runsOf(
		rangeSet("\uAC00-\uD7A3\u3131-\u318E"),
		rangeSet("\uFF01\u2026\u201C\u201D\u2018\u2019\u2014\uFF1A\uFF1B\uFF0C\u3001-\u303F\uFE30-\uFE4F"),
		rangeSet("\u3105-\u312F"),
		rangeSet(chinese),
	)
}

// punctuation returns the stage [\p{P}$+<=>^~|]+, with more characters in the set.
func punctuation(more string) stage {
	signs := "$+<=>^~|" + more
	return runs(newSet(func(r rune) bool {
		return classOf(r) == punct || strings.ContainsRune(signs, r)
	}))
}

// isASCIISign reports whether r is in [\p{P}!-/:-@\[-`{-~].
func isASCIISign(r rune) bool {
	return classOf(r) == punct || r < 0x80 && classOf(r) == sign
}

// inSentence reports whether r is in [^(\s|.,!?…。，、।۔،)].
func inSentence(r rune) bool {
	return classOf(r) != space && !strings.ContainsRune("(|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)", r)
}
