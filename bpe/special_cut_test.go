package bpe

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// refCut cuts special tokens out of a text by definition: all matches of the first
// name, then those of the next in each remaining part. names are by rank.
func refCut(text string, names []string, strips []strip) []string {
	for k, name := range names {
		i := strings.Index(text, name)
		if i < 0 {
			continue
		}
		left, right := text[:i], text[i+len(name):]
		if strips[k]&stripRight != 0 {
			right = strings.TrimLeft(right, asciiSpace)
		}
		if strips[k]&stripLeft != 0 {
			left = strings.TrimRight(left, asciiSpace)
		}
		out := append(refCut(left, names[k+1:], strips[k+1:]), "<"+name+">")
		return append(out, refCut(right, names[k:], strips[k:])...)
	}
	if text == "" {
		return nil
	}
	return []string{text}
}

// withSpecials returns a tokenizer with special tokens of these names; two of three
// are user-defined.
func withSpecials(t testing.TB, names []string) *Tokenizer {
	v := small(t)
	for i, name := range names {
		kind := UserDefined
		if i%3 == 0 {
			kind = Control
		}
		v.Tokens, v.Types = append(v.Tokens, name), append(v.Types, kind)
	}
	return must(t, v)
}

// splitSpecial returns the parts of text after split, special tokens in <>.
func splitSpecial(tok *Tokenizer, text string, o EncodeOptions) []string {
	e := newEncoder(tok)
	e.left = checkInterval
	e.split(nil, text, o)
	var out []string
	at := 0
	for _, p := range e.cuts.matches {
		if at < p.start {
			out = append(out, text[at:p.start])
		}
		out = append(out, "<"+tok.Token(p.id)+">")
		at = p.end
	}
	if at < len(text) {
		out = append(out, text[at:])
	}
	return out
}

func TestSpecialRandom(t *testing.T) {
	r := newRand()
	word := func(letters string, n int) string {
		b := make([]byte, 2+r.IntN(n))
		for i := range b {
			b[i] = letters[r.IntN(len(letters))]
		}
		return string(b)
	}
	for range 400 {
		letters := []string{"ab", "ab ", "abc", "a"}[r.IntN(4)]
		var names []string
		for range 1 + r.IntN(12) {
			if s := "|" + word(letters, 7); !slices.Contains(names, s[1:]) && s[1:] != "aa" && s[1:] != "aaaa" {
				names = append(names, s[1:])
			}
		}
		tok := withSpecials(t, names)
		for i := range tok.special.list {
			tok.special.list[i].strip = strip(r.IntN(4))
		}
		for _, o := range []EncodeOptions{{}, {NoParseSpecial: true}} {
			var ranked []string
			var strips []strip
			for _, s := range tok.special.list {
				if !o.NoParseSpecial || tok.types[s.id] == UserDefined {
					ranked, strips = append(ranked, tok.Token(s.id)), append(strips, s.strip)
				}
			}
			text := word(letters, 200)
			if got, want := splitSpecial(tok, text, o), refCut(text, ranked, strips); !slices.Equal(got, want) {
				t.Fatalf("%q of %q, %+v: got %q, want %q", ranked, text, o, got, want)
			}
		}
	}
}

// TestSpecialSteps requires a number of steps linear in the text, whatever the
// special tokens are.
func TestSpecialSteps(t *testing.T) {
	const size = 1 << 16
	var numbered, as []string
	var text strings.Builder
	for i := range 10_000 {
		numbered = append(numbered, "<|n"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+string(rune('a'+i/26%26))+string(rune('a'+i/676))+"|>")
	}
	for i := 0; text.Len() < size; i++ {
		text.WriteString(numbered[i*7%len(numbered)])
	}
	for n := 3; n < 2000; n++ {
		if n != 4 {
			as = append(as, strings.Repeat("a", n))
		}
	}
	nested := append(slices.Clone(as), "b"+strings.Repeat("a", 1999))
	for name, c := range map[string]struct {
		names []string
		text  string
	}{
		"many":        {numbered, text.String()},
		"suffixes":    {as, strings.Repeat("a", size)},
		"overlaps":    {nested, strings.Repeat("b"+strings.Repeat("a", 1998), size/1999)},
		"long prefix": {[]string{strings.Repeat("a", 1<<14) + "b"}, strings.Repeat("a", size)},
	} {
		tok := withSpecials(t, c.names)
		e := newEncoder(tok)
		e.split(nil, c.text, EncodeOptions{})
		if limit := 200 * len(c.text); e.cuts.steps > limit {
			t.Errorf("%s: %d steps for %d bytes, want at most %d", name, e.cuts.steps, len(c.text), limit)
		}
	}
}

func TestBitset(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var m bitset
	for _, n := range []int{300_000, 1, 64, 4096, 5000} {
		m.reset(n)
		in := make([]bool, n)
		for range n / 20 {
			i := r.IntN(n)
			m.set(i)
			in[i] = true
		}
		last := -1
		for i := range n {
			if got := m.before(i); got != last || m.has(i) != in[i] {
				t.Fatalf("%d of %d: %d, %v; want %d, %v", i, n, got, m.has(i), last, in[i])
			}
			if in[i] {
				last = i
			}
		}
		if got := m.before(n); got != last {
			t.Fatalf("end of %d: %d, want %d", n, got, last)
		}
	}
}

// A countdown is a context that is done at the nth call of Err.
type countdown struct {
	context.Context
	n, calls int
}

func (c *countdown) Err() error {
	if c.calls++; c.calls >= c.n {
		return context.Canceled
	}
	return nil
}

// TestEncodeContext requires that Encode checks the context at least once for every
// 2·checkInterval bytes of any text, and stops once it is done.
func TestEncodeContext(t *testing.T) {
	const size = 1 << 18
	texts := map[string]string{
		"one word": strings.Repeat("ha", size/2), "letters": strings.Repeat("aé", size/3), "words": strings.Repeat("hello ", size/6),
		"special": strings.Repeat("<|im_end|>", size/10), "line ends": strings.Repeat("\n", size), "spaces": strings.Repeat(" ", size),
	}
	words, likely := synthWords(t), synthUnigram(t)
	for name, v := range map[string]vocab{"gpt2": small(t), "llama": smallSPM(t, true), "bert": words, "t5": likely} {
		tok := must(t, v)
		for which, text := range texts {
			all := &countdown{context.Background(), 1 << 30, 0}
			ids, err := tok.EncodeContext(all, nil, text, EncodeOptions{})
			if want := tok.Encode(nil, text, EncodeOptions{}); err != nil || !slices.Equal(ids, want) {
				t.Errorf("%s, %s: %d ids, %v; want %d", name, which, len(ids), err, len(want))
			}
			if least := len(text) / (2 * checkInterval); all.calls < least {
				t.Errorf("%s, %s: the context was checked %d times, want at least %d", name, which, all.calls, least)
			}
			for _, n := range []int{1, 2, 3, all.calls / 2} {
				ctx := &countdown{context.Background(), n, 0}
				ids, err := tok.EncodeContext(ctx, []int32{7}, text, EncodeOptions{})
				if err != context.Canceled || !slices.Equal(ids, []int32{7}) || ctx.calls != n {
					t.Errorf("%s, %s: done after %d checks: %d ids, %v, %d checks", name, which, n, len(ids), err, ctx.calls)
				}
			}
			again := tok.Encode(nil, text[:3000], EncodeOptions{})
			if want := must(t, v).Encode(nil, text[:3000], EncodeOptions{}); !slices.Equal(again, want) {
				t.Errorf("%s, %s: after a cancelled call: %d ids, want %d", name, which, len(again), len(want))
			}
		}
	}
}
