// Package openapi describes the routes of a server in OpenAPI 3.1. Schemas are made of
// the types that decode requests and print answers, so they cannot say something else.
//
// Of a request every field that is not required may be null, and fields without a place are
// ignored. The tag api says more: required, min=N, max=N, items=N (the maximum), values=a|b|c, or as=NAME
// for a value that is decoded later, whose schema is in the table of this package.
package openapi

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A schema is a JSON Schema.
type schema = map[string]any

// A maker makes schemas of types.
type maker struct {
	request bool
	within  map[reflect.Type]bool // types that contain the one that is made
}

// A describer has a schema of its own.
type describer interface{ JSONSchema() map[string]any }

// newMaker returns a maker of the schemas of requests, or of answers.
func newMaker(request bool) maker { return maker{request, map[reflect.Type]bool{}} }

// of returns the schema of a type.
func (m maker) of(t reflect.Type) schema {
	if d, ok := reflect.New(t).Interface().(describer); ok {
		return d.JSONSchema()
	}
	switch t {
	case reflect.TypeFor[wire.Raw](), reflect.TypeFor[json.RawMessage]():
		return schema{}
	case reflect.TypeFor[chord.Message]():
		return named["message"]
	}
	switch k := t.Kind(); {
	case k == reflect.Pointer:
		return m.null(m.of(t.Elem()))
	case k == reflect.Interface:
		return schema{}
	case k == reflect.String:
		return schema{"type": "string"}
	case k == reflect.Bool:
		return schema{"type": "boolean"}
	case k >= reflect.Int && k <= reflect.Uint64:
		return schema{"type": "integer"}
	case k == reflect.Float32 || k == reflect.Float64:
		return schema{"type": "number"}
	case k == reflect.Slice:
		return m.null(schema{"type": "array", "items": m.of(t.Elem())})
	case k == reflect.Map:
		return m.null(schema{"type": "object", "additionalProperties": m.of(t.Elem())})
	case k == reflect.Struct && t.NumField() == 0:
		return schema{"type": "null"}
	case k == reflect.Struct:
		return m.object(t)
	}
	panic("openapi: no schema of " + t.String())
}

// null returns a schema that allows null too.
func (m maker) null(s schema) schema {
	if kind, ok := s["type"].(string); ok && kind != "null" {
		s["type"] = []string{kind, "null"}
	} else if list, ok := s["anyOf"].([]schema); ok {
		s["anyOf"] = append(list, schema{"type": "null"})
	}
	return s
}

// object returns the schema of a struct.
func (m maker) object(t reflect.Type) schema {
	if m.within[t] { // a tree
		return schema{"type": "object"}
	}
	m.within[t] = true
	defer delete(m.within, t)
	properties, required := map[string]schema{}, []string{}
	m.fields(t, properties, &required)
	s := schema{"type": "object", "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	if !m.request {
		s["additionalProperties"] = false
	}
	return s
}

// fields adds the fields of a struct and of those in it.
func (m maker) fields(t reflect.Type, properties map[string]schema, required *[]string) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			m.fields(f.Type, properties, required)
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		s := m.of(f.Type)
		must := !m.request && !strings.Contains(options, "omit")
		for option := range strings.SplitSeq(f.Tag.Get("api"), ",") {
			if option == "required" {
				must = true
			}
			s = restrict(s, option)
		}
		if m.request && must {
			s = notNull(s)
		}
		if properties[name] = s; must {
			*required = append(*required, name)
		}
	}
}

// notNull returns a schema without null, which is as good as absent.
func notNull(s schema) schema {
	s = maps.Clone(s)
	if list, ok := s["type"].([]string); ok && len(list) == 2 && list[1] == "null" {
		s["type"] = list[0]
	}
	if list, ok := s["enum"].([]any); ok {
		s["enum"] = slices.DeleteFunc(slices.Clone(list), func(v any) bool { return v == nil })
	}
	return s
}

// restrict applies an option of the tag api.
func restrict(s schema, option string) schema {
	key, value, _ := strings.Cut(option, "=")
	n, _ := strconv.Atoi(value)
	switch key {
	case "min":
		s["minimum"] = n
	case "max":
		s["maximum"] = n
	case "items":
		s["maxItems"] = n
	case "values":
		values := []any{nil}
		for v := range strings.SplitSeq(value, "|") {
			values = append(values, v)
		}
		s["enum"] = values
	case "as":
		return named[value]
	}
	return s
}

// anyOf returns the schema of a value of one of several types.
func (m maker) anyOf(values []any) schema {
	if len(values) == 0 {
		return schema{}
	}
	var list []schema
	for _, v := range values {
		list = append(list, m.of(reflect.TypeOf(v)))
	}
	if len(list) == 1 {
		return list[0]
	}
	return schema{"anyOf": list}
}
