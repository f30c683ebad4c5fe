package grammar_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/querent-ai/chord/grammar"
)

// randomSchema returns a schema with at most depth schemas within each other.
func randomSchema(rng *rand.Rand, depth int) map[string]any {
	if depth > 0 && rng.IntN(5) == 0 {
		key := []string{"anyOf", "allOf", "oneOf"}[rng.IntN(3)]
		return map[string]any{key: []any{randomSchema(rng, depth-1), randomSchema(rng, depth-1)}}
	}
	lo := rng.IntN(4)
	hi := lo + rng.IntN(4)
	bounds := func(s map[string]any, least, most string) map[string]any {
		if rng.IntN(2) == 0 {
			s[least] = lo
		}
		if rng.IntN(2) == 0 {
			s[most] = hi
		}
		return s
	}
	kinds := 8
	if depth == 0 {
		kinds = 6
	}
	switch rng.IntN(kinds) {
	case 0:
		return map[string]any{"type": []any{"null", "boolean"}}
	case 1:
		return bounds(map[string]any{"type": "integer"}, "minimum", "exclusiveMaximum")
	case 2:
		return bounds(map[string]any{"type": "number", "multipleOf": 0.5}, "minimum", "maximum")
	case 3:
		return bounds(map[string]any{"type": "string"}, "minLength", "maxLength")
	case 4:
		return map[string]any{"type": "string", "pattern": []string{"^[a-c]+é?$", "x", "^(ab|cd){2}$"}[rng.IntN(3)]}
	case 5:
		return map[string]any{"enum": []any{"a\"b", 1.5, nil, true, []any{"x", 2}}[:1+rng.IntN(5)]}
	case 6:
		return bounds(map[string]any{"type": "array", "items": randomSchema(rng, depth-1)}, "minItems", "maxItems")
	}
	properties, required := map[string]any{}, []any{}
	for _, name := range []string{"a", "b", "c d", "é\""}[:rng.IntN(5)] {
		properties[name] = randomSchema(rng, depth-1)
		if rng.IntN(2) == 0 {
			required = append(required, name)
		}
	}
	s := map[string]any{"type": "object", "properties": properties, "required": required}
	switch rng.IntN(3) {
	case 0:
		s["additionalProperties"] = false
	case 1:
		s["additionalProperties"] = randomSchema(rng, depth-1)
	}
	return s
}

// TestRandomSchemas makes schemas and texts of them, of every second one in any order,
// and has each validated.
func TestRandomSchemas(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	schemas, done := 400, 0
	if testing.Short() {
		schemas = 40
	}
	for i := range schemas {
		schema, err := json.Marshal(randomSchema(rng, 3))
		if err != nil {
			t.Fatal(err)
		}
		done += check(t, fmt.Sprintf("%d: %s", i, schema), schema, 10, grammar.SchemaOptions{AnyOrder: i%2 == 1})
	}
	t.Logf("%d texts of %d schemas are valid", done, schemas)
	if done < 6*schemas {
		t.Errorf("only %d texts of %d schemas", done, schemas)
	}
}
