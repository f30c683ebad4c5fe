package bpe

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func newRand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// small returns a byte-level vocabulary of the 256 bytes, a few words and their
// merges.
func small(t testing.TB) vocab {
	t.Helper()
	v, err := defaultVocab("gpt2", "gpt-2", 300)
	if err != nil {
		t.Fatal(err)
	}
	for b := range 256 {
		v.Tokens = append(v.Tokens, alphabet(string([]byte{byte(b)})))
	}
	v.Merges = []string{"a a", "aa aa", "h e", "l l", "he ll", "hell o", "Ġ hello"}
	for _, m := range v.Merges {
		v.Tokens = append(v.Tokens, strings.ReplaceAll(m, " ", ""))
	}
	v.Tokens = append(v.Tokens, "<|endoftext|>", "<|im_end|>", "[user]", "[us")
	v.Types = make([]int32, len(v.Tokens))
	for i := range v.Types {
		v.Types[i] = Normal
	}
	v.Types[len(v.Types)-1], v.Types[len(v.Types)-2] = UserDefined, UserDefined
	v.BOS, v.EOS = 263, 263
	return v
}

// smallSPM returns a SentencePiece vocabulary, withBytes with the 256 byte tokens.
func smallSPM(t testing.TB, withBytes bool) vocab {
	t.Helper()
	v, err := defaultVocab("llama", "", 300)
	if err != nil {
		t.Fatal(err)
	}
	add := func(kind int32, score float32, texts ...string) {
		for _, s := range texts {
			v.Tokens, v.Types, v.Scores = append(v.Tokens, s), append(v.Types, kind), append(v.Scores, score)
		}
	}
	add(Unknown, 0, "<unk>")
	add(Control, 0, "<s>", "</s>")
	if withBytes {
		for b := range 256 {
			add(Byte, 0, "<0x"+strings.ToUpper(string("0123456789abcdef"[b>>4])+string("0123456789abcdef"[b&15]))+">")
		}
	}
	add(Normal, -10, "▁", "a", "b", "h", "e", "l", "o")
	add(Normal, -1, "▁a", "aa", "aaaa", "▁h", "el", "lo", "hello", "▁▁")
	return v
}
