package grammar

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// maxRelaxed is the maximum number of keywords that are dropped from a schema.
const maxRelaxed = 64

// Relaxed returns the part of the JSON values that a schema allows, where what
// cannot be enforced is left out of the schema: dropped says what and where. A
// schema that is none, or that allows nothing, is taken for that of any object.
func Relaxed(schema json.RawMessage) (p Part, dropped []string) {
	root, err := parseValue(schema)
	for err == nil && len(dropped) < maxRelaxed {
		p = valueOf(root)
		if _, err = p.Grammar(); err == nil {
			return p, dropped
		}
		var place *placeError
		if !errors.As(err, &place) || !root.drop(place) {
			break
		}
		dropped = append(dropped, place.Error())
		err = nil
	}
	if err == nil {
		err = fmt.Errorf("grammar: more than %d keywords cannot be enforced", maxRelaxed)
	}
	p, _ = Value(json.RawMessage(`{"type":"object"}`))
	return p, append(dropped, err.Error())
}

// drop removes the keyword that e names from the schema v, or the whole schema
// there; false if there is no such place.
func (v *value) drop(e *placeError) bool {
	at := v.find(e.path)
	if at == nil {
		return false
	}
	if i := slices.Index(at.keys, e.keyword); at.kind == valueObject && i >= 0 {
		at.keys = slices.Delete(at.keys, i, i+1)
		at.items = slices.Delete(at.items, i, i+1)
		return true
	}
	if at.kind == valueTrue || at == v {
		return false
	}
	*at = value{kind: valueTrue, path: at.path}
	return true
}

// find returns the value at a path below v.
func (v *value) find(path string) *value {
	if v.path == path {
		return v
	}
	for _, a := range v.items {
		if found := a.find(path); found != nil {
			return found
		}
	}
	return nil
}
