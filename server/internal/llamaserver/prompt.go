package llamaserver

import (
	"context"
	"fmt"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A mixed is a text, token ids, or both in turn.
type mixed []part

// A part of a mixed is a text, or ids if that is not nil.
type part struct {
	text string
	ids  []int32
}

// UnmarshalJSON decodes a string or an array of strings and ids.
func (m *mixed) UnmarshalJSON(b []byte) error {
	*m = nil
	raw := wire.Raw(b)
	switch raw.Kind() {
	case 'n':
		return nil
	case '"':
		var text string
		if err := wire.DecodeAt("", b, &text); err != nil {
			return err
		}
		*m = mixed{{text: text}}
		return nil
	case '[':
		var list []wire.Raw
		if err := wire.DecodeAt("", b, &list); err != nil {
			return err
		}
		return m.parts(list)
	}
	return wire.Errorf("", "want a string or an array of strings and token ids")
}

// JSONSchema returns the schema of all forms.
func (mixed) JSONSchema() map[string]any {
	return map[string]any{"anyOf": []map[string]any{{"type": "string"}, mixedList, {"type": "null"}}}
}

// mixedList is the schema of strings and ids.
var mixedList = map[string]any{"type": "array", "items": map[string]any{"anyOf": []map[string]any{{"type": "string"}, {"type": "integer", "minimum": 0}}}}

// parts sets m to a list of strings and ids.
func (m *mixed) parts(list []wire.Raw) error {
	*m = mixed{}
	for i, raw := range list {
		at := fmt.Sprintf("[%d]", i)
		switch raw.Kind() {
		case '"':
			var text string
			if err := wire.DecodeAt(at, raw, &text); err != nil {
				return err
			}
			*m = append(*m, part{text: text})
		case '0':
			var id int32
			if err := wire.DecodeAt(at, raw, &id); err != nil {
				return err
			}
			if n := len(*m); n > 0 && (*m)[n-1].ids != nil {
				(*m)[n-1].ids = append((*m)[n-1].ids, id)
				continue
			}
			*m = append(*m, part{ids: []int32{id}})
		default:
			return wire.Errorf(at, "want a string or a token id")
		}
	}
	return nil
}

// prompts are one or several prompts.
type prompts []mixed

// JSONSchema returns the schema of all forms.
func (prompts) JSONSchema() map[string]any {
	one := []map[string]any{{"type": "string"}, mixedList}
	return map[string]any{"anyOf": append(one, map[string]any{"type": "array", "items": map[string]any{"anyOf": one}, "minItems": 1, "maxItems": 2048})}
}

// UnmarshalJSON decodes one prompt or an array of them. An array of strings alone is
// several; one of ids, or of ids and strings, is one.
func (p *prompts) UnmarshalJSON(b []byte) error {
	*p = nil
	raw := wire.Raw(b)
	if raw.Kind() == 'n' {
		return nil
	}
	var list []wire.Raw
	if raw.Kind() == '[' {
		if err := wire.DecodeAt("", b, &list); err != nil {
			return err
		}
		if len(list) == 0 {
			return wire.Errorf("", "empty, want at least one prompt")
		}
	}
	for _, element := range list {
		if element.Kind() == '0' { // ids, or ids and strings
			list = nil
			break
		}
	}
	if list == nil {
		list = []wire.Raw{b}
	}
	*p = make(prompts, len(list))
	for i := range list {
		at := ""
		if len(list) > 1 {
			at = fmt.Sprintf("[%d]", i)
		}
		if list[i].Kind() == 0 {
			return wire.Errorf(at, "is null, want a prompt")
		}
		if err := wire.DecodeAt(at, list[i], &(*p)[i]); err != nil {
			return err
		}
	}
	return nil
}

// encode returns the ids of a text that goes on, without the end that some vocabularies
// add.
func encode(ctx context.Context, tok *bpe.Tokenizer, param string, m mixed, o bpe.EncodeOptions) (ids []int32, err error) {
	for i, p := range m {
		for _, id := range p.ids {
			if id < 0 || int(id) >= tok.Len() {
				return nil, wire.Errorf(param, "token %d, the vocabulary has %d", id, tok.Len())
			}
		}
		if p.ids != nil {
			ids = append(ids, p.ids...)
			continue
		}
		o := o
		if i > 0 {
			o.NoBOS = true
		}
		if ids, err = tok.EncodeContext(ctx, ids, p.text, o); err != nil {
			return nil, err
		}
		if n := len(ids); n > 0 && !o.NoBOS && tok.AddEOS() && ids[n-1] == tok.EOS() {
			ids = ids[:n-1]
		}
	}
	return ids, nil
}

// tokenizer returns the tokenizer of a model.
func tokenizer(m *core.Lease) (*bpe.Tokenizer, error) {
	if tok := m.Tokenizer(); tok != nil {
		return tok, nil
	}
	return nil, core.Closed()
}
