package chord

import (
	"slices"
	"strings"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/grammar"
)

// controlText returns the text of a token, for a control token its name after
// controlMark.
func controlText(tok *bpe.Tokenizer, id int32) string {
	if tok.IsControl(id) {
		return controlMark + tok.Token(id)
	}
	return tok.Piece(id)
}

// markControls returns text with controlMark before the names of control tokens.
func markControls(tok *bpe.Tokenizer, text string) string {
	var b strings.Builder
	for _, id := range tok.Encode(nil, text, bpe.EncodeOptions{NoBOS: true}) {
		if tok.IsControl(id) {
			name := tok.Token(id)
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

// within returns the tokens of a text within a line, with control tokens by name:
// without the space that SentencePiece puts before a text.
func (v tokens) within(text string) []int32 {
	o := bpe.EncodeOptions{NoBOS: true}
	line := v.Encode(nil, "\n", o)
	ids := v.Encode(nil, "\n"+text, o)
	if len(ids) > len(line) && slices.Equal(ids[:len(line)], line) {
		return ids[len(line):]
	}
	return v.Encode(nil, text, o)
}

// chatVocabulary returns the model's vocabulary for answers in chats, in which
// control tokens have texts.
func (m *Model) chatVocabulary(tok *bpe.Tokenizer) *grammar.Vocab {
	m.grammars.Lock()
	defer m.grammars.Unlock()
	if m.chatVocab == nil {
		texts := make([][]byte, tok.Len())
		for id := range texts {
			if text := controlText(tok, int32(id)); tok.IsControl(int32(id)) || !strings.Contains(text, controlMark) {
				texts[id] = []byte(text)
			}
		}
		m.chatVocab = grammar.NewVocab(texts, m.eog, m.never)
	}
	return m.chatVocab
}
