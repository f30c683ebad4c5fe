package openapi

import (
	"math"
	"math/rand/v2"
	"strings"
)

// A generator makes values of schemas.
type generator struct{ *rand.Rand }

// texts are strings that have been trouble somewhere.
var texts = []string{"", "a", "Hello", "user", "<|im_end|>", "\x00", "ż🐢", "\ufffd", "{}", "\"", "\\", "a b\nc", "../x", "-1", "null", "<think>", "</tool_call>",
	strings.Repeat("x", 300), strings.Repeat("(", 100), "root ::= \"a\"*", "%s%n", "one two"}

// numbers are numbers that have been trouble somewhere.
var numbers = []float64{0, 1, -1, 2, 0.5, -0.5, 7, 40, 1e9, -1e9, 1 << 31, -1 << 31, 1 << 53, 1e18, 1e300, -1e300, 5e-324, math.MaxInt32, 257, 258}

// pick returns one of list.
func pick[T any](g generator, list []T) T { return list[g.IntN(len(list))] }

// any returns any JSON.
func (g generator) any(depth int) any {
	switch n := g.IntN(8); {
	case n < 2:
		return pick(g, texts)
	case n < 4:
		return pick(g, numbers)
	case n == 4:
		return g.IntN(2) == 0
	case n == 5 || depth == 0:
		return nil
	case n == 6:
		list := make([]any, g.IntN(4))
		for i := range list {
			list[i] = g.any(depth - 1)
		}
		return list
	}
	object := map[string]any{}
	for range g.IntN(4) {
		object[pick(g, texts)] = g.any(depth - 1)
	}
	return object
}

// of returns a value of a schema.
func (g generator) of(s map[string]any, depth int) any {
	if v, ok := s["const"]; ok {
		return v
	}
	if list, ok := s["enum"].([]any); ok {
		return pick(g, list)
	}
	if list, ok := s["anyOf"].([]any); ok {
		return g.of(pick(g, list).(map[string]any), depth)
	}
	kind := s["type"]
	if list, ok := kind.([]any); ok {
		kind = list[0] // null is rare
		if g.IntN(8) == 0 {
			kind = pick(g, list)
		}
	}
	switch kind {
	case "object":
		return g.object(s, depth)
	case "array":
		return g.array(s, depth)
	case "string":
		return g.text(s)
	case "integer", "number":
		return g.number(s, kind == "integer")
	case "boolean":
		return g.IntN(2) == 0
	case "null":
		return nil
	}
	return g.any(2)
}

// object returns an object, with some of what it may have.
func (g generator) object(s map[string]any, depth int) any {
	out := map[string]any{}
	required := map[string]bool{}
	if list, ok := s["required"].([]any); ok {
		for _, name := range list {
			required[name.(string)] = true
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for _, name := range sorted(properties) {
		if required[name] || depth > 0 && g.IntN(6) == 0 {
			out[name] = g.of(properties[name].(map[string]any), depth-1)
		}
	}
	if more, ok := s["additionalProperties"].(map[string]any); ok {
		for range g.IntN(3) {
			name := pick(g, texts)
			if _, ok := s["propertyNames"]; ok {
				name = string(rune('0' + g.IntN(10)))
			}
			out[name] = g.of(more, depth-1)
		}
	}
	return out
}

func (g generator) array(s map[string]any, depth int) any {
	list := []any{}
	if first, ok := s["prefixItems"].([]any); ok {
		for _, s := range first {
			list = append(list, g.of(s.(map[string]any), depth-1))
		}
		return list
	}
	least, _ := s["minItems"].(float64)
	items, _ := s["items"].(map[string]any)
	for range int(least) + g.IntN(3) {
		list = append(list, g.of(items, depth-1))
	}
	return list
}

func (g generator) text(s map[string]any) any {
	for {
		text := pick(g, texts)
		least, _ := s["minLength"].(float64)
		if most, ok := s["maxLength"].(float64); len(text) >= int(least) && (!ok || len(text) <= int(most)) {
			return text
		}
	}
}

func (g generator) number(s map[string]any, integer bool) any {
	least, ok := s["minimum"].(float64)
	if !ok {
		least = 0
	}
	most, ok := s["maximum"].(float64)
	if !ok {
		most = least + 100
	}
	if g.IntN(12) == 0 {
		return pick(g, numbers)
	}
	x := least + g.Float64()*(most-least)
	if integer {
		x = math.Round(x)
	}
	return x
}

// spoil replaces a random part of a value.
func (g generator) spoil(v any) any {
	switch v := v.(type) {
	case map[string]any:
		names := sorted(v)
		if len(names) == 0 || g.IntN(4) == 0 {
			break
		}
		name := pick(g, names)
		if g.IntN(6) == 0 {
			delete(v, name)
			return v
		}
		v[name] = g.spoil(v[name])
		return v
	case []any:
		if len(v) == 0 || g.IntN(4) == 0 {
			break
		}
		i := g.IntN(len(v))
		v[i] = g.spoil(v[i])
		return v
	}
	return g.any(3)
}
