package bpe

import (
	"strings"
	"unicode/utf8"
)

// gaps returns the stage of a pattern that leaves gaps between its matches: match
// returns the length of the match at the beginning of s, 0 for none. To keep the
// time linear, match must not read much beyond the part that the stage returns.
func gaps(match func(s string) int) stage {
	return func(s string) int {
		if n := match(s); n > 0 {
			return n
		}
		for i := 0; i < len(s); {
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
			if i < len(s) && match(s[i:]) > 0 {
				return i
			}
		}
		return len(s)
	}
}

// runsOf returns the stage [a]+|[b]+|… for disjoint sets.
func runsOf(sets ...*set) stage {
	return gaps(func(s string) int {
		for _, in := range sets {
			p := run{in: in}
			if n := p.count(s); n > 0 {
				return n
			}
		}
		return 0
	})
}

// paragraphs matches [^\n]+|[\n]+.
func paragraphs(s string) int {
	if s[0] != '\n' {
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			return i
		}
		return len(s)
	}
	i := 1
	for i < len(s) && s[i] == '\n' {
		i++
	}
	return i
}

// bounded returns the stage first[in]{1,most}last, for the names of chameleon's
// image tokens.
func bounded(first string, in *set, most int, last string) stage {
	p := run{in: in, max: most}
	return func(s string) int {
		for at := 0; ; {
			i := strings.Index(s[at:], first)
			if i < 0 {
				return len(s)
			}
			at += i
			end := at + len(first)
			n := p.count(s[end:])
			if end += n; n > 0 && strings.HasPrefix(s[end:], last) {
				if at > 0 {
					return at
				}
				return end + len(last)
			}
			at++
		}
	}
}

// indents is the stage [\t\n]|    |  , with four and two spaces.
var indents = gaps(func(s string) int {
	switch {
	case s[0] == '\t' || s[0] == '\n':
		return 1
	case strings.HasPrefix(s, "    "):
		return 4
	case strings.HasPrefix(s, "  "):
		return 2
	}
	return 0
})
