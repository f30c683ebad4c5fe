package bpe

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// synthVocabs returns synthetic vocabularies, of the kinds that the test data lack.
func synthVocabs(t testing.TB) map[string]vocab {
	t.Helper()
	all := map[string]vocab{"words": synthWords(t), "unigram": synthUnigram(t), "gemma4": synthBPE(t, "gemma4", ""),
		"whitespace": synthBPE(t, "whitespace", "whitespace"), "whitespace, lower case": synthBPE(t, "whitespace", "gpt-2")}
	for _, pre := range []string{"sarvam-moe", "tekken", "gpt-4o", "deepseek-v3", "qwen35", "superbpe", "jina-v2-de", "kimi-k2"} {
		all[pre] = synthBPE(t, "gpt2", pre)
	}
	v := synthWords(t)
	v.Lowercase, v.StripAccents = false, false
	all["words, cased"] = v
	v = synthUnigram(t)
	v.AddSpacePrefix, v.RemoveExtraSpaces, v.Arch = false, false, "nomic-bert-moe"
	all["unigram, spaces as they are"] = v
	v = synthUnigram(t)
	v.RemoveExtraSpaces, v.Charsmap = false, nil
	all["unigram, a space first"] = v
	v = synthBPE(t, "gpt2", "llama-bpe")
	v.Name = "A Phi-3 Mini"
	v.add(Control, 0, "<unk>", "<s>", "<|endoftext|>")
	v.Scores = nil
	all["phi-3"] = v
	return all
}

// A synthCase has llama.cpp's results for a text.
type synthCase struct {
	IDs     []int32 `json:"ids"`
	Special []int32 `json:"special,omitempty"` // with special tokens, if different
	BOS     []int32 `json:"bos"`
	Detok   string  `json:"detok,omitempty"` // of Special, hexadecimal; absent if a token has no text
}

func TestSynthGolden(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "synth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string][]synthCase
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	texts := synthTexts(20, 1)
	for name, v := range synthVocabs(t) {
		t.Run("vocab="+name, func(t *testing.T) {
			tok, cases := must(t, v), golden[name]
			if len(cases) != len(texts) {
				t.Fatalf("%d cases, want %d", len(cases), len(texts))
			}
			for i, text := range texts {
				cases[i].check(t, tok, text)
			}
		})
	}
}

func (c synthCase) check(t *testing.T, tok *Tokenizer, text string) {
	t.Helper()
	if c.Special == nil {
		c.Special = c.IDs
	}
	for _, e := range []struct {
		name string
		o    EncodeOptions
		want []int32
	}{
		{"plain", EncodeOptions{NoBOS: true, NoParseSpecial: true}, c.IDs},
		{"special", EncodeOptions{NoBOS: true}, c.Special},
		{"bos", EncodeOptions{}, c.BOS},
	} {
		if got := tok.Encode([]int32{}, text, e.o); !slices.Equal(got, e.want) {
			t.Errorf("%s %q: got %d, want %d", e.name, text, got, e.want)
		}
	}
	if got := hex.EncodeToString([]byte(tok.Decode(c.Special, DecodeOptions{}))); got != c.Detok && c.Detok != "" {
		t.Errorf("decode %d: got %s, want %s", c.Special, got, c.Detok)
	}
}
