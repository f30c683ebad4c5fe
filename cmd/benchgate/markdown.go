package main

import (
	"fmt"
	"strings"
)

// Marks in README.md; what is between them is made from the rows.
const (
	markBegin = "<!-- bench:begin -->"
	markEnd   = "<!-- bench:end -->"
)

// chord's is the engine that the others are held against; bound is no engine
// but what the machine can do at all.
const (
	chord = "chord"
	bound = "limit"
)

// between returns text with what is between the marks replaced by middle.
func between(text, middle string) (string, error) {
	begin := strings.Index(text, markBegin)
	end := strings.Index(text, markEnd)
	if begin < 0 || end < begin {
		return "", fmt.Errorf("README.md has no %s … %s", markBegin, markEnd)
	}
	return text[:begin+len(markBegin)] + "\n" + middle + text[end:], nil
}

// markdown returns README's part: tables, charts, and how they were measured.
func (d *data) markdown(charts []string) string {
	var b strings.Builder
	if len(d.origins) == 0 {
		b.WriteString("Nothing has been recorded yet.\n")
	}
	d.modelTable(&b)
	d.kernelTable(&b)
	d.instructionTable(&b)
	for _, c := range charts {
		fmt.Fprintf(&b, "![%s](benchdata/%s.svg)\n\n", chartTitles[c], c)
	}
	for _, o := range d.origins {
		fmt.Fprintf(&b, "- %s; commit %s; `%s`\n", o.Machine, o.Commit, o.Command)
	}
	return b.String()
}

// modelTable is whole models: tokens a second of every engine, and chord's
// divided by its best peer's.
func (d *data) modelTable(b *strings.Builder) {
	const base, unit = "Model", "tok/s"
	engines := d.distinct(base, "engine")
	if len(engines) == 0 {
		return
	}
	fmt.Fprintf(b, "Whole models, tokens a second (medians):\n\n| model | type | test | threads | %s | ÷ best peer |\n", strings.Join(engines, " | "))
	b.WriteString("|---|---|---|---|" + strings.Repeat("---|", len(engines)+1) + "\n")
	for _, row := range d.distinct(base, "model", "type", "test", "threads") {
		k := strings.Split(row, " ")
		fmt.Fprintf(b, "| %s |", strings.Join(k, " | "))
		var own, peer float64
		for _, e := range engines {
			v := d.find(base, "model", k[0], "type", k[1], "test", k[2], "threads", k[3], "engine", e)[unit]
			switch e {
			case chord:
				own = v
			case bound:
			default:
				peer = max(peer, v)
			}
			b.WriteString(cell("%.1f", v))
		}
		if own*peer == 0 {
			peer = 1
			own = 0
		}
		b.WriteString(cell("%.2f", own/peer) + "\n")
	}
	b.WriteString("\n")
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
func (d *data) kernelTable(b *strings.Builder) {
	types := d.distinct("Gemv", "type", "impl")
	if len(types) == 0 {
		return
	}
	b.WriteString("Kernels (medians): one token with a matrix larger than any cache, in GB/s and as a share of a plain read in the same run; " +
		"many tokens with a tile in cache, in Gop/s and as a share of the int8 multiply peak in the same run:\n\n<details><summary>all types and tiers</summary>\n\n")
	b.WriteString("| type | tier | one token, 1 thread | one token, 2 threads | many tokens, 1 thread |\n|---|---|---|---|---|\n")
	for _, row := range types {
		k := strings.Split(row, " ")
		fmt.Fprintf(b, "| %s | %s |", k[0], k[1])
		for _, threads := range []string{"1", "2"} {
			b.WriteString(share(d.find("Gemv", "type", k[0], "impl", k[1], "threads", threads), "GB/s"))
		}
		b.WriteString(share(d.find("Gemm", "type", k[0], "impl", k[1]), "Gop/s") + "\n")
	}
	b.WriteString("\n</details>\n\n")
	if v := d.find("Load"); v != nil {
		fmt.Fprintf(b, "Loading a file that is in the page cache: %.3g GB/s, %.0f %% of mapping it and touching every line once.\n\n",
			v["GB/s"], 100*v["of-limit"])
	}
}

// share is the cell of a rate and its share of the limit.
func share(v map[string]float64, unit string) string {
	if v == nil {
		return " |"
	}
	return fmt.Sprintf(" %.4g %s, %.0f %% |", v[unit], unit, 100*v["of-limit"])
}
