package main

import (
	"bytes"
	"fmt"
	"html"
	"slices"
)

// Sizes of a chart, in pixels. letter is the width that a letter of the labels
// has at most in the fonts below, but for a few.
const (
	margin    = 20
	letter    = 6.7
	barHeight = 14
	rowGap    = 8
	lineReach = 5 // of the line at 1, above and below the bars
	chartSize = 780
)

// chartStyle is in every chart: its own background, so that it can be read on
// any page, and a dark one where the reader's system is dark.
const chartStyle = `<style>
text { font: 12px system-ui, -apple-system, "Segoe UI", "Liberation Sans", Arial, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.note { fill: #59636e }
.value { font-weight: 600 }
.page { fill: #ffffff; stroke: #d1d9e0 }
.bar0 { fill: #0a6cc4 }
.bar1 { fill: #a9b4c0 }
.line { stroke: #1f2328; stroke-width: 1.5; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.note { fill: #9198a1 }
.page { fill: #0d1117; stroke: #3d444d }
.bar0 { fill: #4a9bf0 }
.bar1 { fill: #59636e }
.line { stroke: #f0f6fc }
}
</style>
`

// svg draws the chart; alt says in words what it shows. The same chart gives the
// same bytes.
func (c *chart) svg(alt string) []byte {
	var b bytes.Buffer
	left := float64(margin)
	for _, row := range c.rows {
		left = max(left, margin+letter*float64(len(row))+8)
	}
	top := 66.0
	if c.panels[0].title != "" || len(c.series) > 1 {
		top += 24
	}
	bottom := top + float64(len(c.rows)*c.rowHeight())
	height := bottom + lineReach + 34
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" viewBox=\"0 0 %d %.0f\" role=\"img\">\n", chartSize, height, chartSize, height)
	fmt.Fprintf(&b, "<title>%s</title>\n%s", html.EscapeString(alt), chartStyle)
	fmt.Fprintf(&b, "<rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%.0f\" rx=\"8\"/>\n", chartSize-1, height-1)
	write(&b, "title", "start", margin, 30, c.title)
	write(&b, "note", "start", margin, 49, c.note)
	for i, row := range c.rows {
		write(&b, "row", "end", left-8, top+float64(i*c.rowHeight()+c.rowHeight()/2)+4, row)
	}
	width := (chartSize - margin - left) / float64(len(c.panels))
	for i, p := range c.panels {
		c.panel(&b, p, left+float64(i)*width, top, width, bottom)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (c *chart) rowHeight() int { return len(c.series)*barHeight + rowGap }

// panel draws the bars of p from x on, and the line at 1.
func (c *chart) panel(b *bytes.Buffer, p panel, x, top, width, bottom float64) {
	const forValue, gap = 48, 12 // right of the longest bar
	unit := (width - forValue - gap) / c.longest()
	switch {
	case len(c.series) > 1:
		c.legend(b, x, top-14)
	case p.title != "":
		write(b, "head", "start", x, top-14, p.title)
	}
	for i, values := range p.values {
		for j, v := range values {
			if v == 0 {
				continue
			}
			y := top + float64(j*c.rowHeight()+i*barHeight) + rowGap/2
			fmt.Fprintf(b, "<rect class=\"bar%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>\n", i, x, y, v*unit, barHeight-1)
			write(b, valueClass(i), "start", max(x+v*unit, c.clear(x+unit, x+v*unit))+5, y+barHeight-3.5, c.label(v))
		}
	}
	fmt.Fprintf(b, "<path class=\"line\" d=\"M%.1f %.1fV%.1f\"/>\n", x+unit, top-lineReach, bottom+lineReach)
	write(b, "note", "middle", x+unit, bottom+lineReach+16, c.line)
}

// longest is the largest value, the line among them: all panels have one scale.
func (c *chart) longest() float64 {
	longest := 1.0
	for _, p := range c.panels {
		for _, v := range p.values {
			longest = max(longest, slices.Max(v))
		}
	}
	return longest
}

// clear returns where a value's label may begin that its bar's end at x does
// not let cross the line.
func (c *chart) clear(line, x float64) float64 {
	if labelEnd := x + 5 + letter*5; x <= line && labelEnd > line {
		return line
	}
	return x
}

// valueClass is the class of the values of a series: chord's stand out.
func valueClass(series int) string {
	if series == 0 {
		return "value"
	}
	return "note"
}

// label is a value in words.
func (c *chart) label(v float64) string {
	if c.percent {
		return fmt.Sprintf("%.0f %%", 100*v)
	}
	return fmt.Sprintf("%.2f×", v)
}

// legend names the series.
func (c *chart) legend(b *bytes.Buffer, x, y float64) {
	for i, s := range c.series {
		fmt.Fprintf(b, "<rect class=\"bar%d\" x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"12\"/>\n", i, x, y-10)
		write(b, "head", "start", x+17, y, s)
		x += 17 + letter*float64(len(s)) + 20
	}
}

// write writes a text.
func write(b *bytes.Buffer, class, anchor string, x, y float64, text string) {
	fmt.Fprintf(b, "<text class=%q text-anchor=%q x=\"%.1f\" y=\"%.1f\">%s</text>\n", class, anchor, x, y, html.EscapeString(text))
}
