package main

import (
	"fmt"
	"strings"
)

// kernels are those whose instructions are counted, and what README calls them.
var kernels = []struct{ name, tokens string }{{"gemv", "one"}, {"gemm", "many"}}

// instructionTable is what a weight and token costs in instructions: by type
// and kernel, a column for each tier of each engine.
func (d *data) instructionTable(b *strings.Builder) {
	const base, unit = "Instructions", "instr/weight"
	columns := d.distinct(base, "tier", "engine")
	if len(columns) == 0 {
		return
	}
	b.WriteString("Instructions a weight and token, since no arm64 machine was there to time ([rows](benchdata/arm64.txt)): arm64's counted under qemu, " +
		"beside llama.cpp's repacked kernels; amd64's in the loop over blocks. Many tokens are as many as a kernel takes at once; " +
		"Integers are what blocks of IQ and TQ types are spread to:\n\n" +
		"<details><summary>arm64 kernels: instructions a weight</summary>\n\n| type | tokens |")
	for _, c := range columns {
		tier, engine, _ := strings.Cut(c, " ")
		if engine != chord {
			tier += ", " + engine
		}
		fmt.Fprintf(b, " %s |", tier)
	}
	b.WriteString("\n|" + strings.Repeat("---|", 2+len(columns)) + "\n")
	for _, typ := range d.distinct(base, "type") {
		for _, k := range kernels {
			fmt.Fprintf(b, "| %s | %s |", typ, k.tokens)
			for _, c := range columns {
				tier, engine, _ := strings.Cut(c, " ")
				b.WriteString(cell("%.3f", d.find(base, "kernel", k.name, "type", typ, "tier", tier, "engine", engine)[unit]))
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\n</details>\n\n")
}
