package bpe

import (
	"fmt"
	"slices"
	"sync"
	"unicode/utf8"
)

// A Tokenizer turns text into the ids of a vocabulary and back. It does not
// change, and any number of goroutines may use it.
type Tokenizer struct {
	kind   kind
	vocab  vocab    // with the ids of roles found by name
	types  []int32  // token types, corrected by the names of tokens with a role
	pieces []string // the text that each token adds to a decoded text
	whole  []bool   // the piece is valid UTF-8
	eog    []bool   // the token ends a generated text

	ids     map[string]int32 // by text; byteLevel: by the bytes that the text spells; with symbols that are not tokens
	textIDs map[string]int32 // byteLevel: by text, tokens whose text spells no bytes
	bytes   [256]int32       // the token or symbol of a single byte, -1: none

	mergeOrder  []uint32        // sentencePiece: by id; the smallest is merged first
	beforeSpace map[string]bool // sentencePiece: characters that some token has before a ▁
	inLonger    [256]bool       // sentencePiece: one-byte characters that some token has beside another character

	pairs  *pairTable // byteLevel, rawLevel: the merges; nil for others
	stages []stage    // byteLevel, rawLevel: the pre-tokenizer
	flags  preFlags   // of the pre-tokenizer; without one only cleanSpaces

	trie    *trie    // wordPiece, unigramModel, worldModel, plamoModel
	unigram *unigram // unigramModel

	plamoScores []int32 // plamoModel: by id, in ten thousandths

	suppressed []int32

	special  *specials
	encoders sync.Pool
}

// newTokenizer returns the tokenizer of a vocabulary. The error names the GGUF
// key.
func newTokenizer(v vocab) (*Tokenizer, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	t := &Tokenizer{vocab: v}
	t.vocab.Tokens = nameEmpty(v.Tokens)
	t.types = make([]int32, len(v.Tokens))
	for i := range t.types {
		t.types[i] = Normal
	}
	copy(t.types, v.Types)
	for i, text := range t.vocab.Tokens {
		if _, ok := byteOf(text); t.types[i] == Byte && !ok {
			return nil, fmt.Errorf("bpe: tokenizer.ggml.tokens[%d] is %q; a byte token is <0x00> to <0xFF>", i, text)
		}
	}
	if err := t.load(); err != nil {
		return nil, err
	}
	t.findRoles()
	t.special = newSpecials(t)
	t.makePieces()
	t.vocab.Scores, t.vocab.Types, t.vocab.Merges, t.vocab.Charsmap = nil, nil, nil, nil // maybe large, no longer needed
	t.encoders.New = func() any { return newEncoder(t) }
	return t, nil
}

// load builds the tables of the vocabulary's kind.
func (t *Tokenizer) load() error {
	t.kind = kindOf(t.vocab.Model, 0)
	switch t.kind {
	case sentencePiece:
		return t.loadSentencePiece()
	case wordPiece:
		t.flags = cleanSpaces
		return t.loadWordPiece()
	case unigramModel:
		return t.loadUnigram()
	case worldModel:
		return t.loadWorld()
	case plamoModel:
		return t.loadPlamo()
	}
	return t.loadBPE()
}

// maxText is the most bytes of a token in a vocabulary whose tokens are searched
// for at every byte of a text. It bounds the time of the search.
const maxText = 512

// loadTexts sets ids from the texts of the tokens.
func (t *Tokenizer) loadTexts() error {
	t.ids = make(map[string]int32, len(t.vocab.Tokens))
	for i, text := range t.vocab.Tokens {
		if len(text) > maxText && t.kind != sentencePiece {
			return fmt.Errorf("bpe: tokenizer.ggml.tokens[%d] has %d bytes, at most %d in a %q vocabulary",
				i, len(text), maxText, t.vocab.Model)
		}
		t.ids[text] = int32(i)
		if len(t.ids) != i+1 { // cheaper than to ask first
			return fmt.Errorf("bpe: tokenizer.ggml.tokens[%d] is %q, as is token %d", i, text, slices.Index(t.vocab.Tokens, text))
		}
	}
	return nil
}

// nameEmpty gives a name to tokens without text.
func nameEmpty(tokens []string) []string {
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

// idOf returns the id of the token with this text, -1 for none.
func (t *Tokenizer) idOf(text string) int32 {
	m := t.ids
	if t.kind == byteLevel {
		raw, ok := appendRaw(nil, text)
		if ok {
			text = string(raw)
		} else {
			m = t.textIDs
		}
	}
	if id, ok := m[text]; ok && int(id) < len(t.types) {
		return id
	}
	return -1
}

// Len returns the number of tokens. Ids are below it.
func (t *Tokenizer) Len() int { return len(t.types) }

// IsEOG reports whether id ends a generated text: EOS, EOT, EOM and other tokens
// with that meaning. It is false for ids outside the vocabulary.
func (t *Tokenizer) IsEOG(id int32) bool { return t.in(id) && t.eog[id] }

// IsControl reports whether id is a control token or the unknown token. They are
// not part of a text.
func (t *Tokenizer) IsControl(id int32) bool {
	return t.in(id) && (t.types[id] == Control || t.types[id] == Unknown)
}

// Suppressed returns the tokens that must never be sampled, according to the
// file. The caller must not change the slice.
func (t *Tokenizer) Suppressed() []int32 { return t.suppressed }

// Token returns the text of id as the file spells it, "" for ids outside the
// vocabulary.
func (t *Tokenizer) Token(id int32) string {
	if !t.in(id) {
		return ""
	}
	return t.vocab.Tokens[id]
}

// ID returns the id of the token that the file spells token.
func (t *Tokenizer) ID(token string) (id int32, ok bool) {
	id = t.idOf(token)
	return id, id >= 0
}

// Piece returns the text that id adds to a decoded text: bytes that may end
// within a character, or the name of a control token. It is "" for ids outside
// the vocabulary.
func (t *Tokenizer) Piece(id int32) string {
	if !t.in(id) {
		return ""
	}
	return t.pieces[id]
}

func (t *Tokenizer) in(id int32) bool { return uint32(id) < uint32(len(t.types)) }

// makePieces sets pieces, which share one string, and whole.
func (t *Tokenizer) makePieces() {
	var all []byte
	ends := make([]int, len(t.types))
	for id := range t.types {
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
