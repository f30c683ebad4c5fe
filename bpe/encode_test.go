package bpe

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func TestLongWord(t *testing.T) {
	for name, v := range map[string]vocab{"gpt2": small(t), "llama": smallSPM(t, true)} {
		t.Run("model="+name, func(t *testing.T) {
			tok := must(t, v)
			pushed := func(n int) int {
				e := newEncoder(tok)
				ids := e.encodeText(nil, strings.Repeat("a", n))
				if len(ids) < n/4 || len(ids) > n/4+2 {
					t.Fatalf("n=%d: %d tokens", n, len(ids))
				}
				return e.pushed
			}
			half, full := pushed(50_000), pushed(100_000)
			if full > 3*100_000 || full > 2*half+10 {
				t.Errorf("%d bigrams for 50,000 letters, %d for 100,000", half, full)
			}
		})
	}
}

func TestBOSAndEOS(t *testing.T) {
	v := smallSPM(t, true)
	v.AddEOS = true
	tok := must(t, v)
	for _, c := range []struct {
		text string
		o    EncodeOptions
		want []string
	}{
		{"", EncodeOptions{}, []string{"<s>", "</s>"}},
		{"", EncodeOptions{NoBOS: true}, nil},
		{"aa", EncodeOptions{}, []string{"<s>", "▁a", "a", "</s>"}},
		{"aa", EncodeOptions{NoBOS: true}, []string{"▁a", "a"}},
		{"a</s>a", EncodeOptions{NoBOS: true}, []string{"▁a", "</s>", "▁a"}},
		{"  a", EncodeOptions{NoBOS: true}, []string{"▁▁", "▁a"}},
		{"\n", EncodeOptions{NoBOS: true}, []string{"▁", "<0x0A>"}},
	} {
		var got []string
		for _, id := range tok.Encode(nil, c.text, c.o) {
			got = append(got, tok.Token(id))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

// TestUnknownCharacters requires an unknown token for each unknown character, with
// a vocabulary without byte tokens.
func TestUnknownCharacters(t *testing.T) {
	tok := must(t, smallSPM(t, false))
	ids := tok.Encode(nil, "aé日a", EncodeOptions{NoBOS: true})
	want := []int32{tok.idOf("▁a"), 0, 0, tok.idOf("a")}
	if !slices.Equal(ids, want) {
		t.Errorf("got %d, want %d", ids, want)
	}
}

// TestMergeAcrossSpace requires that a token with a space within is found: words
// are not merged on their own then.
func TestMergeAcrossSpace(t *testing.T) {
	v := smallSPM(t, true)
	v.Tokens, v.Types, v.Scores = append(v.Tokens, "o▁a"), append(v.Types, Normal), append(v.Scores, 5)
	tok := must(t, v)
	ids := tok.Encode(nil, "ho a b", EncodeOptions{NoBOS: true})
	want := []int32{tok.idOf("▁h"), tok.idOf("o▁a"), tok.idOf("▁"), tok.idOf("b")}
	if !slices.Equal(ids, want) {
		t.Errorf("got %d, want %d", ids, want)
	}
}

// TestInvalidUTF8 requires llama.cpp's reading of invalid UTF-8.
func TestInvalidUTF8(t *testing.T) {
	spm, bpe := must(t, smallSPM(t, true)), must(t, small(t))
	for _, c := range []struct{ text, raw, repaired string }{
		{"\xff", "\xff", "\uFFFD"},
		{"a\x80b", "a\x80b", "a\uFFFDb"},
		{"\xe2\x82", "\xe2\x82", "\uFFFD\uFFFD"},
		{"\xe2 a", "\xe2▁a", "\uFFFD a"}, // \xe2 and the first bytes of ▁ are one character
		{"\xc1\x81", "\xc1\x81", "A"},
		{"\xe0\x81\x81", "\xe0\x81\x81", "A"},
		{"\xed\xa0\x80", "\xed\xa0\x80", "\xed\xa0\x80"},
		{"\xf8\xf7\xbf\xbf\xbf", "\xf8\xf7\xbf\xbf\xbf", "\uFFFD\uFFFD"},
	} {
		if got := spm.Decode(spm.Encode(nil, c.text, EncodeOptions{NoBOS: true}), DecodeOptions{}); got != c.raw {
			t.Errorf("llama %q: got %q, want %q", c.text, got, c.raw)
		}
		if got := bpe.Decode(bpe.Encode(nil, c.text, EncodeOptions{NoBOS: true}), DecodeOptions{}); got != c.repaired {
			t.Errorf("gpt2 %q: got %q, want %q", c.text, got, c.repaired)
		}
	}
}

func TestEncodeAllocs(t *testing.T) {
	text := strings.Repeat("hello aaaa [user] b<|im_end|>  x'll 12\n", 50)
	for name, v := range map[string]vocab{"gpt2": small(t), "llama": smallSPM(t, true)} {
		tok := must(t, v)
		ids := tok.Encode(nil, text, EncodeOptions{})
		if n := testing.AllocsPerRun(20, func() { ids = tok.Encode(ids[:0], text, EncodeOptions{}) }); n > 0 {
			t.Errorf("%s: %g allocations", name, n)
		}
	}
}

func TestConcurrent(t *testing.T) {
	tok := must(t, small(t))
	text := strings.Repeat("hello aaaaaaa [user]", 20)
	want := tok.Encode(nil, text, EncodeOptions{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got := tok.Encode(nil, text, EncodeOptions{}); !slices.Equal(got, want) {
					t.Errorf("got %d, want %d", got, want)
				}
			}
		})
	}
	wg.Wait()
}

// FuzzEncode requires that decoding returns the encoded text.
func FuzzEncode(f *testing.F) {
	for _, s := range []string{"", " ", "hello  aa", "[user]<|im_end|>", "\xff\xe2\x96a", "▁a ▁"} {
		f.Add(s)
	}
	bpe, spm := must(f, small(f)), must(f, smallSPM(f, true))
	bpe.flags &^= cleanSpaces
	f.Fuzz(func(t *testing.T, text string) {
		want := text
		if !utf8.ValidString(text) {
			want = repair(text)
		}
		plain := EncodeOptions{NoBOS: true, NoParseSpecial: true}
		if got := bpe.Decode(bpe.Encode(nil, text, plain), DecodeOptions{}); got != want {
			t.Errorf("gpt2 %q: got %q", text, got)
		}
		want = strings.ReplaceAll(text, "▁", " ")
		if got := spm.Decode(spm.Encode(nil, text, plain), DecodeOptions{}); got != want && utf8.ValidString(text) {
			t.Errorf("llama %q: got %q", text, got)
		}
		bpe.Encode(nil, text, EncodeOptions{})
		spm.Encode(nil, text, EncodeOptions{})
	})
}
