package bpe

import (
	"bytes"
	"encoding/binary"
	"testing"
)

const llama3File = "vocab/llama3-tokenizer_l3.bin"

// llama3 returns the vocabulary of Llama 3 from llama2.c's file, which has the
// tokens by rank: a header, then score, length and bytes of each token.
func llama3(t testing.TB) vocab {
	b := read(t, llama3File)
	v, err := defaultVocab("gpt2", "llama-bpe", 128256)
	if err != nil {
		t.Fatal(err)
	}
	raws := []string{}
	for b = b[4:]; len(b) > 0; {
		n := binary.LittleEndian.Uint32(b[4:])
		raws = append(raws, string(b[8:8+n]))
		b = b[8+n:]
	}
	v.BOS, v.EOS = 128000, 128001
	rank := map[string]int{}
	for id, raw := range raws {
		if id < 128000 {
			rank[raw] = id
		}
	}
	for id, raw := range raws {
		if id >= 128000 {
			v.Tokens, v.Types = append(v.Tokens, raw), append(v.Types, Control)
			continue
		}
		v.Tokens, v.Types = append(v.Tokens, alphabet(raw)), append(v.Types, Normal)
		if len(raw) > 1 {
			l, r := halves(raw, id, rank)
			v.Merges = append(v.Merges, alphabet(l)+" "+alphabet(r))
		}
	}
	return v
}

// alphabet returns bytes in the spelling of byte-level vocabularies.
func alphabet(raw string) string {
	var out []rune
	for i := range len(raw) {
		out = append(out, byteRune[raw[i]])
	}
	return string(out)
}

// halves returns the two tokens that raw consists of after the merges of a lower
// rank than its own.
func halves(raw string, own int, rank map[string]int) (left, right string) {
	parts := []string{}
	for _, b := range []byte(raw) {
		parts = append(parts, string([]byte{b}))
	}
	for len(parts) > 2 {
		best, at := own, -1
		for i := range len(parts) - 1 {
			if r, ok := rank[parts[i]+parts[i+1]]; ok && r < best {
				best, at = r, i
			}
		}
		if at < 0 {
			return raw[:1], raw[1:] // merges do not make this token
		}
		parts[at] += parts[at+1]
		parts = append(parts[:at+1], parts[at+2:]...)
	}
	return parts[0], parts[1]
}

func TestAlphabet(t *testing.T) {
	var all []byte
	for b := range 256 {
		all = append(all, byte(b))
	}
	raw, ok := appendRaw(nil, alphabet(string(all)))
	if !ok || !bytes.Equal(raw, all) {
		t.Errorf("got %x, %v", raw, ok)
	}
	if got := alphabet(" \n!~\x7f\xad\xff"); got != "ĠĊ!~ġŃÿ" {
		t.Errorf("got %s", got)
	}
	if raw, ok := appendRaw(nil, "a b"); ok || string(raw) != "a b" {
		t.Errorf("a space spells no byte: got %q, %v", raw, ok)
	}
}
