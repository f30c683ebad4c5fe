package core

import (
	"math"
	"reflect"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/sample"
)

// A Doc describes a route in /openapi.json. Types are given by values of them: those
// that the route decodes and prints itself.
type Doc struct {
	Summary  string
	Body     any    // of the request; nil: none
	Form     any    // of the request, multipart/form-data; nil: none
	Sampling bool   // the body has the fields of [Exchange.Sampling] too
	Answers  []any  // what an answer may be; nil: any JSON
	Events   []any  // what an event of a stream may be; nil: there are no streams
	Lines    bool   // streams are lines of JSON
	Text     string // the type of an answer that is no JSON, "" for JSON
	Query    []Query
}

// A Query is a parameter after the ? of a path.
type Query struct {
	Name   string
	Values []string // nil: any
}

// SamplingSchema returns the JSON Schemas of the numbers that [Exchange.Sampling] reads,
// and a value of the type that has the other fields.
func SamplingSchema() (numbers map[string]map[string]any, others any) {
	numbers = map[string]map[string]any{}
	for _, f := range sample.Fields() {
		field, _ := reflect.TypeFor[chord.Params]().FieldByName(f.Name)
		s := map[string]any{"type": []string{"number", "null"}, "default": f.Default}
		if field.Type.Kind() != reflect.Float32 {
			s["type"] = []string{"integer", "null"}
		}
		if f.Max < math.MaxInt32 {
			s["maximum"] = f.Max
		}
		numbers[f.JSON] = s
	}
	return numbers, extras
}
