package main

import (
	"fmt"
	"strings"
)

// A chart is horizontal bars: a row for each thing that was measured, a panel
// for each way it was measured, and a line that the bars are compared with.
type chart struct {
	title, note string
	rows        []string
	panels      []panel
	series      []string // of the bars in each row, chord's first
	line        string   // what the line at 1 is
	percent     bool     // values are shares; else they are factors
}

// A panel is the bars of all rows: by series and row; 0 is no bar.
type panel struct {
	title  string
	values [][]float64
}

// chartNames are the charts in the order of the pages that show them.
var chartNames = []string{"speed", "prompt", "decode", "kernels"}

// chartAlts say in words what the charts show, for those who cannot see them.
var chartAlts = map[string]string{
	"speed":   "Speed of chord divided by that of the faster of ik_llama.cpp and llama.cpp, for prompts and for generated text",
	"prompt":  "Reading a prompt: chord and the fastest other program, in per cent of what the CPU's multiplier allows",
	"decode":  "Generating text: chord and the fastest other program, in per cent of what the memory allows",
	"kernels": "Kernels of each quant type, in per cent of what memory and multiplier allow",
}

// chartOf returns the chart of that name, nil if there are no rows for it.
func (d *data) chartOf(name string) *chart {
	switch name {
	case "speed":
		return d.speedChart()
	case "prompt":
		return d.limitChart("pp", "Reading a prompt", "the limit: the CPU's int8 multiplier never waits")
	case "decode":
		return d.limitChart("tg", "Generating text", "the limit: the weights are read once a token, as fast as memory gives them")
	}
	return d.kernelChart()
}

// A modelRow is one row of whole models: what was measured, and tokens a second.
type modelRow struct {
	model, typ, test, threads string
	own, peer, limit          float64 // peer: the fastest other engine
}

// models returns the rows of whole models whose test begins with this.
func (d *data) models(test string) []modelRow {
	const base, unit = "Model", "tok/s"
	var all []modelRow
	for _, row := range d.distinct(base, "model", "type", "test", "threads") {
		k := strings.Split(row, " ")
		if !strings.HasPrefix(k[2], test) {
			continue
		}
		m := modelRow{model: k[0], typ: k[1], test: k[2], threads: k[3]}
		for _, e := range d.distinct(base, "engine") {
			v := d.find(base, "model", k[0], "type", k[1], "test", k[2], "threads", k[3], "engine", e)[unit]
			switch e {
			case chord:
				m.own = v
			case bound:
				m.limit = v
			default:
				m.peer = max(m.peer, v)
			}
		}
		all = append(all, m)
	}
	return all
}

// ratios returns, by model and type, how many times as fast as the best peer
// chord is: with two threads, from an empty context.
func (d *data) ratios(test string) map[string]float64 {
	r := map[string]float64{}
	for _, m := range d.models(test) {
		if m.threads == "2" && !strings.Contains(m.test, "@") && m.own*m.peer > 0 {
			r[m.model+" "+m.typ] = m.own / m.peer
		}
	}
	return r
}

// speedChart is chord's speed divided by the best peer's, by model.
func (d *data) speedChart() *chart {
	c := &chart{title: "chord's speed ÷ that of the faster of ik_llama.cpp and llama.cpp",
		note: "two threads; longer is faster", series: []string{chord}, line: "best peer"}
	prompt, decode := d.ratios("pp"), d.ratios("tg")
	p, g := panel{title: "reading a prompt"}, panel{title: "generating text"}
	var pv, gv []float64
	for _, row := range d.distinct("Model", "model", "type") {
		if prompt[row]+decode[row] > 0 {
			c.rows = append(c.rows, row)
			pv, gv = append(pv, prompt[row]), append(gv, decode[row])
		}
	}
	if c.rows == nil {
		return nil
	}
	p.values, g.values = [][]float64{pv}, [][]float64{gv}
	c.panels = []panel{p, g}
	return c
}

// limitChart is chord and its best peer as shares of the limit, by test.
func (d *data) limitChart(test, title, note string) *chart {
	c := &chart{title: title + ", share of what the machine allows", note: note, series: []string{chord, "best peer"}, line: bound, percent: true}
	values := make([][]float64, 2)
	for _, m := range d.models(test) {
		if m.limit == 0 {
			continue
		}
		label := fmt.Sprintf("%s %s, %s thread", m.model, m.typ, m.threads)
		if m.threads != "1" {
			label += "s"
		}
		if _, depth, ok := strings.Cut(m.test, "@d"); ok {
			label += ", after " + depth + " tokens"
		}
		c.rows = append(c.rows, label)
		values[0], values[1] = append(values[0], m.own/m.limit), append(values[1], m.peer/m.limit)
	}
	if c.rows == nil {
		return nil
	}
	c.panels = []panel{{"", values}}
	return c
}

// kernelChart is the best tier's share of the limits, by type.
func (d *data) kernelChart() *chart {
	tiers := d.distinct("Gemv", "impl")
	if tiers == nil {
		return nil
	}
	c := &chart{title: "Kernels, share of what the machine allows", note: "tier " + tiers[0] + ", one thread; F32, F16 and BF16 multiply in float32, which has a lower peak",
		series: []string{chord}, line: bound, percent: true}
	var one, many []float64
	for _, typ := range d.distinct("Gemv", "type") {
		c.rows = append(c.rows, typ)
		one = append(one, d.find("Gemv", "type", typ, "impl", tiers[0], "threads", "1")["of-limit"])
		many = append(many, d.find("Gemm", "type", typ, "impl", tiers[0])["of-limit"])
	}
	c.panels = []panel{{"one token: memory's speed", [][]float64{one}}, {"many tokens: the int8 multiplier's peak", [][]float64{many}}}
	return c
}
