package synth

import (
	"fmt"

	"github.com/querent-ai/chord/bpe"
)

// byteTokens is the id after <unk>, <s>, </s> and the 256 byte tokens.
const byteTokens = 3 + 256

// vocab returns the pieces, scores and types of a SentencePiece vocabulary of
// n tokens: the specials, the bytes, and made-up words, all distinct.
func vocab(n int) (tokens []string, scores []float32, types []int32) {
	add := func(piece string, score float32, typ int32) {
		tokens, scores, types = append(tokens, piece), append(scores, score), append(types, typ)
	}
	add("<unk>", 0, bpe.Unknown)
	add("<s>", 0, bpe.Control)
	add("</s>", 0, bpe.Control)
	for b := range 256 {
		add(fmt.Sprintf("<0x%02X>", b), 0, bpe.Byte)
	}
	for i := range n - byteTokens {
		add(piece(i), -float32(i), bpe.Normal)
	}
	return tokens, scores, types
}

// letters are the pieces of one character: the space, as SentencePiece writes
// it, and the lower-case letters.
var letters = []rune("▁abcdefghijklmnopqrstuvwxyz")

// piece returns the i-th made-up piece: the single characters first, then words of
// syllables, alternately with and without a space before them.
func piece(i int) string {
	if i < len(letters) {
		return string(letters[i])
	}
	i -= len(letters)
	space := ""
	if i%2 == 0 {
		space = "▁"
	}
	return space + word(i/2)
}

// word returns the n-th word of syllables: bijective numeration, so no word
// comes twice.
func word(n int) string {
	const consonants, vowels = "bdfghjklmnprstvwz", "aeiou"
	const base = len(consonants) * len(vowels)
	s := ""
	for n++; n > 0; n = (n - 1) / base {
		d := (n - 1) % base
		s = consonants[d/len(vowels):][:1] + vowels[d%len(vowels):][:1] + s
	}
	return s
}
