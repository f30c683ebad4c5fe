package grammar

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// object returns the schema of a struct.
func (b *schemaBuilder) object(t reflect.Type) (members, error) {
	properties, required := members{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, optional, ok := jsonName(t, f)
		if !ok {
			continue
		}
		s, err := b.schema(f.Type)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		if strings.Contains(f.Tag.Get("json"), ",string") {
			s = typed("string", member{"pattern", `^-?[0-9.]{1,17}$`})
			if f.Type.Kind() == reflect.Bool || f.Type.Kind() == reflect.String {
				return nil, fmt.Errorf("%s: the json option string is for numbers here", f.Name)
			}
		}
		s, err = addTag(s, f.Tag.Get("jsonschema"), &optional)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		properties = append(properties, member{name, s})
		if !optional {
			required = append(required, name)
		}
	}
	return typed("object", member{"properties", properties}, member{"required", required}, member{"additionalProperties", false}), nil
}

// jsonName returns the name of a field in JSON and whether it may be missing; ok
// is false if it is not there at all.
func jsonName(t reflect.Type, f reflect.StructField) (name string, optional, ok bool) {
	tag := f.Tag.Get("json")
	name, options, _ := strings.Cut(tag, ",")
	if !f.IsExported() && !f.Anonymous || tag == "-" {
		return "", false, false
	}
	inner := f.Type
	if inner.Kind() == reflect.Pointer {
		inner = inner.Elem()
	}
	if f.Anonymous && name == "" && inner.Kind() == reflect.Struct {
		return "", false, false // its fields are visible by themselves
	}
	for i := 1; i < len(f.Index); i++ { // fields of embedded structs that have a name of their own
		outer := t.FieldByIndex(f.Index[:i])
		if n, _, _ := strings.Cut(outer.Tag.Get("json"), ","); n != "" {
			return "", false, false
		}
		optional = optional || outer.Type.Kind() == reflect.Pointer
	}
	if name == "" {
		name = f.Name
	}
	return name, optional || strings.Contains(","+options+",", ",omitempty,") || strings.Contains(","+options+",", ",omitzero,"), true
}

// addTag adds the keywords of a jsonschema tag to s. Beside a reference or a
// pointer they hold for the value as well.
func addTag(s members, tag string, optional *bool) (members, error) {
	var enum []any
	for _, part := range splitTag(tag) {
		key, text, found := strings.Cut(part, "=")
		switch {
		case key == "required" && !found:
			*optional = false
			continue
		case key == "optional" && !found:
			*optional = true
			continue
		case !found:
			return nil, fmt.Errorf("jsonschema tag %q: unknown word %q", tag, part)
		}
		switch key {
		case "title", "description", "pattern", "format":
			s = append(s, member{key, text})
		case "enum":
			enum = append(enum, tagValue(s, text))
		case "const", "default":
			s = append(s, member{key, tagValue(s, text)})
		case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems":
			if !json.Valid([]byte(text)) {
				return nil, fmt.Errorf("jsonschema tag %q: %s is no number", tag, text)
			}
			s = withBound(s, key, json.RawMessage(text))
		default:
			return nil, fmt.Errorf("jsonschema tag %q: unknown keyword %q", tag, key)
		}
	}
	if enum != nil {
		s = append(s, member{"enum", enum})
	}
	return s, nil
}

// withBound sets a bound in place of the one that the type has.
func withBound(s members, key string, value json.RawMessage) members {
	out := make(members, 0, len(s)+1)
	for _, m := range s {
		if m.key != key {
			out = append(out, m)
		}
	}
	return append(out, member{key, value})
}

// tagValue returns text as a value of the type that s has: a string, or JSON.
func tagValue(s members, text string) any {
	for _, m := range s {
		if m.key == "type" && m.value != "string" && json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
	}
	return text
}

// splitTag splits a tag at its commas.
func splitTag(tag string) []string {
	if tag == "" {
		return nil
	}
	parts := strings.Split(strings.ReplaceAll(tag, `\,`, "\x00"), ",")
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], "\x00", ",")
	}
	return parts
}
