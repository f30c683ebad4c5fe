package bpe

import (
	"fmt"
	"sync"
	"unicode/utf8"
)

// A Tokenizer turns text into ids of one vocabulary and back. It does not
// change after [New] and may be used by any number of goroutines.
type Tokenizer struct {
	kind   kind
	vocab  Vocab    // as given to New, with the ids found by name filled in
	kinds  []int32  // token types, corrected for tokens whose text says what they are
	pieces []string // the text of every token as it appears in decoded text
	whole  []bool   // pieces that are valid UTF-8
	eog    []bool   // tokens that end a text

	ids    map[string]int32 // by text; byteLevel: by the bytes the text stands for; with symbols that are no tokens
	odd    map[string]int32 // byteLevel: by text, those that stand for no bytes
	bytes  [256]int32       // the token or symbol of a single byte, -1 if there is none
	order  []uint32         // sentencePiece: by id, what is merged first is smallest
	joins  map[string]bool  // sentencePiece: characters that some token has before a ▁
	glued  [256]bool        // sentencePiece: bytes that are a character and beside another one in some token
	pairs  *pairTable       // byteLevel, rawLevel: the merges; nil for others
	stages []stage          // byteLevel, rawLevel: the pre-tokenizer
	is     int              // its properties, of others only cleanSpaces

	trie    *trie    // wordPiece, unigramModel
	unigram *unigram // unigramModel

	suppressed []int32

	special  *specials // tokens that are found in text before anything else
	encoders sync.Pool
}

// New returns the tokenizer of a vocabulary. An error names the GGUF key that
// is wrong.
//
// Tokens without text are called [EMPTY_id], as in llama.cpp; texts that
// occur twice are an error. A merge whose parts the vocabulary cannot make
// has no effect; one without a space is an error.
func New(v Vocab) (*Tokenizer, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	t := &Tokenizer{vocab: v}
	t.vocab.Tokens = named(v.Tokens)
	t.kinds = make([]int32, len(v.Tokens))
	for i := range t.kinds {
		t.kinds[i] = Normal
	}
	copy(t.kinds, v.Types)
	for i, text := range t.vocab.Tokens {
		if _, ok := byteOf(text); t.kinds[i] == Byte && !ok {
			return nil, fmt.Errorf("bpe: tokenizer.ggml.tokens[%d] is %q; a byte token is <0x00> to <0xFF>", i, text)
		}
	}
	if err := t.load(); err != nil {
		return nil, err
	}
	t.findRoles()
	t.special = newSpecials(t)
	t.makePieces()
	t.vocab.Scores, t.vocab.Types, t.vocab.Merges, t.vocab.Charsmap = nil, nil, nil, nil // may be large, needed no more
	t.encoders.New = func() any { return newEncoder(t) }
	return t, nil
}

// load sets what encoding with the vocabulary's kind needs.
func (t *Tokenizer) load() error {
	t.kind = kindOf(t.vocab.Model, 0)
	switch t.kind {
	case sentencePiece:
		return t.loadPieces()
	case wordPiece:
		t.is = cleanSpaces
		return t.loadWords()
	case unigramModel:
		return t.loadUnigram()
	}
	return t.loadMerges()
}

// maxText is the longest token of a vocabulary whose tokens are looked for at
// every place of a text: it bounds the time that takes.
const maxText = 512

// loadTexts sets the ids of the tokens by text.
func (t *Tokenizer) loadTexts() error {
	t.ids = make(map[string]int32, len(t.vocab.Tokens))
	for i, text := range t.vocab.Tokens {
		if first, ok := t.ids[text]; ok {
			return fmt.Errorf("bpe: tokenizer.ggml.tokens[%d] is %q, as is token %d", i, text, first)
		}
		if len(text) > maxText && t.kind != sentencePiece {
			return fmt.Errorf("bpe: tokenizer.ggml.tokens[%d] has %d bytes, at most %d in a %q vocabulary",
				i, len(text), maxText, t.vocab.Model)
		}
		t.ids[text] = int32(i)
	}
	return nil
}

// named gives a name to tokens without text.
func named(tokens []string) []string {
	var out []string
	for i, text := range tokens {
		if text == "" {
			if out == nil {
				out = append(out, tokens...)
			}
			out[i] = fmt.Sprintf("[EMPTY_%d]", i)
		}
	}
	if out == nil {
		return tokens
	}
	return out
}

// idOf returns the id of the token with this text, -1 if there is none.
func (t *Tokenizer) idOf(text string) int32 {
	m := t.ids
	if t.kind == byteLevel {
		raw, ok := appendRaw(nil, text)
		if ok {
			text = string(raw)
		} else {
			m = t.odd
		}
	}
	if id, ok := m[text]; ok && int(id) < len(t.kinds) {
		return id
	}
	return -1
}

// Len returns the number of tokens; ids are below it.
func (t *Tokenizer) Len() int { return len(t.kinds) }

// IsEOG reports whether a model that generates id has finished: EOS, EOT,
// EOM and other tokens of that meaning. It is false for ids outside the
// vocabulary.
func (t *Tokenizer) IsEOG(id int32) bool { return t.in(id) && t.eog[id] }

// IsControl reports whether id is a control token or the unknown token, which
// are not part of a text.
func (t *Tokenizer) IsControl(id int32) bool {
	return t.in(id) && (t.kinds[id] == Control || t.kinds[id] == Unknown)
}

// Suppressed returns the tokens that the file says are never to be sampled.
// The caller must not change them.
func (t *Tokenizer) Suppressed() []int32 { return t.suppressed }

// Token returns the text of id as the file spells it, "" for ids outside the
// vocabulary.
func (t *Tokenizer) Token(id int32) string {
	if !t.in(id) {
		return ""
	}
	return t.vocab.Tokens[id]
}

// ID returns the id of the token that the file spells so.
func (t *Tokenizer) ID(token string) (id int32, ok bool) {
	id = t.idOf(token)
	return id, id >= 0
}

// Piece returns what id adds to a text: bytes that need not be whole
// characters, the name of a control token. It is "" for ids outside the
// vocabulary.
func (t *Tokenizer) Piece(id int32) string {
	if !t.in(id) {
		return ""
	}
	return t.pieces[id]
}

func (t *Tokenizer) in(id int32) bool { return uint32(id) < uint32(len(t.kinds)) }

// makePieces sets pieces and whole, all in one string.
func (t *Tokenizer) makePieces() {
	var all []byte
	ends := make([]int, len(t.kinds))
	for id := range t.kinds {
		all = t.appendPiece(all, int32(id))
		ends[id] = len(all)
	}
	text, start := string(all), 0
	t.pieces, t.whole = make([]string, len(ends)), make([]bool, len(ends))
	for id, end := range ends {
		t.pieces[id] = text[start:end]
		t.whole[id] = utf8.ValidString(text[start:end])
		start = end
	}
}
