package bpe

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// escaped returns s as RWKV's files spell it.
func escapedBytes(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\\':
			b.WriteString(`\\`)
		case c < ' ' || c > '~':
			b.WriteString(`\x` + strconv.FormatInt(int64(c)|0x100, 16)[1:])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// synthWorld returns a vocabulary of RWKV: all bytes, and words of which some end
// within a character.
func synthWorld(t testing.TB) vocab {
	t.Helper()
	v, err := defaultVocab("rwkv", "", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	v.add(Control, 0, "<s>")
	for b := range 256 {
		v.add(Normal, 0, escapedBytes(string([]byte{byte(b)})))
	}
	v.add(Normal, 0, `\'"`) // as Python spells a string with both quotes
	r := rand.New(rand.NewPCG(5, 6))
	for i := range len(corpus) {
		for n := 2; n < 9 && i+n < len(corpus); n++ {
			if r.IntN(4) == 0 {
				v.add(Normal, 0, escapedBytes(corpus[i:i+n]))
			}
		}
	}
	v.add(Normal, 0, `\n\n`, `\t\t`)
	v.add(Unused, 0, "[PAD1]")
	v.add(Control, 0, "<|im_end|>")
	v.add(UserDefined, 0, "<user>")
	v.BOS, v.EOS, v.Scores = 0, 0, nil
	return v
}

// synthPlamo returns a vocabulary of PLaMo 2, with scores that compete and some that
// are not used.
func synthPlamo(t testing.TB) vocab {
	t.Helper()
	v, err := defaultVocab("plamo2", "", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	v.add(Unknown, 0, "<|plamo:unk|>")
	v.add(Control, 0, "<|plamo:bos|>", "<|plamo:eos|>", "<|plamo:pad|>")
	for b := range 256 {
		v.add(Byte, 0, hexToken(b))
	}
	r := rand.New(rand.NewPCG(7, 8))
	rs := []rune(corpus)
	for i, c := range rs {
		if i%5 != 0 {
			v.add(Normal, -8-float32(r.IntN(1<<16))/(1<<14), string(c))
		}
		for n := 2; n < 7 && i+n < len(rs); n++ {
			if r.IntN(3) == 0 {
				v.add(Normal, -4-float32(r.IntN(1<<18))/(1<<14), string(rs[i:i+n]))
			}
		}
	}
	v.add(Normal, -3000, "hello world")
	v.add(Normal, -9, "aa", "aaa", "aaaa")
	v.add(Normal, -4.5, "  ", "   ")
	v.add(Control, 0, "<|im_end|>", "<mask>")
	v.add(UserDefined, 0, "<user>")
	return v
}

// worldTexts are texts for both besides those of the other vocabularies.
func worldTexts() []string {
	return []string{"\ufeffhello", "\ufeff", "aaaaaaa", "aaaaaaaaaa hello world", "a\\nb\\x41", `'"`, "\x00\x01\x7f\xff", "😀x😀", "日本\xe6\x97", "<s><s>", "\n\n\n\t\t\t", "<|plamo:eos|> x"}
}
