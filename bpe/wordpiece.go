package bpe

import (
	"sort"
	"unicode"
	"unicode/utf8"
)

//go:generate go run -C ../gen ./decompose

// A WordPiece vocabulary (BERT's) marks tokens that begin a word with ▁, where
// BERT's own files mark the other tokens with ##. Text is converted to lower case
// and accents are removed, if the vocabulary says so. It is split at white space,
// punctuation and Chinese characters. A word becomes the longest tokens from left
// to right, or as a whole the unknown token.

// loadWordPiece builds the tables of wordPiece.
func (t *Tokenizer) loadWordPiece() error {
	loadClasses()
	if err := t.loadTexts(); err != nil {
		return err
	}
	ids := make([]int32, len(t.types))
	for i := range ids {
		ids[i] = int32(i)
	}
	t.trie = newTrie(t.vocab.Tokens, ids)
	return nil
}

// encodeWordPiece appends the ids of text.
func (e *encoder) encodeWordPiece(dst []int32, text string) []int32 {
	v := &e.t.vocab
	word := append(e.text[:0], escapedSpace...)
	flush := func() {
		if len(word) > len(escapedSpace) {
			dst = e.encodeWord(dst, word)
			word = word[:len(escapedSpace)]
		}
	}
	for i := 0; i < len(text) && !e.done(1); {
		r, n := looseRune(text[i:])
		i += n
		if r >= utf8.RuneSelf && v.StripAccents {
			r = baseRune(r)
		}
		k := control
		if 0 < r && r <= unicode.MaxRune && r != utf8.RuneError {
			k = classOf(r)
		}
		if v.Lowercase {
			r = lower(r)
		}
		switch {
		case k == space:
			flush()
		case k == control || k == mark && v.StripAccents:
		case k == punct || k == sign && r < 0x7F || isChinese(r):
			flush()
			word = utf8.AppendRune(word, r)
			flush()
		default:
			word = utf8.AppendRune(word, r)
		}
	}
	flush()
	e.text = word
	return dst
}

// longestTokens appends the ids of a word with its ▁.
func (e *encoder) longestTokens(dst []int32, word []byte) []int32 {
	first := len(dst)
	for len(word) > 0 && !e.done(mergeCost) {
		id, n := e.t.trie.longest(word)
		if n == 0 {
			return append(dst[:first], e.t.vocab.UNK)
		}
		dst = append(dst, id)
		word = word[n:]
	}
	return dst
}

// lower returns r in lower case.
func lower(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r |= 0x20
		}
		return r
	}
	return unicode.ToLower(r)
}

// baseRune returns the first character of r's canonical decomposition.
func baseRune(r rune) rune {
	if 0xAC00 <= r && r <= 0xD7A3 {
		return 0x1100 + (r-0xAC00)/588 // a Korean syllable
	}
	i := sort.Search(len(decomposed), func(i int) bool { return r <= decomposed[i].hi })
	if i == len(decomposed) || r < decomposed[i].lo {
		return r
	}
	return decomposed[i].base + (r-decomposed[i].lo)*decomposed[i].step
}

// isChinese reports whether r is a Chinese character, which is a word by itself.
// U+2B820 to U+2B91F are not, as in BERT's own tokenizer.
func isChinese(r rune) bool {
	return 0x4E00 <= r && r <= 0x9FFF || 0x3400 <= r && r <= 0x4DBF || 0xF900 <= r && r <= 0xFAFF ||
		0x20000 <= r && r <= 0x2A6DF || 0x2A700 <= r && r <= 0x2B81F || 0x2B920 <= r && r <= 0x2CEAF ||
		0x2F800 <= r && r <= 0x2FA1F
}
