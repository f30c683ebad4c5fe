package grammar

import (
	"fmt"
	"reflect"

	"github.com/querent-ai/chord/internal/schema"
)

// Of returns the grammar of the JSON values that json.Unmarshal reads into a T. json
// tags name the fields of structs, jsonschema tags constrain them.
func Of[T any]() (*Grammar, error) {
	s, err := schema.Of(reflect.TypeFor[T]())
	if err != nil {
		return nil, fmt.Errorf("grammar: %w", err)
	}
	return JSONSchema(s)
}
