package bpe

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestDecoder streams every golden text. The result must be the text, in whole
// characters.
func TestDecoder(t *testing.T) {
	for file, vocab := range goldens {
		t.Run("file="+file, func(t *testing.T) {
			var golden struct{ Cases []tokenCase }
			readJSON(t, file, &golden)
			tok := open(t, vocab)
			tok.flags &^= cleanSpaces // cannot be streamed
			for _, c := range golden.Cases {
				ids := tok.Encode(nil, c.Text, EncodeOptions{NoBOS: true, NoParseSpecial: true})
				d := tok.NewDecoder()
				d.TrimSpace()
				var got strings.Builder
				for _, id := range ids {
					s := d.Next(id)
					if !utf8.ValidString(s) {
						t.Errorf("%q: %q is not UTF-8", c.Text, s)
					}
					got.WriteString(s)
				}
				got.WriteString(d.Flush())
				if want := tok.Decode(ids, DecodeOptions{}); got.String() != want {
					t.Errorf("%q: got %q, want %q", c.Text, got.String(), want)
				}
			}
		})
	}
}

func TestDecoderNext(t *testing.T) {
	tok := must(t, small(t))
	for _, c := range []struct {
		name string
		ids  []int32
		want []string // from Next for every id, then from Flush
	}{
		{"ASCII", []int32{'a', 256, 262}, []string{"a", "aa", " hello", ""}},
		{"two bytes", []int32{0xC3, 0xA9, 'x'}, []string{"", "é", "x", ""}},
		{"four bytes", []int32{0xF0, 0x9F, 0x98, 0x80}, []string{"", "", "", "😀", ""}},
		{"control token", []int32{0xC3, 264, 0xA9}, []string{"", "", "é", ""}},
		{"ids outside the vocabulary", []int32{-1, 9999, 'a'}, []string{"", "", "a", ""}},
		{"incomplete", []int32{0xE2, 0x82}, []string{"", "", "\uFFFD"}},
		{"interrupted", []int32{0xE2, 0x82, 'a'}, []string{"", "", "\uFFFDa", ""}},
		{"no first byte", []int32{0x80, 0xFF, 'a'}, []string{"\uFFFD", "\uFFFD", "a", ""}},
		{"surrogate", []int32{0xED, 0xA0, 0x80}, []string{"", "\uFFFD\uFFFD", "\uFFFD", ""}},
		{"two first bytes", []int32{0xF0, 0x9F, 0xC3, 0xA9}, []string{"", "", "\uFFFD", "é", ""}},
	} {
		d := tok.NewDecoder()
		var got []string
		for _, id := range c.ids {
			got = append(got, d.Next(id))
		}
		got = append(got, d.Flush())
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDecoderAllocs(t *testing.T) {
	tok := must(t, small(t))
	d := tok.NewDecoder()
	if n := testing.AllocsPerRun(100, func() { d.Next('a'); d.Next(262); d.Next(264) }); n > 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestDecoderTrims(t *testing.T) {
	tok := must(t, smallSPM(t, true))
	hello := tok.Encode(nil, "hello a", EncodeOptions{})
	d := tok.NewDecoder()
	if got := d.Next(hello[0]) + d.Next(hello[1]); got[0] != ' ' {
		t.Errorf("continued text: got %q, want a space first", got)
	}
	d = tok.NewDecoder()
	d.TrimSpace()
	got := ""
	for _, id := range hello {
		got += d.Next(id)
	}
	if got != "hello a" {
		t.Errorf("new text: got %q, want %q", got, "hello a")
	}
}

func TestDecodeOptions(t *testing.T) {
	v := smallSPM(t, true)
	v.AddEOS = true
	tok := must(t, v)
	ids := tok.Encode(nil, "a</s>a", EncodeOptions{})
	for _, c := range []struct {
		o    DecodeOptions
		want string
	}{
		{DecodeOptions{}, "<s> a</s> a</s>"},
		{DecodeOptions{SkipSpecial: true}, " a a"},
		{DecodeOptions{RemoveSpecial: true}, " a</s> a"},
		{DecodeOptions{RemoveSpecial: true, SkipSpecial: true}, " a a"},
	} {
		if got := tok.Decode(ids, c.o); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.o, got, c.want)
		}
	}
	if got := tok.Decode([]int32{-5, 1 << 30, ids[1]}, DecodeOptions{}); got != " a" {
		t.Errorf("ids outside the vocabulary: got %q, want %q", got, " a")
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""}, {" ", " "}, {".", "."}, {" .", "."},
		{"a , b ! c ? d .", "a, b! c? d."},
		{"a  .", "a ."},
		{"a ' b ' c", "a'b'c"},
		{"it 's I 'm we 're they 've", "it's I'm we're they've"},
		{"we 'll I 'd can 't o 'x '", "we 'll I 'd can 't o 'x '"},
		{"a ' 's", "a''s"},
		{"日 . 本 's", "日. 本's"},
	} {
		if got := string(clean([]byte(c.in))); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}
