package bpe_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	_ "github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/seam"
)

// distinct has one name of each pre-tokenizer with different stages.
var distinct = []string{"default", "falcon", "gpt-2", "starcoder", "chameleon", "llama-bpe", "qwen2", "minicpm5", "jais-2",
	"qwen35", "laguna", "seed-coder", "exaone-moe", "kimi-k2", "deepseek-llm", "deepseek-coder", "deepseek-v3", "afmoe",
	"gpt-4o", "tekken", "granite-embed-multi-97m", "tiny_aya", "youtu", "poro-chat", "viking", "superbpe", "gemma4", "whitespace"}

// added are the letters and symbols that Unicode 15.1 adds to 15.0, the version of
// package unicode and so of regexp2.
var added = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x2FFC, Hi: 0x2FFF, Stride: 1}, {Lo: 0x31EF, Hi: 0x31EF, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0x2EBF0, Hi: 0x2EE5D, Stride: 1}},
}

// preTokens returns the pre-tokens of text with the pre-tokenizer called name.
func preTokens(t testing.TB, name, text string) []string {
	t.Helper()
	got, err := seam.PreTokens(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{"", " ", "a  b\t\n\r\n c", "it's WE'LL 'd 'x '", "12345 1 22 ½²³", "日本語　全角、12。x", "é\u0301 e\u0301",
		"$+<=>^~|`_-", "\u0085\u2028\u00a0x", "Ωκ ࠀ 가나 A.b", "foo   日本  bar  \n  ", "…‘’“” «»"} {
		f.Add(s)
	}
	oracles := map[string]oracle{}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.Map(func(r rune) rune {
			if unicode.Is(added, r) {
				return -1
			}
			return r
		}, strings.ToValidUTF8(text, "?"))
		for _, name := range distinct {
			if oracles[name] == nil {
				oracles[name] = oracleOf(t, name)
			}
			var want []string
			if text != "" {
				want = oracles[name].split(t, text)
			}
			if got := preTokens(t, name, text); !slices.Equal(got, want) {
				t.Errorf("%s %q: got %q, want %q", name, text, got, want)
			}
		}
	})
}

// TestScanRandom is FuzzScan for random texts in which every class, and every
// character of a pattern, is frequent.
func TestScanRandom(t *testing.T) {
	const alphabet = " \u0020\u0020\n\r\t\u00a0\u3000\u0085aZésSlLvVrReEdDmMtTΩж日가ㄅㄱのกࠀ龥豈'’0129٣½ⅧA.,!?$+<=>^~|`_-/(（。、…‘«€\u0301\u0f71\u200b\ue000\ufada\x01\U0001F600\U00020000"
	words := []string{"<sentinel:12>", "IMGIMGAAZ", "IMGIMG", "    ", "1234567", "WORLD", "ABc", "aBC", "'re", "'LL", "a b"}
	rs := []rune(alphabet)
	r := rand.New(rand.NewPCG(1, 2))
	texts := make([]string, 1500)
	for n := 1; n < 1100; n += 37 {
		texts = append(texts, strings.Repeat(" ", n), strings.Repeat("\u3000", n)+"x", "x"+strings.Repeat("7", n))
	}
	for i := range 1500 {
		var b strings.Builder
		for range 1 + r.IntN(24) {
			if r.IntN(16) == 0 {
				b.WriteString(words[r.IntN(len(words))])
			}
			c := rs[r.IntN(len(rs))]
			for range 1 + r.IntN(8)/6*r.IntN(5) {
				b.WriteRune(c)
			}
		}
		texts[i] = b.String()
	}
	for _, name := range distinct {
		t.Run("pre="+name, func(t *testing.T) {
			o := oracleOf(t, name)
			for _, text := range texts {
				if got, want := preTokens(t, name, text), o.split(t, text); !slices.Equal(got, want) {
					t.Fatalf("%q: got %q, want %q", text, got, want)
				}
			}
		})
	}
}
