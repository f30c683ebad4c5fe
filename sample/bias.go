package sample

import (
	"cmp"
	"fmt"
	"slices"
)

// A tokenBias is one entry of Params.LogitBias.
type tokenBias struct {
	id   int32
	bias float32
}

// sortedBias returns m as a list by id, which is cheaper to walk at every
// token than a map.
func sortedBias(m map[int32]float32) []tokenBias {
	list := make([]tokenBias, 0, len(m))
	for id, b := range m {
		list = append(list, tokenBias{id, b})
	}
	slices.SortFunc(list, func(a, b tokenBias) int { return cmp.Compare(a.id, b.id) })
	return list
}

// checkBias errs on NaN, on a negative id and, if vocab is known, on an id
// that is not below it; on the lowest such id, whatever the map's order.
func checkBias(m map[int32]float32, vocab int) error {
	for _, b := range sortedBias(m) {
		switch {
		case b.id < 0:
			return &FieldError{"LogitBias", fmt.Sprintf("token %d is negative", b.id)}
		case vocab > 0 && int(b.id) >= vocab:
			return &FieldError{"LogitBias", fmt.Sprintf("token %d, the vocabulary has %d", b.id, vocab)}
		case b.bias != b.bias:
			return &FieldError{"LogitBias", fmt.Sprintf("token %d: NaN", b.id)}
		}
	}
	return nil
}
