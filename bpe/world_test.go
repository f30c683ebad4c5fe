package bpe

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWorldGolden compares vocabularies of RWKV and PLaMo 2 with llama.cpp.
func TestWorldGolden(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "world.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string][]synthCase
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	texts := append(synthTexts(20, 1), worldTexts()...)
	for _, v := range []vocab{synthWorld(t), synthPlamo(t)} {
		t.Run("model="+v.Model, func(t *testing.T) {
			tok, cases := must(t, v), golden[v.Model]
			if len(cases) != len(texts) {
				t.Fatalf("%d cases, want %d", len(cases), len(texts))
			}
			for i, text := range texts {
				cases[i].check(t, tok, text)
			}
		})
	}
}

func TestUnescaped(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": "a", `\t\n\r\x00\xff\\\'`: "\t\n\r\x00\xff\\'", `\x4a\x4B`: "JR", // Python writes no capitals
		`a\`: "a", `a\x4`: "a", `a\x`: "a", `\x41b`: "Ab",
	} {
		if got := string(appendUnescaped(nil, text)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestWorldMissing requires that bytes without a token are the unknown token or
// nothing, and that PLaMo's vocabulary needs the tokens of all bytes.
func TestWorldMissing(t *testing.T) {
	v, err := defaultVocab("rwkv", "", 3)
	if err != nil {
		t.Fatal(err)
	}
	v.Tokens = []string{"<s>", "ab", `\`}
	if got := must(t, v).Encode(nil, "xabay", EncodeOptions{}); len(got) != 1 || got[0] != 1 {
		t.Errorf("without an unknown token: got %d, want [1]", got)
	}
	v.UNK = 0
	if got := must(t, v).Encode(nil, "xab", EncodeOptions{}); len(got) != 2 || got[0] != 0 {
		t.Errorf("with one: got %d, want [0 1]", got)
	}
	p := synthPlamo(t)
	p.Tokens[10] = "x" + p.Tokens[10]
	p.Types[10] = Normal
	if _, err := newTokenizer(p); err == nil || !strings.Contains(err.Error(), "<0x06>") {
		t.Errorf("without a byte: got %v", err)
	}
}
