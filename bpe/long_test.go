package bpe

import (
	"math"
	"strings"
	"testing"
)

// TestLong encodes long texts that repeat a few letters. They take milliseconds; in
// quadratic time they would take hours and end at go test's timeout.
func TestLong(t *testing.T) {
	letters := []string{" ", "\u3000", "\n", "a", "A", "é", "1", "½", "!", "\u0301", "日", "\x01", "' ", "<sentinel:1", "IMGIMG", "a ", "1\u0663"}
	const size = 1 << 17
	for _, name := range distinct {
		p, err := preOf(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, letter := range letters {
			s, n := newScan(p.stages, strings.Repeat(letter, size/len(letter))), 0
			for pre := s.next(); pre != ""; pre = s.next() {
				n += len(pre)
			}
			if n != size/len(letter)*len(letter) {
				t.Errorf("%s, %q: %d bytes", name, letter, n)
			}
		}
	}
	check := func(v vocab) {
		tok := must(t, v)
		for _, letter := range letters {
			tok.Encode(nil, strings.Repeat(letter, size/len(letter)), EncodeOptions{})
		}
	}
	words, likely := synthWords(t), synthUnigram(t)
	for _, n := range []int{2, 3, 100, maxText} {
		words.add(Normal, 0, "▁"+strings.Repeat("a", max(1, n-3)), strings.Repeat("a", n-1)+"b")
		likely.add(Normal, -1, strings.Repeat("a", n-1)+"b", strings.Repeat("a", n))
		likely.add(UserDefined, -1, strings.Repeat("1", n-1)+"b")
	}
	words.Scores = nil
	likely.Charsmap = charsmapLoop()
	check(words)
	check(likely)
	check(synthBPE(t, "gemma4", ""))
	check(synthBPE(t, "whitespace", "gpt-2"))
}

// charsmapLoop returns a trie with cycles: every byte has a child.
func charsmapLoop() []byte {
	m := charsmapOf(map[string]string{"x": "y"})
	for c := range 256 {
		m[4+4*c] = byte(c) // its label
	}
	return m
}

func TestCharsmapHostile(t *testing.T) {
	good := charsmapOf(map[string]string{"x": "y"})
	for name, b := range map[string][]byte{
		"short":        {1, 0, 0, 0},
		"trie beyond":  {255, 255, 255, 255, 0},
		"trie only":    {4, 0, 0, 0, 1, 2, 3, 4},
		"text no end":  append(append([]byte{}, good...), 'z'),
		"text endless": append(append(append([]byte{}, good...), strings.Repeat("z", maxReplacement+1)...), 0),
	} {
		v := synthUnigram(t)
		v.Charsmap = b
		if _, err := newTokenizer(v); err == nil || !strings.Contains(err.Error(), "precompiled_charsmap") {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := newRand()
	for range 200 {
		b := append([]byte{}, good...)
		for range 20 {
			b[4+r.IntN(len(b)-5)] = byte(r.IntN(256))
		}
		v := synthUnigram(t)
		v.Charsmap = b
		if tok, err := newTokenizer(v); err == nil {
			tok.Encode(nil, "xyzx hello é\x00日本", EncodeOptions{})
		}
	}
	v := synthUnigram(t)
	v.Tokens = append(v.Tokens, strings.Repeat("a", maxText+1))
	v.Types, v.Scores = append(v.Types, Normal), append(v.Scores, float32(math.Inf(-1)))
	if _, err := newTokenizer(v); err == nil || !strings.Contains(err.Error(), "tokenizer.ggml.tokens[") {
		t.Errorf("a long token: %v", err)
	}
}
