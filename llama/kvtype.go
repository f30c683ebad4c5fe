package llama

import (
	"fmt"
	"strings"

	"github.com/querent-ai/chord/quant"
)

// A KVType is the type of the numbers in a KV cache.
type KVType uint8

// The types of KV caches.
const (
	KVF16  KVType = iota // half precision, the default
	KVF32                // single precision: twice the memory
	KVQ8_0               // 8 bits and a scale for 32 elements: about half of KVF16
)

// kvTypes are the types as simd and people know them.
var kvTypes = [...]struct {
	quant quant.Type
	name  string
}{KVF16: {quant.F16, "f16"}, KVF32: {quant.F32, "f32"}, KVQ8_0: {quant.Q8_0, "q8_0"}}

// KVTypes returns the names that [ParseKVType] knows.
func KVTypes() []string {
	var names []string
	for _, t := range kvTypes {
		names = append(names, t.name)
	}
	return names
}

// ParseKVType returns the type of that name, f16 for "". An error says which
// there are.
func ParseKVType(name string) (KVType, error) {
	for i, t := range kvTypes {
		if name == t.name || name == "" {
			return KVType(i), nil
		}
	}
	return 0, fmt.Errorf("%q, want one of %s", name, strings.Join(KVTypes(), ", "))
}
