package bpe

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestCanSplit requires that merging word by word gives the ids of merging the
// whole text, for random tokens.
func TestCanSplit(t *testing.T) {
	r := newRand()
	const alphabet = "ab1\né日▁"
	chars := strings.Split(alphabet, "")
	word := func(most int) string {
		var b strings.Builder
		for range 1 + r.IntN(most) {
			b.WriteString(chars[r.IntN(len(chars))])
		}
		return b.String()
	}
	cuts := 0
	for range 300 {
		v := smallSPM(t, true)
		v.Tokens, v.Types, v.Scores = v.Tokens[:259], v.Types[:259], v.Scores[:259]
		for range 1 + r.IntN(20) {
			if w := word(4); !slices.Contains(v.Tokens, w) {
				v.Tokens, v.Types, v.Scores = append(v.Tokens, w), append(v.Types, Normal), append(v.Scores, float32(r.IntN(5)-3))
			}
		}
		tok := must(t, v)
		whole := newEncoder(tok)
		for range 20 {
			text := word(30)
			got := tok.Encode(nil, "x"+text, EncodeOptions{NoBOS: true, NoParseSpecial: true})
			want := whole.mergeWord(nil, []byte("▁x"+text))
			if !slices.Equal(got, want) {
				t.Fatalf("%q with %q: got %d, want %d", text, v.Tokens[259:], got, want)
			}
			if tok.canSplit([]byte("a"), []byte("▁")) {
				cuts++
			}
		}
	}
	if cuts < 1000 {
		t.Errorf("words were split only %d times", cuts)
	}
}

func TestOrderOfScore(t *testing.T) {
	scores := []float32{3e38, 2, 1, 0.5, 1e-40, 0, -1e-40, -0.5, -1, -2, -3e38}
	for i := range scores[1:] {
		if orderOfScore(scores[i]) >= orderOfScore(scores[i+1]) {
			t.Errorf("%g is not before %g", scores[i], scores[i+1])
		}
	}
	zero := float32(math.Copysign(0, -1))
	if orderOfScore(zero) != orderOfScore(0) {
		t.Error("-0 is not 0")
	}
}
