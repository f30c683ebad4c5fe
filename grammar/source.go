package grammar

import (
	"encoding/json"
	"fmt"
	"strings"
)

// A Source is what a grammar was made of; [Source.Grammar] makes it again.
type Source struct {
	Kind string `json:"kind"` // gbnf, lark, json_schema, json_schema_any_order, regexp, choices or parts
	Text string `json:"text"` // of choices and parts, a JSON array
}

// The kinds of sources.
const (
	kindGBNF     = "gbnf"
	kindLark     = "lark"
	kindSchema   = "json_schema"
	kindAnyOrder = "json_schema_any_order"
	kindRegexp   = "regexp"
	kindChoices  = "choices"
	kindParts    = "parts"
)

// Source returns what g was made of; its Kind is empty for a grammar of a [Part] with a
// text that is not UTF-8.
func (g *Grammar) Source() Source {
	if g.source.Kind == kindParts {
		return g.part.source()
	}
	return g.source
}

// Parse returns the grammar of src: in Lark's notation if it begins with %llguidance,
// as llama.cpp has it, else in GBNF.
func Parse(src string) (*Grammar, error) {
	if strings.HasPrefix(src, "%llguidance") {
		return Lark(src)
	}
	return GBNF(src)
}

// Grammar returns the grammar of s.
func (s Source) Grammar() (*Grammar, error) {
	switch s.Kind {
	case kindGBNF:
		return GBNF(s.Text)
	case kindLark:
		return Lark(s.Text)
	case kindSchema:
		return JSONSchema(json.RawMessage(s.Text))
	case kindAnyOrder:
		return JSONSchemaWith(json.RawMessage(s.Text), SchemaOptions{AnyOrder: true})
	case kindRegexp:
		return Regexp(s.Text)
	case kindParts:
		p, err := readParts(s.Text)
		if err != nil {
			return nil, fmt.Errorf("grammar: parts: %w", err)
		}
		return p.Grammar()
	case kindChoices:
		var texts []string
		if err := json.Unmarshal([]byte(s.Text), &texts); err != nil {
			return nil, fmt.Errorf("grammar: choices: %w", err)
		}
		return Choices(texts)
	}
	return nil, fmt.Errorf("grammar: unknown kind of source %.50q", s.Kind)
}
