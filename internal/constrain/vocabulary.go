package constrain

import (
	"slices"
	"strings"
	"sync"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/sample"
)

// A Vocabulary is a model's tokenizer and what grammars and samplers need of it, made
// when it is first asked for. Any number of goroutines may use it at once.
type Vocabulary struct {
	*bpe.Tokenizer
	EOG   []int32 // tokens that end texts
	Never []int32 // tokens that are never sampled

	mu       sync.Mutex
	texts    *grammar.Vocab // nil: not made yet
	marked   *grammar.Vocab // nil: not made yet
	breakers []listBreakers // of the last requests
}

// listBreakers are the tokens of a list of sequence breakers.
type listBreakers struct {
	list     []string
	breakers *sample.Breakers
}

// NewVocabulary returns the vocabulary of tok.
func NewVocabulary(tok *bpe.Tokenizer) *Vocabulary {
	v := &Vocabulary{Tokenizer: tok, Never: tok.Suppressed()}
	for id := range int32(tok.Len()) {
		if tok.IsEOG(id) {
			v.EOG = append(v.EOG, id)
		}
	}
	return v
}

// Texts returns the vocabulary for grammars, which allow no control tokens.
func (v *Vocabulary) Texts() *grammar.Vocab {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.texts == nil {
		texts := make([][]byte, v.Len())
		control := slices.Clone(v.Never)
		for id := range texts {
			if id := int32(id); v.IsControl(id) {
				control = append(control, id)
			} else {
				texts[id] = []byte(v.Piece(id))
			}
		}
		v.texts = grammar.NewVocab(texts, v.EOG, control)
	}
	return v.texts
}

// controlMark precedes the names of control tokens in marked text: no grammar takes
// it for text, and text never for them.
const controlMark = "\x01"

// Marked returns the vocabulary for grammars of marked text, in which control tokens
// have texts; see [Vocabulary.MarkedText].
func (v *Vocabulary) Marked() *grammar.Vocab {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.marked == nil {
		texts := make([][]byte, v.Len())
		for id := range texts {
			if text := v.MarkedText(int32(id)); v.IsControl(int32(id)) || !strings.Contains(text, controlMark) {
				texts[id] = []byte(text)
			}
		}
		v.marked = grammar.NewVocab(texts, v.EOG, v.Never)
	}
	return v.marked
}

// MarkedText returns the text of a token, for a control token its name after a mark.
func (v *Vocabulary) MarkedText(id int32) string {
	if v.IsControl(id) {
		return controlMark + v.Token(id)
	}
	return v.Piece(id)
}

// Mark returns text with a mark before the names of control tokens.
func (v *Vocabulary) Mark(text string) string {
	var b strings.Builder
	for _, id := range v.Encode(nil, text, bpe.EncodeOptions{NoBOS: true}) {
		if v.IsControl(id) {
			name := v.Token(id)
			at := strings.Index(text, name)
			if at < 0 {
				continue
			}
			b.WriteString(text[:at] + controlMark + name)
			text = text[at+len(name):]
		}
	}
	b.WriteString(text)
	return b.String()
}

// Tokenize returns the tokens of a text within a line: without the space that
// SentencePiece puts before a text.
func (v *Vocabulary) Tokenize(text string) []int32 {
	return v.within(text, bpe.EncodeOptions{NoBOS: true, NoParseSpecial: true})
}

// TokenizeSpecial is Tokenize of a text in which names of control tokens are those
// tokens.
func (v *Vocabulary) TokenizeSpecial(text string) []int32 {
	return v.within(text, bpe.EncodeOptions{NoBOS: true})
}

func (v *Vocabulary) within(text string, o bpe.EncodeOptions) []int32 {
	line := v.Encode(nil, "\n", o)
	ids := v.Encode(nil, "\n"+text, o)
	if len(ids) > len(line) && slices.Equal(ids[:len(line)], line) {
		return ids[len(line):]
	}
	return v.Encode(nil, text, o)
}

// Control returns the control tokens that have one of names.
func (v *Vocabulary) Control(names []string) (ids []int32) {
	for _, name := range names {
		if id, ok := v.ID(name); ok && v.IsControl(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// keptBreakers is how many lists of sequence breakers a vocabulary keeps as tokens:
// most requests have the same, and going over the vocabulary takes a millisecond.
const keptBreakers = 8

// Breakers returns a list of sequence breakers as tokens.
func (v *Vocabulary) Breakers(list []string) *sample.Breakers {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, b := range v.breakers {
		if slices.Equal(b.list, list) && (b.list == nil) == (list == nil) {
			return b.breakers
		}
	}
	if len(v.breakers) == keptBreakers {
		v.breakers = slices.Delete(v.breakers, 0, 1)
	}
	b := sample.NewBreakers(list, v)
	v.breakers = append(v.breakers, listBreakers{slices.Clone(list), b})
	return b
}
