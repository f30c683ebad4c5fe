package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// markEnd ends what a mark begins: <!-- bench:NAME -->, NAME of a part.
const markEnd = "<!-- bench:end -->"

var markBegin = regexp.MustCompile(`<!-- bench:([a-z]+) -->`)

// A page is a text with marks; what is between them is made from the rows.
type page struct {
	path string // from the repository's root
	root string // the root, from the page's folder
}

var pages = []page{{"README.md", ""}, {"docs/benchmarks.md", "../"}}

// parts are what pages have between their marks, by name.
var parts = map[string]func(d *data, p page) string{
	"speed":        chartPart("speed"),
	"prompt":       chartPart("prompt"),
	"decode":       chartPart("decode"),
	"kernels":      chartPart("kernels"),
	"faster":       func(d *data, _ page) string { return d.faster() },
	"reached":      func(d *data, _ page) string { return d.reached() },
	"models":       func(d *data, _ page) string { return d.modelTable() },
	"types":        func(d *data, _ page) string { return d.kernelTable() },
	"profile":      func(d *data, _ page) string { return d.profileTable() },
	"load":         func(d *data, _ page) string { return d.load() },
	"instructions": func(d *data, _ page) string { return d.instructionTable() },
	"origins":      func(d *data, _ page) string { return d.originList() },
}

// fill returns the page's text with its parts as the rows have them.
func (d *data) fill(p page, text string) (string, error) {
	var b strings.Builder
	for {
		m := markBegin.FindStringSubmatchIndex(text)
		if m == nil {
			break
		}
		name := text[m[2]:m[3]]
		end := strings.Index(text[m[1]:], markEnd)
		part := parts[name]
		if part == nil || end < 0 {
			return "", fmt.Errorf("%s: bench:%s: no such part, or no %s after it", p.path, name, markEnd)
		}
		b.WriteString(text[:m[1]] + part(d, p) + markEnd)
		text = text[m[1]+end+len(markEnd):]
	}
	if b.Len() == 0 {
		return "", fmt.Errorf("%s has no <!-- bench:NAME --> … %s", p.path, markEnd)
	}
	return b.String() + text, nil
}

// chartPart returns the part that shows a chart.
func chartPart(name string) func(*data, page) string {
	return func(d *data, p page) string {
		if d.chartOf(name) == nil {
			return "\n"
		}
		return fmt.Sprintf("\n![%s](%sbenchdata/%s.svg)\n", chartAlts[name], p.root, name)
	}
}

// faster is how many times as fast as its best peer chord is, in words.
func (d *data) faster() string {
	span := func(test string) string {
		r := slices.Sorted(maps.Values(d.ratios(test)))
		if len(r) == 0 {
			return "?"
		}
		return fmt.Sprintf("%.1f to %.1f", r[0], r[len(r)-1])
	}
	return fmt.Sprintf("reads prompts %s times and generates text %s times as fast", span("pp"), span("tg"))
}

// reached is the share of the limit that chord reaches while it generates text
// from an empty context.
func (d *data) reached() string {
	var shares []float64
	for _, m := range d.models("tg") {
		if m.own*m.limit > 0 && !strings.Contains(m.test, "@") {
			shares = append(shares, 100*m.own/m.limit)
		}
	}
	if shares == nil {
		return "?"
	}
	return fmt.Sprintf("%.0f to %.0f %%", slices.Min(shares), slices.Max(shares))
}

// originList is how the rows were measured.
func (d *data) originList() string {
	if len(d.origins) == 0 {
		return "\nNothing has been recorded yet.\n"
	}
	var b strings.Builder
	b.WriteString("\n")
	for _, o := range d.origins {
		fmt.Fprintf(&b, "- %s; commit %s; `%s`\n", o.Machine, o.Commit, o.Command)
	}
	return b.String()
}
