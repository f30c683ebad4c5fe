package bpe

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func split(stages []stage, text string) []string {
	out := []string{}
	s := newScan(stages, text)
	for piece := s.next(); piece != ""; piece = s.next() {
		out = append(out, piece)
	}
	return out
}

func TestSplits(t *testing.T) {
	golden := loadPatterns(t)
	for name, g := range golden.Pre {
		t.Run("pre="+name, func(t *testing.T) {
			p, err := preOf(name)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.is&wholeWords != 0; got != g.IgnoreMerges {
				t.Errorf("ignore merges: got %v, want %v", got, g.IgnoreMerges)
			}
			splits := g.Splits
			if g.Same != "" {
				splits = golden.Pre[g.Same].Splits
			}
			for i, text := range golden.Strings {
				want := slices.DeleteFunc(slices.Clone(splits[i]), func(s string) bool { return s == "" })
				if got := split(p.stages, text); !slices.Equal(got, want) {
					t.Errorf("%q: got %q, want %q", text, got, want)
				}
			}
		})
	}
	if len(golden.Pre) < 57 {
		t.Errorf("%d pre-tokenizers tested, want at least 57", len(golden.Pre))
	}
}

// distinct are the pre-tokenizers that cut differently.
var distinct = []string{"default", "falcon", "gpt-2", "starcoder", "chameleon", "llama-bpe", "qwen2", "minicpm5", "jais-2",
	"qwen35", "laguna", "seed-coder", "exaone-moe", "kimi-k2", "deepseek-llm", "deepseek-coder", "deepseek-v3", "afmoe",
	"gpt-4o", "tekken", "granite-embed-multi-97m", "tiny_aya", "youtu", "poro-chat", "viking", "superbpe", "gemma4", "whitespace"}

func FuzzScan(f *testing.F) {
	for _, s := range []string{"", " ", "a  b\t\n\r\n c", "it's WE'LL 'd 'x '", "12345 1 22 ½²³", "日本語　全角、12。x", "é\u0301 e\u0301",
		"$+<=>^~|`_-", "\u0085\u2028\u00a0x", "Ωκ ࠀ 가나 A.b", "foo   日本  bar  \n  ", "…‘’“” «»"} {
		f.Add(s)
	}
	oracles := map[string]oracle{}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.Map(func(r rune) rune {
			if unicode.In(r, &later, &laterSigns) {
				return -1 // regexp2 knows the characters of package unicode
			}
			return r
		}, strings.ToValidUTF8(text, "?"))
		for _, name := range distinct {
			if oracles[name] == nil {
				oracles[name] = oracleOf(t, name)
			}
			p, _ := preOf(name)
			got, want := split(p.stages, text), []string{}
			if text != "" {
				want = oracles[name].split(t, text)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s %q: got %q, want %q", name, text, got, want)
			}
		}
	})
}

// TestScanRandom does what FuzzScan does, on words over an alphabet in which every class
// and every character that a pattern names is frequent.
func TestScanRandom(t *testing.T) {
	const alphabet = " \u0020\u0020\n\r\t\u00a0\u3000\u0085aZésSlLvVrReEdDmMtTΩж日가ㄅㄱのกࠀ龥豈'’0129٣½ⅧA.,!?$+<=>^~|`_-/(（。、…‘«€\u0301\u0f71\u200b\ue000\ufada\x01\U0001F600\U00020000"
	words := []string{"<sentinel:12>", "IMGIMGAAZ", "IMGIMG", "    ", "1234567", "WORLD", "ABc", "aBC", "'re", "'LL", "a b"}
	rs := []rune(alphabet)
	r := newRand()
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
			p, _ := preOf(name)
			for _, text := range texts {
				if got, want := split(p.stages, text), o.split(t, text); !slices.Equal(got, want) {
					t.Fatalf("%q: got %q, want %q", text, got, want)
				}
			}
		})
	}
}

// TestScanInvalid cuts what is not UTF-8: nothing is lost, no piece is empty.
func TestScanInvalid(t *testing.T) {
	r := newRand()
	for range 2000 {
		b := make([]byte, r.IntN(20))
		for i := range b {
			b[i] = "\xff\x80\xc3\xe2\x82\xf0 a'1\n."[r.IntN(12)]
		}
		for _, p := range pres() {
			if got := strings.Join(split(p.stages, string(b)), ""); got != string(b) {
				t.Fatalf("%s %q: pieces make %q", p.names, b, got)
			}
		}
	}
}

func TestClasses(t *testing.T) {
	loadClasses()
	var n [space + 1]int
	for r := rune(0); r <= unicode.MaxRune; r++ {
		n[classOf(r)]++
	}
	// Unicode 15.1: \p{L}, \p{N}, \p{P}, White_Space. Package unicode of another version
	// needs another list of differences.
	if n[mark] != 2450 || n[sign] != 7775 || n[control] != 139745 {
		t.Errorf("%d marks, %d signs, %d control characters", n[mark], n[sign], n[control])
	}
	if n[letter] != 136726 || n[number] != 1831 || n[punct] != 842 || n[space] != 25 {
		t.Errorf("%d letters, %d numbers, %d punctuation marks, %d spaces", n[letter], n[number], n[punct], n[space])
	}
	for r, want := range map[rune]class{'a': letter, 'é': letter, '日': letter, 0x2EBF0: letter, 0x2EE5D: letter, 0x2EE5E: other,
		'1': number, '½': number, 'Ⅷ': number, '.': punct, '_': punct, '$': sign, '\u0301': mark, 0x85: space, 0x1C: control,
		0x378: other, '\u200b': control, '\u3000': space, utf8.MaxRune: other} {
		if got := classOf(r); got != want {
			t.Errorf("%U: got %d, want %d", r, got, want)
		}
	}
}

func TestUnknownPre(t *testing.T) {
	_, err := Defaults("gpt2", "best-bpe", 10)
	if err == nil || !strings.Contains(err.Error(), `"best-bpe"`) || !strings.Contains(err.Error(), "llama-bpe") {
		t.Errorf("got %v", err)
	}
	for _, name := range PreNames() {
		if p, err := preOf(name); err != nil || len(p.stages) > maxStages {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := preOf(""); err != nil || !strings.HasPrefix(p.names, "default") {
		t.Errorf("no name: %v", err)
	}
}
