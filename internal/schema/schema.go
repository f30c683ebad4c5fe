// Package schema writes the JSON Schema of Go types: what encoding/json reads into
// them. Names and options come from json tags; jsonschema tags add constraints:
//
//	Size string `json:"size" jsonschema:"enum=S,enum=M,enum=L,description=as on the label"`
//
// The keywords are description, enum, pattern, format, minimum, maximum,
// exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength, minItems,
// maxItems, minProperties, maxProperties and required. A comma within a value is
// written \\,.
package schema

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Of returns the schema of t. It errs for types that JSON cannot hold, and names the
// field.
func Of(t reflect.Type) (json.RawMessage, error) {
	w := writer{names: map[reflect.Type]string{}}
	root, err := w.typ(t, t.String())
	if err != nil {
		return nil, err
	}
	if len(w.defs) > 0 {
		root = append(root, member{"$defs", object(w.defs)})
	}
	return json.Marshal(root)
}

// An object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes o.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// A writer writes one schema.
type writer struct {
	names map[reflect.Type]string // of structs in $defs
	open  []reflect.Type          // structs being written
	defs  []member
}

var (
	timeType      = reflect.TypeFor[time.Time]()
	rawType       = reflect.TypeFor[json.RawMessage]()
	numberType    = reflect.TypeFor[json.Number]()
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

// typ returns the schema of t, which is found at path.
func (w *writer) typ(t reflect.Type, path string) (object, error) {
	switch {
	case t == timeType:
		return object{{"type", "string"}, {"format", "date-time"}}, nil
	case t == rawType || t.Kind() == reflect.Interface && t.NumMethod() == 0:
		return object{}, nil
	case t == numberType:
		return object{{"type", "number"}}, nil
	case implements(t, jsonMarshaler):
		return nil, fmt.Errorf("schema: %s: %s has its own MarshalJSON", path, t)
	case implements(t, textMarshaler):
		return object{{"type", "string"}}, nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return object{{"type", "boolean"}}, nil
	case reflect.String:
		return object{{"type", "string"}}, nil
	case reflect.Float32, reflect.Float64:
		return object{{"type", "number"}}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return integer(-1<<(t.Bits()-1), 1<<(t.Bits()-1)-1), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return integer(0, 1<<t.Bits()-1), nil
	case reflect.Pointer:
		return w.pointer(t, path)
	case reflect.Slice, reflect.Array:
		return w.array(t, path)
	case reflect.Map:
		return w.mapping(t, path)
	case reflect.Struct:
		return w.structure(t, path)
	}
	return nil, fmt.Errorf("schema: %s: JSON has no %s", path, t)
}

// implements reports whether t, or a pointer to it, implements an interface.
func implements(t, i reflect.Type) bool {
	return t.Kind() != reflect.Pointer && (t.Implements(i) || reflect.PointerTo(t).Implements(i))
}

// integer returns the schema of the integers from least to most.
func integer(least int64, most uint64) object {
	return object{{"type", "integer"}, {"minimum", least}, {"maximum", most}}
}

// pointer returns the schema of a pointer: its element, or null.
func (w *writer) pointer(t reflect.Type, path string) (object, error) {
	e, err := w.typ(t.Elem(), path)
	if err != nil {
		return nil, err
	}
	return object{{"anyOf", []object{e, {{"type", "null"}}}}}, nil
}

// array returns the schema of a slice or an array.
func (w *writer) array(t reflect.Type, path string) (object, error) {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return object{{"type", "string"}, {"contentEncoding", "base64"}, {"pattern", "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"}}, nil
	}
	e, err := w.typ(t.Elem(), path+"[]")
	if err != nil {
		return nil, err
	}
	o := object{{"type", "array"}, {"items", e}}
	if t.Kind() == reflect.Array {
		o = append(o, member{"minItems", t.Len()}, member{"maxItems", t.Len()})
	}
	return o, nil
}

// mapping returns the schema of a map.
func (w *writer) mapping(t reflect.Type, path string) (object, error) {
	o := object{{"type", "object"}}
	switch k := t.Key(); {
	case k.Kind() == reflect.String || implements(k, textMarshaler):
	case k.Kind() >= reflect.Int && k.Kind() <= reflect.Int64:
		o = append(o, member{"propertyNames", object{{"pattern", "^(0|-?[1-9][0-9]*)$"}}})
	case k.Kind() >= reflect.Uint && k.Kind() <= reflect.Uint64:
		o = append(o, member{"propertyNames", object{{"pattern", "^(0|[1-9][0-9]*)$"}}})
	default:
		return nil, fmt.Errorf("schema: %s: JSON has no keys of %s", path, k)
	}
	e, err := w.typ(t.Elem(), path+"[]")
	if err != nil {
		return nil, err
	}
	return append(o, member{"additionalProperties", e}), nil
}

// structure returns the schema of a struct, or a reference to it if it contains
// itself.
func (w *writer) structure(t reflect.Type, path string) (object, error) {
	if slices.Contains(w.open, t) || w.names[t] != "" {
		if w.names[t] == "" {
			w.names[t] = fmt.Sprintf("%s%d", t.Name(), len(w.names)+1)
		}
		return object{{"$ref", "#/$defs/" + w.names[t]}}, nil
	}
	w.open = append(w.open, t)
	o, err := w.fields(t, path)
	w.open = w.open[:len(w.open)-1]
	if err != nil {
		return nil, err
	}
	if name := w.names[t]; name != "" {
		w.defs = append(w.defs, member{name, o})
		return object{{"$ref", "#/$defs/" + name}}, nil
	}
	return o, nil
}

// fields returns the schema of a struct's fields, in their order.
func (w *writer) fields(t reflect.Type, path string) (object, error) {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if embedded(f, name) || !f.IsExported() || f.Tag.Get("json") == "-" || len(f.Index) > 1 && hidden(t, f) {
			continue
		}
		if name == "" {
			name = f.Name
		}
		at := path + "." + f.Name
		o, err := w.typ(f.Type, at)
		if err != nil {
			return nil, err
		}
		if slices.Contains(strings.Split(options, ","), "string") {
			o = object{{"type", "string"}}
		}
		optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		if o, err = tagged(o, f.Tag.Get("jsonschema"), &optional); err != nil {
			return nil, fmt.Errorf("schema: %s: %w", at, err)
		}
		if i := slices.IndexFunc(properties, func(m member) bool { return m.name == name }); i >= 0 {
			return nil, fmt.Errorf("schema: %s: there are two fields %q", at, name)
		}
		properties = append(properties, member{name, o})
		if !optional {
			required = append(required, name)
		}
	}
	return object{{"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", false}}, nil
}

// embedded reports whether the fields of f count as fields of the struct.
func embedded(f reflect.StructField, name string) bool {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return f.Anonymous && name == "" && t.Kind() == reflect.Struct && t != timeType
}

// hidden reports whether the promoted field f lies in an embedded struct that has a
// name in JSON, or in one that JSON does not see.
func hidden(t reflect.Type, f reflect.StructField) bool {
	for _, i := range f.Index[:len(f.Index)-1] {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		outer := t.Field(i)
		name, _, _ := strings.Cut(outer.Tag.Get("json"), ",")
		if !embedded(outer, name) {
			return true
		}
		t = outer.Type
	}
	return false
}
