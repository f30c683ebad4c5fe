// Package grammar says which tokens may come next: GBNF and JSON Schema, as sets
// of tokens.
//
// Nothing of it is done yet: every function returns an error that wraps
// [errors.ErrUnsupported].
package grammar

import (
	"encoding/json"
	"errors"
	"fmt"
)

// A Grammar is a set of texts. It does not change and may be used by any number
// of goroutines.
type Grammar struct{ _ [0]func() }

// GBNF returns the grammar that src, in llama.cpp's notation, describes.
func GBNF(src string) (*Grammar, error) { return nil, notYet("GBNF") }

// JSONSchema returns the grammar of the JSON values that a schema allows.
func JSONSchema(schema json.RawMessage) (*Grammar, error) { return nil, notYet("JSONSchema") }

// Of returns the grammar of the JSON values that json.Unmarshal puts into a T.
func Of[T any]() (*Grammar, error) { return nil, notYet("Of") }

func notYet(name string) error {
	return fmt.Errorf("grammar: %s: not done yet: %w", name, errors.ErrUnsupported)
}
