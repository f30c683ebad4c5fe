package main

import (
	"fmt"
	"strings"
)

// chord's is the engine that the others are compared with; bound is no engine
// but what the machine can do at all.
const (
	chord = "chord"
	bound = "limit"
)

// modelTable is whole models: tokens a second of every engine, and chord's
// divided by its best peer's.
func (d *data) modelTable() string {
	const base, unit = "Model", "tok/s"
	engines := d.distinct(base, "engine")
	if len(engines) == 0 {
		return "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n| model | type | test | threads | %s | ÷ best peer |\n", strings.Join(engines, " | "))
	b.WriteString("|---|---|---|---|" + strings.Repeat("---|", len(engines)+1) + "\n")
	for _, m := range d.models("") {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |", m.model, m.typ, m.test, m.threads)
		for _, e := range engines {
			v := d.find(base, "model", m.model, "type", m.typ, "test", m.test, "threads", m.threads, "engine", e)
			b.WriteString(cell("%.1f", v[unit]))
		}
		ratio := 0.0
		if m.own*m.peer > 0 {
			ratio = m.own / m.peer
		}
		b.WriteString(cell("%.2f", ratio) + "\n")
	}
	return b.String()
}

// cell is one cell of a table, empty for 0.
func cell(format string, v float64) string {
	if v == 0 {
		return " |"
	}
	return fmt.Sprintf(" "+format+" |", v)
}

// kernelTable is products with a matrix of each type by each tier, with their
// share of what the machine can do.
func (d *data) kernelTable() string {
	types := d.distinct("Gemv", "type", "impl")
	if len(types) == 0 {
		return "\n"
	}
	var b strings.Builder
	b.WriteString("\n| type | tier | one token, 1 thread | one token, 2 threads | many tokens, 1 thread |\n|---|---|---|---|---|\n")
	for _, row := range types {
		k := strings.Split(row, " ")
		fmt.Fprintf(&b, "| %s | %s |", k[0], k[1])
		for _, threads := range []string{"1", "2"} {
			b.WriteString(share(d.find("Gemv", "type", k[0], "impl", k[1], "threads", threads), "GB/s"))
		}
		b.WriteString(share(d.find("Gemm", "type", k[0], "impl", k[1]), "Gop/s") + "\n")
	}
	return b.String()
}

// share is the cell of a rate and its share of the limit.
func share(v map[string]float64, unit string) string {
	if v == nil {
		return " |"
	}
	return fmt.Sprintf(" %.4g %s, %.0f %% |", v[unit], unit, 100*v["of-limit"])
}

// load is how fast a file that is in the page cache is loaded.
func (d *data) load() string {
	v := d.find("Load")
	if v == nil {
		return "?"
	}
	return fmt.Sprintf("%.3g GB/s, %.0f %%", v["GB/s"], 100*v["of-limit"])
}

// counted are the kernels whose instructions are counted, by the tokens that
// they multiply with at once.
var counted = []struct{ name, tokens string }{{"gemv", "one"}, {"gemm", "many"}}

// instructionTable is instructions by weight and token: by type and kernel, a
// column for each tier of each engine.
func (d *data) instructionTable() string {
	const base, unit = "Instructions", "instr/weight"
	columns := d.distinct(base, "tier", "engine")
	if len(columns) == 0 {
		return "\n"
	}
	var b strings.Builder
	b.WriteString("\n| type | tokens |")
	for _, c := range columns {
		tier, engine, _ := strings.Cut(c, " ")
		if engine != chord {
			tier += ", " + engine
		}
		fmt.Fprintf(&b, " %s |", tier)
	}
	b.WriteString("\n|" + strings.Repeat("---|", 2+len(columns)) + "\n")
	for _, typ := range d.distinct(base, "type") {
		for _, k := range counted {
			fmt.Fprintf(&b, "| %s | %s |", typ, k.tokens)
			for _, c := range columns {
				tier, engine, _ := strings.Cut(c, " ")
				b.WriteString(cell("%.3f", d.find(base, "kernel", k.name, "type", typ, "tier", tier, "engine", engine)[unit]))
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

// profileTable is the share of the CPU's time by test, a column for each part.
func (d *data) profileTable() string {
	const base = "Profile"
	columns := d.distinct(base, "part")
	if len(columns) == 0 {
		return "\n"
	}
	var b strings.Builder
	b.WriteString("\n| test | threads |")
	for _, c := range columns {
		fmt.Fprintf(&b, " %s |", c)
	}
	b.WriteString("\n|" + strings.Repeat("---|", 2+len(columns)) + "\n")
	for _, row := range d.distinct(base, "test", "threads") {
		test, threads, _ := strings.Cut(row, " ")
		fmt.Fprintf(&b, "| %s | %s |", test, threads)
		for _, c := range columns {
			fmt.Fprintf(&b, " %.1f %% |", d.find(base, "test", test, "threads", threads, "part", c)["%"])
		}
		b.WriteString("\n")
	}
	return b.String()
}
