package bpe

import (
	"context"
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
	dst, _ = t.encode(context.Background(), dst, text, o)
	return dst
}

// longText is how many bytes a text has whose tokens take some time to find.
const longText = 256 << 10

// EncodeContext is Encode that gives up when ctx is done, with its error and dst
// as it was.
func (t *Tokenizer) EncodeContext(ctx context.Context, dst []int32, text string, o EncodeOptions) ([]int32, error) {
	if err := ctx.Err(); err != nil {
		return dst, err
	}
	if len(text) < longText {
		all, err := t.encode(ctx, dst, text, o)
		if err != nil {
			return dst, err
		}
		return all, nil
	}
	type encoded struct {
		ids []int32
		err error
	}
	done := make(chan encoded, 1)
	go func() { // gives up soon, too, but a whole text is normalized without a look at ctx
		ids, err := t.encode(ctx, nil, text, o)
		done <- encoded{ids, err}
	}()
	select {
	case e := <-done:
		if e.err != nil {
			return dst, e.err
		}
		return append(dst, e.ids...), nil
	case <-ctx.Done():
		return dst, ctx.Err()
	}
}

// encode is EncodeContext; without a context it never gives up.
func (t *Tokenizer) encode(ctx context.Context, dst []int32, text string, o EncodeOptions) ([]int32, error) {
	e := t.encoders.Get().(*encoder)
	e.worker = worker{ctx: ctx, left: pace}
	if t.AddBOS() && !o.NoBOS {
		dst = append(dst, t.vocab.BOS)
	}
	e.afterSpecial = true
	dst = e.split(dst, text, o)
	switch {
	case o.NoBOS:
	case t.kind == wordPiece:
		dst = append(dst, t.vocab.SEP)
	case t.vocab.AddEOS:
		dst = append(dst, t.vocab.EOS)
	}
	err := e.err
	e.worker = worker{}
	t.encoders.Put(e)
	return dst, err
}

// An encoder is what one call of Encode works with.
type encoder struct {
	merger
	cuts         cutter
	t            *Tokenizer
	text         []byte // the escaped text, or the word
	cache        cache
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
	if e.over(len(word[:min(len(word), pace)])) {
		return dst
	}
	slot := e.cache.slot(word)
	if slot != nil && slot.holds(word) {
		return append(dst, slot.ids[:slot.count]...)
	}
	first := len(dst)
	for len(word) > maxWord && e.err == nil {
		dst = e.mergeWord(dst, word[:maxWord])
		word = word[maxWord:]
	}
	dst = e.mergeWord(dst, word)
	if slot != nil && e.err == nil {
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
		return e.longestPieces(dst, word)
	}
	cut(word)
	if e.err != nil {
		return dst
	}
	e.merge(e.t, word)
	for i := int32(0); i >= 0 && !e.over(1); i = e.symbols[i].next {
		if s := &e.symbols[i]; e.t.in(s.id) {
			dst = append(dst, s.id)
		} else {
			dst = spell(dst, word[s.start:s.start+s.n])
		}
	}
	return dst
}

const (
	cacheSlots = 1 << 12 // 256 KiB; with four times as many encoding is a third faster
	cacheBytes = 22      // longest word that is kept
	cacheIDs   = 9       // most tokens of a word that is kept
)

// A cache keeps the tokens of words that were seen: a slot per hash, the
// last word in it wins.
type cache struct {
	seed  maphash.Seed
	slots [cacheSlots]cacheSlot
}

type cacheSlot struct {
	ids      [cacheIDs]int32
	n, count uint8 // bytes, ids; n = 0: free
	word     [cacheBytes]byte
}

// slot returns the place of word, nil if it is too long for one.
func (c *cache) slot(word []byte) *cacheSlot {
	if len(word) > cacheBytes {
		return nil
	}
	return &c.slots[maphash.Bytes(c.seed, word)%cacheSlots]
}

func (s *cacheSlot) holds(word []byte) bool {
	return int(s.n) == len(word) && string(s.word[:s.n]) == string(word)
}

// keep puts a word into its slot, if its tokens have room there.
func (s *cacheSlot) keep(word []byte, ids []int32) {
	if len(ids) > cacheIDs {
		return
	}
	s.n, s.count = uint8(copy(s.word[:], word)), uint8(copy(s.ids[:], ids))
}
