package quantize_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/quantize"
)

// TestFamilyTypes: types are llama-quantize's for the tensors of recurrent layers, of
// mixtures, of attention of low rank and of other families that are unlike llama.
func TestFamilyTypes(t *testing.T) {
	b, err := os.ReadFile("testdata/families.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Models map[string]struct {
			Keys    map[string]any
			Tensors map[string][]uint64
			Types   map[string]string
		}
	}
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	for name, m := range golden.Models {
		var tensors []gguf.WriteTensor
		for x, shape := range m.Tensors {
			tensors = append(tensors, tensor(x, shape...))
		}
		f := open(t, keysOf(m.Keys), tensors)
		for mix, want := range m.Types {
			t.Run(name+"/"+mix, func(t *testing.T) {
				p, err := quantize.New(f, quantize.Options{Mix: mix})
				if err != nil {
					t.Fatal(err)
				}
				if got, lines := hashOf(p); got != want {
					t.Errorf("hash %s, want %s of\n%s", got, want, lines)
				}
			})
		}
	}
}

// keysOf returns the keys of a model: texts, numbers and lists of numbers.
func keysOf(keys map[string]any) (out []gguf.KV) {
	for key, v := range keys {
		switch v := v.(type) {
		case float64:
			out = append(out, gguf.KV{Key: key, Value: uint32(v)})
		case []any:
			list := make([]int32, len(v))
			for i := range v {
				list[i] = int32(v[i].(float64))
			}
			out = append(out, gguf.KV{Key: key, Value: list})
		default:
			out = append(out, gguf.KV{Key: key, Value: v})
		}
	}
	return out
}

// hashOf returns the hash of the names and types of p's tensors, and what is hashed.
func hashOf(p *quantize.Plan) (hash, lines string) {
	var list []string
	for _, x := range p.Tensors {
		list = append(list, fmt.Sprintf("%s %v\n", x.Name, x.To))
	}
	slices.Sort(list)
	lines = strings.Join(list, "")
	sum := sha256.Sum256([]byte(lines))
	return hex.EncodeToString(sum[:8]), lines
}
