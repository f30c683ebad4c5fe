package grammar

import (
	"reflect"

	"github.com/querent-ai/chord/internal/schema"
)

// Of returns the grammar of the JSON values that json.Unmarshal reads into a T. json
// tags name the fields of structs, jsonschema tags constrain them.
func Of[T any]() (*Grammar, error) {
	s, err := schema.Of(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	return JSONSchema(s)
}
