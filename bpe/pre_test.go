package bpe

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// splits are llama.cpp's pre-tokens of some texts, for each pre-tokenizer.
type splits struct {
	Strings []string
	Pre     map[string]struct {
		IgnoreMerges bool `json:"ignore_merges"`
		Splits       [][]string
		Same         string `json:"same_splits_as"`
	}
}

func TestSplits(t *testing.T) {
	var golden splits
	readJSON(t, "tokens/pre-splits.json", &golden)
	for name, g := range golden.Pre {
		t.Run("pre="+name, func(t *testing.T) {
			p, err := preOf(name)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.flags&wholeWords != 0; got != g.IgnoreMerges {
				t.Errorf("ignore merges: got %v, want %v", got, g.IgnoreMerges)
			}
			splits := g.Splits
			if g.Same != "" {
				splits = golden.Pre[g.Same].Splits
			}
			for i, text := range golden.Strings {
				want := slices.DeleteFunc(slices.Clone(splits[i]), func(s string) bool { return s == "" })
				if got, err := preTokens(name, text); err != nil || !slices.Equal(got, want) {
					t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
				}
			}
		})
	}
	if len(golden.Pre) < 57 {
		t.Errorf("%d pre-tokenizers tested, want at least 57", len(golden.Pre))
	}
}

// distinct has one name of each pre-tokenizer with different stages.
var distinct = []string{"default", "falcon", "gpt-2", "starcoder", "chameleon", "llama-bpe", "qwen2", "minicpm5", "jais-2",
	"qwen35", "laguna", "seed-coder", "exaone-moe", "kimi-k2", "deepseek-llm", "deepseek-coder", "deepseek-v3", "afmoe",
	"gpt-4o", "tekken", "granite-embed-multi-97m", "tiny_aya", "youtu", "poro-chat", "viking", "superbpe", "gemma4", "whitespace"}

// TestPreInvalidUTF8 requires that the pre-tokens of invalid UTF-8 make up the
// text.
func TestPreInvalidUTF8(t *testing.T) {
	r := newRand()
	for range 2000 {
		b := make([]byte, r.IntN(20))
		for i := range b {
			b[i] = "\xff\x80\xc3\xe2\x82\xf0 a'1\n."[r.IntN(12)]
		}
		for _, p := range pres() {
			name, _, _ := strings.Cut(p.names, " ")
			if got, err := preTokens(name, string(b)); err != nil || strings.Join(got, "") != string(b) {
				t.Fatalf("%s %q: pre-tokens make %q, %v", name, b, got, err)
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
	// The counts of Unicode 15.1. With another version of package unicode,
	// addedLetters and addedSymbols must change.
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
	_, err := defaultVocab("gpt2", "best-bpe", 10)
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
