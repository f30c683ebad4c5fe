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

// patterns has llama.cpp's regular expressions of every pre-tokenizer. Each splits
// the parts of the one before it.
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

// An oracle splits with regular expressions. As in llama.cpp, an expression without
// classes reads white space beyond ASCII as \v.
type oracle []*regexp2.Regexp

// regexpOf replaces expressions, or parts of them, that llama.cpp reads differently
// or matches with code of its own.
var regexpOf = strings.NewReplacer(
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
		o = append(o, regexp2.MustCompile(regexpOf.Replace(r), regexp2.None))
	}
	return o
}

func (o oracle) split(t testing.TB, text string) []string {
	parts := []string{text}
	for _, re := range o {
		var cut []string
		for _, part := range parts {
			rs, at := []rune(part), 0
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
		parts = cut
	}
	return parts
}
