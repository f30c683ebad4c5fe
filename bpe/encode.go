package bpe

import (
	"context"
	"hash/maphash"
	"unicode/utf8"
)

// EncodeOptions say how to encode. The zero value is a good choice.
type EncodeOptions struct {
	NoBOS          bool // do not add BOS, EOS or SEP; without it, add what the vocabulary says
	NoParseSpecial bool // encode names of control tokens as text; user-defined tokens are parsed always
	// Text has spans of the text, in ascending order, disjoint and not empty, to
	// which NoParseSpecial applies: a name that overlaps a span is text. Spans
	// have no other effect.
	Text []Span
}

// A Span is the bytes [Start, End) of a text.
type Span struct{ Start, End int }

// Encode appends the ids of text to dst and returns it.
//
// It encodes invalid UTF-8 as llama.cpp does: byte by byte with a SentencePiece
// vocabulary, not at all with a WordPiece vocabulary, as U+FFFD with others.
// After a few calls it allocates only dst, unless text is invalid UTF-8 or is
// converted to lower case for "whitespace".
func (t *Tokenizer) Encode(dst []int32, text string, o EncodeOptions) []int32 {
	dst, _ = t.encode(context.Background(), dst, text, o)
	return dst
}

// longText is the least bytes of a text that is encoded on another goroutine, since
// that takes some time.
const longText = 256 << 10

// EncodeContext is Encode with a context. Once ctx is done it returns dst as it was
// and ctx's error.
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
	go func() { // ends soon after ctx is done; the repair of invalid UTF-8 does not check it
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

// encode appends the ids of text to dst. After an error the ids are incomplete.
func (t *Tokenizer) encode(ctx context.Context, dst []int32, text string, o EncodeOptions) ([]int32, error) {
	e := t.encoders.Get().(*encoder)
	e.canceller = canceller{ctx: ctx, left: checkInterval}
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
	e.canceller = canceller{}
	t.encoders.Put(e)
	return dst, err
}

// An encoder has the buffers of a call of Encode.
type encoder struct {
	merger
	cuts         cutter
	t            *Tokenizer
	text         []byte // the normalised text, or a word
	cache        cache
	paths        []path  // unigramModel
	back         []int32 // unigramModel: a path's tokens, the last first; plamoModel: the tokens at a byte
	plamo        []plamoPath
	afterSpecial bool // at the beginning of the text or after a special token
}

func newEncoder(t *Tokenizer) *encoder {
	return &encoder{t: t, cache: cache{seed: maphash.MakeSeed()}}
}

// encodeText appends the ids of text, which has no special tokens.
func (e *encoder) encodeText(dst []int32, text string) []int32 {
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
		return e.encodeSentencePiece(dst, space, text)
	case wordPiece:
		return e.encodeWordPiece(dst, text)
	case unigramModel:
		return e.viterbi(dst, text)
	case worldModel:
		return e.encodeWorld(dst, text)
	case plamoModel:
		return e.encodePlamo(dst, text)
	}
	if !utf8.ValidString(text) {
		text = repair(text)
	}
	if e.t.vocab.Model == "whitespace" {
		return e.encodeWhitespaceWords(dst, text)
	}
	return e.encodePreTokens(dst, text)
}

// maxWord is the most bytes that are merged as one word: bytes and symbols of a
// word have 31-bit indices.
const maxWord = 1 << 30

// encodeWord appends the ids of a word: text that is merged on its own, such as
// a pre-token.
func (e *encoder) encodeWord(dst []int32, word []byte) []int32 {
	if e.done(len(word[:min(len(word), checkInterval)])) {
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
	cut, fallback := e.splitBytes, e.t.fallbackASCII
	switch e.t.kind {
	case sentencePiece:
		cut, fallback = e.splitChars, e.t.fallback
	case rawLevel:
		cut, fallback = e.splitLine, e.t.fallbackBytes
	case wordPiece:
		return e.longestTokens(dst, word)
	}
	cut(word)
	if e.err != nil {
		return dst
	}
	e.merge(e.t, word)
	for i := int32(0); i >= 0 && !e.done(1); i = e.symbols[i].next {
		if s := &e.symbols[i]; e.t.in(s.id) {
			dst = append(dst, s.id)
		} else {
			dst = fallback(dst, word[s.start:s.start+s.n])
		}
	}
	return dst
}

const (
	cacheSlots = 1 << 12 // 256 KiB; four times the slots make encoding a third faster
	cacheBytes = 22      // most bytes of a cached word
	cacheIDs   = 9       // most ids of a cached word
)

// A cache has the ids of recent words: one slot for each hash, for the last word
// with that hash.
type cache struct {
	seed  maphash.Seed
	slots [cacheSlots]cacheSlot
}

type cacheSlot struct {
	ids      [cacheIDs]int32
	n, count uint8 // number of bytes, of ids; n = 0: free
	word     [cacheBytes]byte
}

// slot returns the slot of word, nil if word is too long.
func (c *cache) slot(word []byte) *cacheSlot {
	if len(word) > cacheBytes {
		return nil
	}
	return &c.slots[maphash.Bytes(c.seed, word)%cacheSlots]
}

func (s *cacheSlot) holds(word []byte) bool {
	return int(s.n) == len(word) && string(s.word[:s.n]) == string(word)
}

// keep puts a word into its slot, unless it has too many ids.
func (s *cacheSlot) keep(word []byte, ids []int32) {
	if len(ids) > cacheIDs {
		return
	}
	s.n, s.count = uint8(copy(s.word[:], word)), uint8(copy(s.ids[:], ids))
}
