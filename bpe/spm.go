package bpe

import (
	"math"
	"strings"
)

// A SentencePiece vocabulary spells a space as ▁ and has a score for every token.
// Neighbours whose joint text is a token are merged, the highest score first, of
// equal scores the leftmost. If no token has two characters side by side, as
// before a ▁ in most vocabularies, no merge crosses their boundary. So text is
// split there into words that are merged on their own and can be cached; the ids
// are the same.

const escapedSpace = "▁"

// loadSentencePiece builds the tables of sentencePiece.
func (t *Tokenizer) loadSentencePiece() error {
	if err := t.loadTexts(); err != nil {
		return err
	}
	t.beforeSpace = map[string]bool{}
	t.mergeOrder = make([]uint32, len(t.vocab.Tokens))
	for i, text := range t.vocab.Tokens {
		t.mergeOrder[i] = orderOfScore(0)
		if t.vocab.Scores != nil {
			t.mergeOrder[i] = orderOfScore(t.vocab.Scores[i])
		}
		t.noteNeighbours(text)
	}
	for b := range t.bytes {
		t.bytes[b] = t.byteToken(byte(b))
		if id, ok := t.ids[string([]byte{byte(b)})]; ok && t.bytes[b] < 0 {
			t.bytes[b] = id
		}
	}
	return nil
}

// orderOfScore maps scores to integers in reverse order.
func orderOfScore(score float32) uint32 {
	b := math.Float32bits(score + 0) // -0 is 0
	if b>>31 == 0 {
		return ^(b | 1<<31)
	}
	return b
}

// noteNeighbours sets inLonger and beforeSpace for the text of a token.
func (t *Tokenizer) noteNeighbours(text string) {
	for i, last := 0, ""; i < len(text); {
		n := charLen(text[i], len(text)-i)
		char := text[i : i+n]
		if char == escapedSpace && i > 0 {
			t.beforeSpace[last] = true
		}
		if n == 1 && len(text) > 1 {
			t.inLonger[char[0]] = true
		}
		i, last = i+n, char
	}
}

// canSplit reports whether certainly no token has the characters last and char
// side by side.
func (t *Tokenizer) canSplit(last, char []byte) bool {
	if len(char) == 1 && !t.inLonger[char[0]] || len(last) == 1 && !t.inLonger[last[0]] {
		return true
	}
	return char[0] == escapedSpace[0] && string(char) == escapedSpace && !t.beforeSpace[string(last)]
}

// encodeSentencePiece appends the ids of space, which is "" or " ", and text.
func (e *encoder) encodeSentencePiece(dst []int32, space, text string) []int32 {
	b := appendEscaped(appendEscaped(e.text[:0], space), text)
	e.text = b
	start, last := 0, 0
	for i := 0; i < len(b) && !e.done(1); {
		n := charLen(b[i], len(b)-i)
		if i > 0 && e.t.canSplit(b[last:i], b[i:i+n]) {
			dst = e.encodeWord(dst, b[start:i])
			start = i
		}
		last, i = i, i+n
	}
	return e.encodeWord(dst, b[start:])
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

// splitLine makes every character of word a symbol, or the whole word if it is
// newlines that are a token and the pre-tokenizer has the flag wholeLines.
func (e *encoder) splitLine(word []byte) {
	if e.t.flags&wholeLines != 0 && word[0] == '\n' && e.wholeToken(word) {
		return // the pre-tokenizer puts newlines into pre-tokens of their own
	}
	e.splitChars(word)
}

// splitChars makes every character of word a symbol.
func (e *encoder) splitChars(word []byte) {
	for i := 0; i < len(word) && !e.done(1); {
		n := charLen(word[i], len(word)-i)
		id, ok := e.t.ids[string(word[i:i+n])]
		if !ok {
			id = -1
		}
		e.symbols = append(e.symbols, symbol{start: int32(i), n: int32(n), id: id})
		i += n
	}
}

// fallback appends the byte tokens of char, which is not a token. If one of them
// is missing, it appends the unknown token; llama.cpp throws then.
func (t *Tokenizer) fallback(dst []int32, char []byte) []int32 {
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
