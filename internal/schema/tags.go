package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// numbers are the keywords with numbers, integers the ones that must be whole.
var (
	numbers  = []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
	integers = []string{"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
)

// tagged returns o with the keywords of a jsonschema tag.
func tagged(o object, tag string, optional *bool) (object, error) {
	var enum []any
	for _, part := range split(tag) {
		key, value, has := strings.Cut(part, "=")
		switch {
		case key == "required" && !has:
			*optional = false
		case key == "enum":
			v, err := literal(o, value)
			if err != nil {
				return nil, err
			}
			enum = append(enum, v)
		case key == "description" || key == "pattern" || key == "format":
			o = set(o, key, value)
		case slices.Contains(numbers, key):
			if _, err := strconv.ParseFloat(value, 64); err != nil {
				return nil, fmt.Errorf("jsonschema tag: %s=%q is no number", key, value)
			}
			o = set(o, key, json.Number(value))
		case slices.Contains(integers, key):
			n, err := strconv.ParseUint(value, 10, 31)
			if err != nil {
				return nil, fmt.Errorf("jsonschema tag: %s=%q is no whole number", key, value)
			}
			o = set(o, key, n)
		default:
			return nil, fmt.Errorf("jsonschema tag: unknown keyword %q", key)
		}
	}
	if enum != nil {
		o = append(o, member{"enum", enum})
	}
	return o, nil
}

// set sets a member.
func set(o object, name string, value any) object {
	if i := slices.IndexFunc(o, func(m member) bool { return m.name == name }); i >= 0 {
		o = slices.Clone(o)
		o[i].value = value
		return o
	}
	return append(o, member{name, value})
}

// literal returns a value of an enum: of the type of o, which is a string or a
// number.
func literal(o object, value string) (any, error) {
	for _, m := range o {
		if m.name == "type" && (m.value == "integer" || m.value == "number") {
			if _, err := strconv.ParseFloat(value, 64); err != nil {
				return nil, fmt.Errorf("jsonschema tag: enum=%q is no number", value)
			}
			return json.Number(value), nil
		}
	}
	return value, nil
}

// split splits a tag at commas, but for those written \,.
func split(tag string) []string {
	if tag == "" {
		return nil
	}
	const escaped = "\x00"
	parts := strings.Split(strings.ReplaceAll(tag, `\,`, escaped), ",")
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], escaped, ",")
	}
	return parts
}
