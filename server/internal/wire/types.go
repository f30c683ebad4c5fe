package wire

import "github.com/go-json-experiment/json"

// Strings is an array of strings, or one string in its place; nil if absent or null.
type Strings []string

// UnmarshalJSON decodes either form.
func (s *Strings) UnmarshalJSON(b []byte) error {
	*s = nil
	switch b[0] {
	case 'n':
		return nil
	case '"':
		*s = Strings{""}
		return json.Unmarshal(b, &(*s)[0])
	case '[':
		return within("", json.Unmarshal(b, (*[]string)(s)))
	}
	return Errorf("", "want a string or an array of strings")
}

// JSONSchema returns the schema of either form.
func (Strings) JSONSchema() map[string]any {
	return map[string]any{"anyOf": []map[string]any{{"type": "string", "minLength": 1},
		{"type": "array", "items": map[string]any{"type": "string", "minLength": 1}, "maxItems": 16}, {"type": "null"}}}
}

// An Input is what is to be read: texts or lists of token ids, one or several.
type Input struct {
	Texts  []string  // nil if the input is of tokens
	IDs    [][]int32 // nil if the input is of texts
	Single bool      // no array of inputs was given
}

// Len returns the number of inputs.
func (in *Input) Len() int { return max(len(in.Texts), len(in.IDs)) }

// JSONSchema returns the schema of all forms.
func (Input) JSONSchema() map[string]any {
	text := map[string]any{"type": "string"}
	ids := map[string]any{"type": "array", "items": map[string]any{"type": "integer", "minimum": 0}, "minItems": 1}
	list := func(of map[string]any) map[string]any {
		return map[string]any{"type": "array", "items": of, "minItems": 1, "maxItems": 2048}
	}
	return map[string]any{"anyOf": []map[string]any{text, list(text), ids, list(ids)}}
}

// UnmarshalJSON decodes a string, an array of strings, an array of token ids or an array
// of arrays of token ids.
func (in *Input) UnmarshalJSON(b []byte) error {
	*in = Input{}
	if b[0] == 'n' {
		return nil
	}
	if b[0] == '"' {
		in.Single, in.Texts = true, []string{""}
		return json.Unmarshal(b, &in.Texts[0])
	}
	var list []Raw
	if b[0] != '[' || json.Unmarshal(b, &list) != nil {
		return Errorf("", "want a string, an array of strings, of token ids or of arrays of token ids")
	}
	if len(list) == 0 {
		return Errorf("", "empty, want at least one text")
	}
	switch list[0].Kind() {
	case '"':
		return within("", json.Unmarshal(b, &in.Texts))
	case '[':
		return within("", json.Unmarshal(b, &in.IDs))
	}
	in.Single, in.IDs = true, make([][]int32, 1)
	return within("", json.Unmarshal(b, &in.IDs[0]))
}
