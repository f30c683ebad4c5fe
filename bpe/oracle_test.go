package bpe

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// patterns are the expressions of every pre-tokenizer, as the fixtures have them from
// llama.cpp: each cuts the pieces of the one before it.
type patterns struct {
	Strings []string
	Pre     map[string]struct {
		IgnoreMerges bool `json:"ignore_merges"`
		Regex        []string
		Splits       [][]string
		Same         string `json:"same_splits_as"`
	}
}

var readPatterns = sync.OnceValue(func() *patterns { return new(patterns) })

func loadPatterns(t testing.TB) *patterns {
	p := readPatterns()
	if p.Pre == nil {
		readJSON(t, "tokens/pre-splits.json", p)
	}
	return p
}

// An oracle cuts with regular expressions. As in llama.cpp one without classes sees \v
// for white space beyond ASCII.
type oracle []*regexp2.Regexp

func oracleOf(t testing.TB, name string) oracle {
	var o oracle
	for _, r := range loadPatterns(t).Pre[name].Regex {
		o = append(o, regexp2.MustCompile(r, regexp2.None))
	}
	return o
}

func (o oracle) split(t testing.TB, text string) []string {
	pieces := []string{text}
	for _, re := range o {
		var cut []string
		for _, piece := range pieces {
			rs, at := []rune(piece), 0
			seen := slices.Clone(rs)
			for i, r := range rs {
				if r >= utf8.RuneSelf && unicode.IsSpace(r) && !strings.Contains(re.String(), `\p`) {
					seen[i] = '\v'
				}
			}
			m, err := re.FindRunesMatch(seen)
			for ; m != nil && err == nil; m, err = re.FindNextMatch(m) {
				if m.RuneIndex > at {
					cut = append(cut, string(rs[at:m.RuneIndex]))
				}
				at = m.RuneIndex + m.RuneLength
				cut = append(cut, string(rs[m.RuneIndex:at]))
			}
			if err != nil {
				t.Fatal(err)
			}
			if at < len(rs) {
				cut = append(cut, string(rs[at:]))
			}
		}
		pieces = cut
	}
	return pieces
}
