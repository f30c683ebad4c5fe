package bpe

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The vocabularies of this file are synthetic. testdata has llama.cpp's ids for
// them.

// corpus is the text from which their tokens are learned.
const corpus = `The quick brown fox jumps over the lazy dog, doesn't it? It's 2024; we've 1234567 reasons, they'LL say.
  func main() { x := a[0] + 12.5 } // ok
Москва слезам не верит. Eine Straße für Äpfel; naïve café, déjà vu. ÉCOLE Ångström.
日本語のテキスト、中文文本。한국어 텍스트 हिन्दी पाठ ภาษาไทย 😀😀 ½ ٣٤٥
hello world hello worlds HELLO World helloWorld  two   three    four` + "\n\n\ttab\r\n"

// learnMerges returns the n merges of neighbours of text, the most frequent first,
// and the tokens that they make.
func learnMerges(text []string, n int) (merges, made []string) {
	for range n {
		count := map[[2]string]int{}
		for i := 1; i < len(text); i++ {
			count[[2]string{text[i-1], text[i]}]++
		}
		var best [2]string
		for p, k := range count {
			if b := count[best]; k > b || k == b && (p[0]+" "+p[1] < best[0]+" "+best[1]) {
				best = p
			}
		}
		whole := best[0] + best[1]
		if merges = append(merges, best[0]+" "+best[1]); !slices.Contains(made, whole) {
			made = append(made, whole)
		}
		var next []string
		for i := 0; i < len(text); i++ {
			if i+1 < len(text) && text[i] == best[0] && text[i+1] == best[1] {
				next = append(next, whole)
				i++
			} else {
				next = append(next, text[i])
			}
		}
		text = next
	}
	return merges, made
}

// add appends tokens to v, without those that it has.
func (v *vocab) add(kind int32, score float32, texts ...string) {
	for _, s := range texts {
		if !slices.Contains(v.Tokens, s) {
			v.Tokens, v.Types, v.Scores = append(v.Tokens, s), append(v.Types, kind), append(v.Scores, score)
		}
	}
}

func hexToken(b int) string {
	return "<0x" + strings.ToUpper(string("0123456789abcdef"[b>>4])+string("0123456789abcdef"[b&15])) + ">"
}

// synthBPE returns a vocabulary with merges across the boundaries of words, so that
// the ids show where a pre-tokenizer splits.
func synthBPE(t testing.TB, model, pre string) vocab {
	t.Helper()
	v, err := defaultVocab(model, pre, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	p, err := preOf(v.Pre)
	if err != nil {
		t.Fatal(err)
	}
	var chars []string
	if p.flags&rawText == 0 {
		for b := range 256 {
			v.add(Normal, 0, alphabet(string([]byte{byte(b)})))
		}
		chars = strings.Split(alphabet(corpus), "")
	} else {
		v.add(Control, 0, "<pad>")
		for b := range 256 {
			if b != 0x80 {
				v.add(Byte, 0, hexToken(b))
			}
		}
		chars = strings.Split(strings.ReplaceAll(corpus, " ", escapedSpace), "")
		v.add(Normal, 0, "\n\n", "\n\n\n", "a", "b", "t", "h", "e", "o", "語")
	}
	var made []string
	v.Merges, made = learnMerges(chars, 250)
	v.add(Normal, 0, made[:240]...) // the last merges make no tokens
	v.add(Normal, 0, alphabet(" whole"), "whole", "12345")
	v.add(Control, 0, "<bos>", "</s>", "<|im_end|>", "<mask>", "[MASK]")
	v.add(UserDefined, 0, "<user>", "\t\t")
	v.BOS = int32(slices.Index(v.Tokens, "<bos>"))
	v.EOS = v.BOS + 1
	v.Scores = nil
	return v
}

// synthWords returns a WordPiece vocabulary.
func synthWords(t testing.TB) vocab {
	t.Helper()
	v, err := defaultVocab("bert", "", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	v.add(Control, 0, "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
	lowered := strings.Map(lower, corpus) + " " + corpus + " Äpfel apfel ecole é e\u0301 ᄒ"
	for _, word := range strings.Fields(lowered) {
		for i, c := range strings.Split(word, "") {
			if i > 0 || len(v.Tokens)%3 == 0 {
				v.add(Normal, 0, c)
			}
			v.add(Normal, 0, escapedSpace+c)
		}
		rs := []rune(word)
		for n := 2; n < len(rs); n += 2 {
			v.add(Normal, 0, escapedSpace+string(rs[:n]), string(rs[len(rs)-n:]))
		}
	}
	v.BOS, v.UNK, v.SEP, v.PAD, v.MASK = 2, 1, 3, 0, 4
	v.Scores = nil
	return v
}

// synthUnigram returns a Unigram vocabulary with a normalisation.
func synthUnigram(t testing.TB) vocab {
	t.Helper()
	v, err := defaultVocab("t5", "", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	v.add(Control, 0, "<pad>", "</s>")
	v.add(Unknown, 0, "<unk>")
	v.add(UserDefined, 0, "<extra_1>", "▁▁", "日x")
	v.add(Normal, -1, "本日")
	v.add(Normal, -10, "本", "日語")
	r := rand.New(rand.NewPCG(3, 4))
	score := func() float32 { return -1 - float32(r.IntN(1<<20))/(1<<16) }
	rs := []rune(strings.ReplaceAll(corpus, " ", escapedSpace))
	for i, c := range rs {
		if i%7 != 0 && c != '語' {
			v.add(Normal, score(), string(c))
		}
		for n := 2; n < 7 && i+n < len(rs); n++ {
			if s := string(rs[i : i+n]); r.IntN(3) == 0 && !strings.ContainsAny(s, "\n") {
				v.add(Normal, score(), s)
			}
		}
	}
	v.add(Unused, -2, "▁odd")
	v.add(Control, -2, "<mask>")
	v.Charsmap = charsmapOf(map[string]string{"\t": " ", "\n": " ", "\r": "", "Ａ": "A", "ﬁ": "fi", "é": "e\u0301", "e\u0301": "é",
		"…": "...", "\u3000": " ", "ß": "ss", "hell": "heaven ", "\x01": ""})
	v.AddSpacePrefix, v.RemoveExtraSpaces = true, true
	return v
}

// synthTexts returns texts with everything that some vocabulary treats specially.
func synthTexts(n int, seed uint64) []string {
	texts := []string{"", " ", "  ", "\n", "\n\n\n", "hello", " hello", "hello  world ", corpus, "<|im_end|>", "a <mask>  b", "x\n<mask>",
		"[MASK] \t [MASK]", " <user>  <user>\n ", "</s>  </s>x", "whole", " whole", "12345", "é e\u0301 É", "ａＡﬁ", "\xff\xc3(\xe2\x82", "日x日y",
		"▁▁▁ ▁", "hello hell hel", "한국어 각", "\u0001\u200b\ufeffx", "<extra_1><extra_", "naïve Straße…",
		"\xed\xa0\x80x\xc0\xafy", "odd ▁odd", "本日語", " a b  c"}
	words := strings.Fields(corpus)
	words = append(words, "<mask>", "<user>", "[MASK]", "</s>", "<|im_end|>", "\n", "\t", "  ", "   ", "。", "e\u0301", "ﬁ", "…", "Q", "語", "\u00a0", "'s", "$", "_-")
	r := rand.New(rand.NewPCG(seed, 6))
	for range n {
		var b strings.Builder
		for range 1 + r.IntN(9) {
			b.WriteString(words[r.IntN(len(words))])
			if r.IntN(2) == 0 {
				b.WriteByte(' ')
			}
		}
		texts = append(texts, b.String())
	}
	return texts
}
