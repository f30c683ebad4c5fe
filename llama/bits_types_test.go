package llama_test

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/simd"
)

// weightTypes returns every type of matrices that simd multiplies with, without
// the interleaved ones, which are the same types in another order.
func weightTypes() (all []quant.Type) {
	for typ := range quant.Type(1 << 10) {
		if simd.CanMultiply(typ) {
			all = append(all, typ)
		}
	}
	return all
}

// TestBitIdenticalTypes requires a hash for every type of weights, of a model
// whose logits are finite and differ.
func TestBitIdenticalTypes(t *testing.T) {
	rows, types := readHashes(t), weightTypes()
	if !slices.Contains(types, quant.IQ1_S) || !slices.Contains(types, quant.Q2_0) {
		t.Fatalf("the types are %v", types)
	}
	for _, typ := range types {
		if rows["llama "+typ.String()] == "" {
			t.Errorf("%s has no row for %v", hashFile, typ)
		}
		m := modelOfType(typ).load(t, llama.Options{Threads: 1})
		last := all(t, m, synthIDs()[:8])[7]
		low, high := slices.Min(last), slices.Max(last)
		if math.IsNaN(float64(low)) || math.IsInf(float64(high-low), 0) || high-low < 1 {
			t.Errorf("%v: logits from %g to %g", typ, low, high)
		}
	}
}

// TestBitIdenticalCounted requires that docs/determinism.md has the number of
// models in the table, whatever their caches and adapters.
func TestBitIdenticalCounted(t *testing.T) {
	models := map[string]bool{}
	for name := range readHashes(t) {
		name, _, _ = strings.Cut(name, " cache=")
		name, _, _ = strings.Cut(name, " lora=")
		models[name] = true
	}
	page, err := os.ReadFile("../docs/determinism.md")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("[One table of hashes](../llama/%s) (%d models:", hashFile, len(models))
	if !strings.Contains(string(page), want) {
		t.Errorf("docs/determinism.md does not say %q", want)
	}
}
