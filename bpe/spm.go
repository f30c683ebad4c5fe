package bpe

import (
	"math"
	"strings"
)

// A SentencePiece vocabulary writes a space as ▁ and has a score for every
// token. Neighbours whose joint text is a token are merged, highest score
// first, the leftmost of equals. No merge crosses a place where no token has
// the two characters side by side, as before a ▁ in most vocabularies: what
// lies between such places is merged on its own, which gives the same tokens
// and can be cached.

const escapedSpace = "▁"

// loadPieces sets what encoding with a SentencePiece vocabulary needs.
func (t *Tokenizer) loadPieces() error {
	if err := t.loadTexts(); err != nil {
		return err
	}
	t.joins = map[string]bool{}
	t.order = make([]uint32, len(t.vocab.Tokens))
	for i, text := range t.vocab.Tokens {
		t.order[i] = orderOf(0)
		if t.vocab.Scores != nil {
			t.order[i] = orderOf(t.vocab.Scores[i])
		}
		t.addJoins(text)
	}
	for b := range t.bytes {
		t.bytes[b] = t.byteToken(byte(b))
		if id, ok := t.ids[string([]byte{byte(b)})]; ok && t.bytes[b] < 0 {
			t.bytes[b] = id
		}
	}
	return nil
}

// orderOf maps scores to numbers that ascend as scores descend.
func orderOf(score float32) uint32 {
	b := math.Float32bits(score + 0) // -0 is 0
	if b>>31 == 0 {
		return ^(b | 1<<31)
	}
	return b
}

// addJoins notes the bytes of text that are characters beside others, and
// the characters it has before a ▁.
func (t *Tokenizer) addJoins(text string) {
	for i, last := 0, ""; i < len(text); {
		n := charLen(text[i], len(text)-i)
		char := text[i : i+n]
		if char == escapedSpace && i > 0 {
			t.joins[last] = true
		}
		if n == 1 && len(text) > 1 {
			t.glued[char[0]] = true
		}
		i, last = i+n, char
	}
}

// cuts reports whether it is certain that no token has last and char side by
// side.
func (t *Tokenizer) cuts(last, char []byte) bool {
	if len(char) == 1 && !t.glued[char[0]] || len(last) == 1 && !t.glued[last[0]] {
		return true
	}
	return char[0] == escapedSpace[0] && string(char) == escapedSpace && !t.joins[string(last)]
}

// pieces appends the tokens of text, before which space is put ("" or " ").
func (e *encoder) pieces(dst []int32, space, text string) []int32 {
	b := appendEscaped(appendEscaped(e.text[:0], space), text)
	e.text = b
	start, last := 0, 0
	for i := 0; i < len(b) && !e.over(1); {
		n := charLen(b[i], len(b)-i)
		if i > 0 && e.t.cuts(b[last:i], b[i:i+n]) {
			dst = e.word(dst, b[start:i])
			start = i
		}
		last, i = i, i+n
	}
	return e.word(dst, b[start:])
}

// appendEscaped appends text with ▁ for spaces.
func appendEscaped(dst []byte, text string) []byte {
	for {
		i := strings.IndexByte(text, ' ')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(append(dst, text[:i]...), escapedSpace...)
		text = text[i+1:]
	}
}

// cutLine makes every character of word a symbol, or all of it where line
// ends that are a token stay one.
func (e *encoder) cutLine(word []byte) {
	if e.t.is&wholeLines != 0 && word[0] == '\n' && e.cutWhole(word) {
		return // the pre-tokenizer leaves nothing else beside a line end
	}
	e.cutChars(word)
}

// cutChars makes every character of word a symbol.
func (e *encoder) cutChars(word []byte) {
	for i := 0; i < len(word) && !e.over(1); {
		n := charLen(word[i], len(word)-i)
		id, ok := e.t.ids[string(word[i:i+n])]
		if !ok {
			id = -1
		}
		e.symbols = append(e.symbols, symbol{start: int32(i), n: int32(n), id: id})
		i += n
	}
}

// spell appends the byte tokens of char, which is no token. A vocabulary
// that lacks one of them, where llama.cpp throws, gives the unknown token.
func (t *Tokenizer) spell(dst []int32, char []byte) []int32 {
	for i, b := range char {
		if t.bytes[b] < 0 {
			dst = dst[:len(dst)-i]
			if t.vocab.UNK >= 0 {
				dst = append(dst, t.vocab.UNK)
			}
			return dst
		}
		dst = append(dst, t.bytes[b])
	}
	return dst
}
