// Package dispatch writes what simd has to know of types and tiers: how types
// are interleaved, and every tier's functions.
package dispatch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/querent-ai/chord/gen/layout"
)

// Write writes the generated files of simd, seen from the generator's module.
func Write() error {
	for name, text := range files() {
		if err := os.WriteFile(filepath.Join("..", "simd", name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// files are the generated files of simd, by name.
func files() map[string][]byte {
	all := map[string][]byte{
		"ztypes.go":      types(),
		"ztypes_test.go": testTypes(),
		"ztiers_none.go": source("//go:build !(amd64 || arm64 || (wasm && wasmkernels)) || purego", nil, "// kernelTiers are this architecture's: there are none.\nvar kernelTiers []tier\n"),
	}
	for _, arch := range []string{"amd64", "arm64", "wasm"} {
		all["ztiers_"+arch+".go"] = tiers(arch)
	}
	for _, t := range layout.Tiers {
		if t.Test {
			all["z"+t.Name+"_"+t.Arch+"_test.go"] = testTier(t)
		}
	}
	return all
}

// types is the file of what types are like.
func types() []byte {
	var b strings.Builder
	panel, block := 0, 0
	for _, t := range layout.Tiers {
		panel = max(panel, t.Panel, t.Panel32)
	}
	for _, t := range layout.Types {
		block = max(block, t.Bytes)
	}
	fmt.Fprintf(&b, `const (
		tileRows       = %d // rows that kernels work on at once, one a lane
		panelMax       = %d // the most tokens a panel of any tier has
		recordBytes    = %d // a record of 32 columns, for one token
		recordBytes256 = %d // and of 256 columns
		spreadBytes    = %d // a spread block of one row
		maxBlock       = %d // the largest block of any type
	)
	`, layout.Rows, panel, layout.Record32, layout.Record256, layout.Integers.Bytes, block)
	b.WriteString("\n// kinds says which activations each weight type takes; a type that is not here\n" +
		"// cannot be multiplied with.\nvar kinds = map[quant.Type]kind{\n")
	for _, t := range layout.Types {
		fmt.Fprintf(&b, "quant.%s: %s,\n", t.Name, kind(t))
	}
	b.WriteString("}\n\n// packings say how each type that has kernels is interleaved: a permutation of\n" +
		"// the file's own bytes, of the same size.\nvar packings = map[quant.Type][]field{\n")
	for _, t := range layout.Types {
		if t.Fields == nil {
			continue
		}
		fmt.Fprintf(&b, "quant.%s: {", t.Name)
		for _, f := range t.Packing() {
			fmt.Fprintf(&b, "{%d, %d, %d},", f.Offset, f.Width, f.Count)
		}
		b.WriteString("}, //")
		for _, f := range t.Fields {
			b.WriteString(" " + f.Name)
		}
		b.WriteString("\n")
	}
	b.WriteString("}\n\n// spreads are the types without kernels whose blocks products spread: quants from\n" +
		"// -64 to 63, scales from -128 to 127, no minima (see [quant.Integers]).\nvar spreads = map[quant.Type]bool{\n")
	for _, t := range layout.Types {
		if t.Spread {
			fmt.Fprintf(&b, "quant.%s: true,\n", t.Name)
		}
	}
	b.WriteString("}\n")
	return source("", []string{"quant"}, b.String())
}

// kind is which activations products with t take, by the size of its blocks.
func kind(t layout.Type) string {
	switch {
	case t.Columns == 1:
		return "floats"
	case t.Columns == 256:
		return "blocks256"
	case t.Halves():
		return "groups16"
	case t.Bits == 1:
		return "every8"
	case t.Bits == 2:
		return "every4"
	}
	return "blocks32"
}

// testTypes is the file of what only tests of simd have to know of types.
func testTypes() []byte {
	var b strings.Builder
	b.WriteString("// rows are the columns and bytes of a block of each type that has a row.\nvar rows = map[quant.Type][2]int{\n")
	for _, t := range layout.Types {
		fmt.Fprintf(&b, "quant.%s: {%d, %d},\n", t.Name, t.Columns, t.Bytes)
	}
	b.WriteString("}\n\n// scaleOffsets says where the f16 scales of a block are.\nvar scaleOffsets = map[quant.Type][]int{\n")
	for _, t := range layout.Types {
		if at := t.F16(); at != nil {
			fmt.Fprintf(&b, "quant.%s: {%s},\n", t.Name, strings.Trim(strings.ReplaceAll(fmt.Sprint(at), " ", ", "), "[]"))
		}
	}
	b.WriteString("}\n")
	return source("", []string{"quant"}, b.String())
}

// packages are those that a tier's functions come from.
func packages(t *layout.Tier) []string {
	all := []string{"quant"}
	for ; t != nil; t = t.Parent {
		all = append(all, "asm/"+t.Name)
	}
	slices.Sort(all)
	return all
}
