package bpe

import (
	"hash/maphash"
	"unicode/utf8"
)

// EncodeOptions are the ways to encode; the zero value is the usual one.
type EncodeOptions struct {
	NoBOS          bool // neither BOS nor EOS nor SEP is added; without it as the vocabulary says
	NoParseSpecial bool // names of control tokens in the text are text; user-defined tokens are found always
	// Text are parts of the text, in ascending order, apart and none empty, in which
	// NoParseSpecial holds: names that begin, end or lie in one are text.
	// Nothing else changes at their borders.
	Text []Span
}

// A Span is the bytes of a text from Start up to End.
type Span struct{ Start, End int }

// Encode appends the ids of text to dst and returns it.
//
// Text that is not UTF-8 is encoded as llama.cpp does it: byte by byte with
// a SentencePiece vocabulary, without what is wrong with a WordPiece one, with
// U+FFFD for it with others. Encode allocates nothing but dst once it is warm,
// unless text is not UTF-8 or put in lower case for "whitespace".
func (t *Tokenizer) Encode(dst []int32, text string, o EncodeOptions) []int32 {
	e := t.encoders.Get().(*encoder)
	if t.AddBOS() && !o.NoBOS {
		dst = append(dst, t.vocab.BOS)
	}
	e.afterSpecial = true
	e.plain = o.Text
	dst = e.split(dst, text, 0, t.special.find(e.found[:0], text, o))
	e.plain = nil
	switch {
	case o.NoBOS:
	case t.kind == wordPiece:
		dst = append(dst, t.vocab.SEP)
	case t.vocab.AddEOS:
		dst = append(dst, t.vocab.EOS)
	}
	t.encoders.Put(e)
	return dst
}

// An encoder is what one call of Encode works with.
type encoder struct {
	merger
	t            *Tokenizer
	text         []byte // the escaped text, or the word
	cache        cache
	found        []int32
	plain        []Span  // EncodeOptions.Text
	paths        []path  // "t5"
	back         []int32 // "t5": the end of a path first
	afterSpecial bool    // nothing or a special token precedes
}

func newEncoder(t *Tokenizer) *encoder {
	return &encoder{t: t, cache: cache{seed: maphash.MakeSeed()}}
}

// raw appends the tokens of text without special tokens.
func (e *encoder) raw(dst []int32, text string) []int32 {
	if text == "" {
		return dst
	}
	space := ""
	if e.afterSpecial && e.t.vocab.AddSpacePrefix {
		space = " "
	}
	e.afterSpecial = false
	switch e.t.kind {
	case sentencePiece:
		return e.pieces(dst, space, text)
	case wordPiece:
		return e.wordPieces(dst, text)
	case unigramModel:
		return e.likeliest(dst, text)
	}
	if !utf8.ValidString(text) {
		text = repair(text)
	}
	if e.t.vocab.Model == "whitespace" {
		return e.segments(dst, text)
	}
	return e.fragment(dst, text)
}

// maxWord is the longest stretch that is merged as one: the bytes of a word
// and its symbols are numbered in 31 bits.
const maxWord = 1 << 30

// word appends the tokens of a word.
func (e *encoder) word(dst []int32, word []byte) []int32 {
	slot := e.cache.slot(word)
	if slot != nil && slot.holds(word) {
		return append(dst, slot.ids[:slot.count]...)
	}
	first := len(dst)
	for len(word) > maxWord {
		dst = e.mergeWord(dst, word[:maxWord])
		word = word[maxWord:]
	}
	dst = e.mergeWord(dst, word)
	if slot != nil {
		slot.keep(word, dst[first:])
	}
	return dst
}

func (e *encoder) mergeWord(dst []int32, word []byte) []int32 {
	e.symbols = e.symbols[:0]
	cut, spell := e.cutBytes, e.t.spellBytes
	switch e.t.kind {
	case sentencePiece:
		cut, spell = e.cutChars, e.t.spell
	case rawLevel:
		cut, spell = e.cutLine, e.t.spellRaw
	case wordPiece:
		return e.t.longestPieces(dst, word)
	}
	cut(word)
	e.merge(e.t, word)
	for i := int32(0); i >= 0; i = e.symbols[i].next {
		if s := &e.symbols[i]; e.t.in(s.id) {
			dst = append(dst, s.id)
		} else {
			dst = spell(dst, word[s.start:s.start+s.n])
		}
	}
	return dst
}
