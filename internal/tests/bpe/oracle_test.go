// Package bpe_test compares the pre-tokenizers of bpe with regular expressions.
// The rest of its tests are beside it.
package bpe_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"

	"github.com/querent-ai/chord/internal/fixtures"
)

// patterns are the expressions of every pre-tokenizer, as the fixtures have them from
// llama.cpp: each cuts the pieces of the one before it.
type patterns struct {
	Pre map[string]struct{ Regex []string }
}

func loadPatterns(t testing.TB) *patterns {
	t.Helper()
	p := new(patterns)
	if err := json.Unmarshal(fixtures.Read(t, "tokens/pre-splits.json"), p); err != nil {
		t.Fatal(err)
	}
	return p
}

// An oracle cuts with regular expressions. As in llama.cpp one without classes sees \v
// for white space beyond ASCII.
type oracle []*regexp2.Regexp

// asIs are the expressions, or parts of them, that llama.cpp reads as something else or has
// own code for.
var asIs = strings.NewReplacer(
	`\p{Lu}\p{Lt}\p{Lm}\p{Lo}`, `\p{L}`,
	`\p{Ll}\p{Lm}\p{Lo}`, `\p{L}`,
	`\p{AFMoE_digits}`, thirdsPattern,
	`\d{1,3}(?=(?:\d{3})*\b)`, thirdsPattern,
	`\d`, `[0-9]`,
	`\p{Han}+`, `[`+hanBlocks+`]+|[^\r\n\p{L}\p{N}]?(?:(?![`+hanBlocks+`])\p{L})+(?:'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL]))?`+
		`|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
)

const (
	thirdsPattern = `\P{N}*\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))`
	hanBlocks     = "\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\U00020000-\U0002A6DF\U0002A700-\U0002EBEF\U0002F800-\U0002FA1F"
)

func oracleOf(t testing.TB, name string) oracle {
	var o oracle
	for _, r := range loadPatterns(t).Pre[name].Regex {
		o = append(o, regexp2.MustCompile(asIs.Replace(r), regexp2.None))
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
				if m.RuneLength > 0 {
					cut = append(cut, string(rs[m.RuneIndex:at]))
				}
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
