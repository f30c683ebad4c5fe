package main

import (
	"bytes"
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// chartTitles are the charts by the names of their files, and their titles.
var chartTitles = map[string]string{
	"prompt":  "Reading a prompt, tokens a second",
	"decode":  "Decoding, tokens a second",
	"kernels": "Kernels, % of what the machine can do",
}

// chartNames are the charts in README's order.
var chartNames = []string{"prompt", "decode", "kernels"}

// A chart is groups of bars.
type chart struct {
	labels []string    // of the groups
	series []string    // of the bars in each
	values [][]float64 // by series and group; 0: no bar
}

// colors of the series, which have the same ones in every chart: chord's, the
// peers', the limit's.
var colors = map[string]color.Color{
	chord:          color.RGBA{R: 0x1f, G: 0x6f, B: 0xb4, A: 0xff},
	"llama.cpp":    color.RGBA{R: 0xf2, G: 0x8e, B: 0x2b, A: 0xff},
	"ik_llama.cpp": color.RGBA{R: 0x8c, G: 0xb3, B: 0x69, A: 0xff},
	bound:          color.RGBA{R: 0xbb, G: 0xbb, B: 0xbb, A: 0xff},
}

// rest are the colours of other series, in turn.
var rest = []color.Color{
	color.RGBA{R: 0x1f, G: 0x6f, B: 0xb4, A: 0xff},
	color.RGBA{R: 0x72, G: 0xb7, B: 0xe5, A: 0xff},
	color.RGBA{R: 0xf2, G: 0x8e, B: 0x2b, A: 0xff},
	color.RGBA{R: 0x8c, G: 0xb3, B: 0x69, A: 0xff},
}

// chartOf returns the chart of that name, nil if there are no rows for it.
func (d *data) chartOf(name string) *chart {
	switch name {
	case "prompt":
		return d.models("pp")
	case "decode":
		return d.models("tg")
	}
	return d.kernels()
}

// models is the tests whose names begin with test, by engine.
func (d *data) models(test string) *chart {
	c := &chart{series: d.distinct("Model", "engine")}
	c.values = make([][]float64, len(c.series))
	for _, row := range d.distinct("Model", "model", "type", "test", "threads") {
		k := strings.Split(row, " ")
		if !strings.HasPrefix(k[2], test) {
			continue
		}
		c.labels = append(c.labels, k[0]+" "+k[1]+"\n"+k[2]+", "+k[3]+" thr.")
		for i, e := range c.series {
			v := d.find("Model", "model", k[0], "type", k[1], "test", k[2], "threads", k[3], "engine", e)
			c.values[i] = append(c.values[i], v["tok/s"])
		}
	}
	if c.labels == nil {
		return nil
	}
	return c.withoutEmpty()
}

// withoutEmpty drops series that have no bar.
func (c *chart) withoutEmpty() *chart {
	out := &chart{labels: c.labels}
	for i, values := range c.values {
		if slices.Max(values) > 0 {
			out.series, out.values = append(out.series, c.series[i]), append(out.values, values)
		}
	}
	return out
}

// kernels is the best tier's share of the limits, by type.
func (d *data) kernels() *chart {
	tiers := d.distinct("Gemv", "impl")
	if tiers == nil {
		return nil
	}
	c := &chart{series: []string{"one token, 1 thread", "one token, 2 threads", "many tokens", bound}}
	c.values = make([][]float64, len(c.series))
	for _, typ := range d.distinct("Gemv", "type") {
		c.labels = append(c.labels, typ)
		for i, v := range []map[string]float64{
			d.find("Gemv", "type", typ, "impl", tiers[0], "threads", "1"),
			d.find("Gemv", "type", typ, "impl", tiers[0], "threads", "2"),
			d.find("Gemm", "type", typ, "impl", tiers[0]),
			{"of-limit": 1},
		} {
			c.values[i] = append(c.values[i], 100*v["of-limit"])
		}
	}
	return c
}

// barWidth and height are points of an SVG.
const (
	barWidth = 10
	height   = 320
)

// svg draws the chart. The same chart gives the same bytes.
func (c *chart) svg(title string) ([]byte, error) {
	p, err := c.plot(title)
	if err != nil {
		return nil, err
	}
	canvas := vgsvg.New(c.width(), vg.Points(height))
	const margin = 6 // above the title and around the axes' ends
	p.Draw(draw.Crop(draw.New(canvas), vg.Points(margin), vg.Points(-margin), vg.Points(margin), vg.Points(-margin)))
	var b bytes.Buffer
	_, err = canvas.WriteTo(&b)
	return b.Bytes(), err
}

// width is that of the labels or the bars, whichever need more.
func (c *chart) width() vg.Length {
	letters := 0
	for _, l := range c.labels {
		for line := range strings.Lines(l) {
			letters = max(letters, len(line))
		}
	}
	group := max(6*letters+10, barWidth*(len(c.series)+2))
	return vg.Points(float64(100 + len(c.labels)*group))
}

// plot lays the bars of a group side by side, and leaves room for the legend
// above them.
func (c *chart) plot(title string) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = title
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.Padding = vg.Points(3)
	p.NominalX(c.labels...)
	for i, s := range c.series {
		bars, err := plotter.NewBarChart(plotter.Values(c.values[i]), vg.Points(barWidth))
		if err != nil {
			return nil, err
		}
		bars.LineStyle.Width = 0
		bars.Offset = vg.Points(barWidth) * vg.Length(2*i-len(c.series)+1) / 2
		bars.Color = colors[s]
		if bars.Color == nil {
			bars.Color = rest[i%len(rest)]
		}
		p.Add(bars)
		p.Legend.Add(s, bars)
	}
	p.X.Min, p.X.Max = -0.7, float64(len(c.labels))-0.3
	p.Y.Min = 0
	p.Y.Max *= 1 + 0.1*float64(len(c.series))
	return p, nil
}
