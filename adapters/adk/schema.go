package adk

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"google.golang.org/genai"
)

// A schema is a JSON Schema, of what a genai.Schema can say.
type schema struct {
	Type          any        `json:"type,omitempty"` // a name, or a list of two
	Title         string     `json:"title,omitempty"`
	Description   string     `json:"description,omitempty"`
	Format        string     `json:"format,omitempty"`
	Enum          []any      `json:"enum,omitempty"`
	Items         *schema    `json:"items,omitempty"`
	MinItems      *int64     `json:"minItems,omitempty"`
	MaxItems      *int64     `json:"maxItems,omitempty"`
	Properties    properties `json:"properties,omitempty"`
	Required      []string   `json:"required,omitempty"`
	MinProperties *int64     `json:"minProperties,omitempty"`
	MaxProperties *int64     `json:"maxProperties,omitempty"`
	MinLength     *int64     `json:"minLength,omitempty"`
	MaxLength     *int64     `json:"maxLength,omitempty"`
	Pattern       string     `json:"pattern,omitempty"`
	Minimum       *float64   `json:"minimum,omitempty"`
	Maximum       *float64   `json:"maximum,omitempty"`
	AnyOf         []*schema  `json:"anyOf,omitempty"`
}

// jsonSchema converts a schema: its types are named in capitals, a null is a flag, and
// the properties have an order, in which the model then writes them.
func jsonSchema(s *genai.Schema) *schema {
	out := &schema{
		Title: s.Title, Description: s.Description, Format: s.Format,
		MinItems: s.MinItems, MaxItems: s.MaxItems,
		Required: s.Required, MinProperties: s.MinProperties, MaxProperties: s.MaxProperties,
		MinLength: s.MinLength, MaxLength: s.MaxLength, Pattern: s.Pattern, Minimum: s.Minimum, Maximum: s.Maximum,
	}
	null := s.Nullable != nil && *s.Nullable
	if s.Type != "" && s.Type != genai.TypeUnspecified {
		out.Type = strings.ToLower(string(s.Type))
		if null {
			out.Type = []any{out.Type, "null"}
		}
	}
	for _, v := range s.Enum {
		out.Enum = append(out.Enum, v)
	}
	if null && out.Enum != nil {
		out.Enum = append(out.Enum, nil)
	}
	if s.Items != nil {
		out.Items = jsonSchema(s.Items)
	}
	for _, a := range s.AnyOf {
		out.AnyOf = append(out.AnyOf, jsonSchema(a))
	}
	if null && out.AnyOf != nil {
		out.AnyOf = append(out.AnyOf, &schema{Type: "null"})
	}
	for _, name := range order(s) {
		out.Properties = append(out.Properties, property{name, jsonSchema(s.Properties[name])})
	}
	return out
}

// order returns the names of the properties: those that are ordered, then the others by
// name.
func order(s *genai.Schema) []string {
	var names []string
	for _, name := range s.PropertyOrdering {
		if s.Properties[name] != nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if s.Properties[name] != nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// properties are the members of a JSON object in their order.
type properties []property

type property struct {
	name   string
	schema *schema
}

// MarshalJSON writes the object.
func (p properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range p {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.schema)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
