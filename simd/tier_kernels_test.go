package simd

import (
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// cacheTypes are those of the key/value cache that every tier has kernels for.
// Of weights those of packings have.
var cacheTypes = []quant.Type{quant.F32, quant.F16, quant.Q8_0, quant.Q4_0}

// Every tier has every kernel, in assembly: the functions of impl, whichever
// there are, and those of all types for every number of tokens.
func TestTierKernels(t *testing.T) {
	for _, im := range tiers() {
		if im == &generic {
			continue
		}
		use(t, im)
		kernels := tierKernels(im)
		for _, name := range slices.Sorted(maps.Keys(kernels)) {
			if from := cameFrom(kernels[name]); !strings.Contains(from, "/asm/") {
				t.Errorf("%s: %s is %s", im.name, name, from)
			}
		}
		for typ := range im.gemm {
			if packings[typ] == nil {
				t.Errorf("%s has kernels of %v, whose row has no fields", im.name, typ)
			}
		}
	}
}

// tierKernels are the functions that im has, or should have, by name.
func tierKernels(im *impl) map[string]reflect.Value {
	all := map[string]reflect.Value{}
	v := reflect.ValueOf(im).Elem()
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Func {
			all[v.Type().Field(i).Name] = v.Field(i)
		}
	}
	for typ := range packings {
		all[fmt.Sprintf("pack %v", typ)] = reflect.ValueOf(im.pack[typ])
		addKernels(all, fmt.Sprintf("gemm %v", typ), im.gemm[typ], kinds[typ].panel())
	}
	addKernels(all, "integers", im.integers, blocks256.panel())
	for _, typ := range cacheTypes {
		addKernels(all, fmt.Sprintf("scores %v", typ), im.scores[typ], im.panel)
		addKernels(all, fmt.Sprintf("sums %v", typ), im.sums[typ], im.panel)
	}
	return all
}

// addKernels adds the functions for 1 to panel tokens.
func addKernels[F any](all map[string]reflect.Value, name string, fns []F, panel int) {
	for i := range panel {
		var fn F
		if i < len(fns) {
			fn = fns[i]
		}
		all[fmt.Sprintf("%s x%d", name, i+1)] = reflect.ValueOf(fn)
	}
}

// cameFrom is a function's name and package.
func cameFrom(fn reflect.Value) string {
	if fn.IsNil() {
		return "missing"
	}
	return runtime.FuncForPC(fn.Pointer()).Name()
}
