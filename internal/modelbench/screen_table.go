package modelbench

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/querent-ai/chord/internal/bench"
)

// The characters of a bar: as many as fit, within these.
const (
	leastBar = 8
	mostBar  = 40
)

// barName is the name of the cells that say how full the bars are.
const barName = "bar"

// A named is the text of one column of a row.
type named struct{ name, text string }

// cells are those of one row, in order.
type cells []named

// add adds a cell.
func (c *cells) add(name, format string, args ...any) {
	*c = append(*c, named{name, fmt.Sprintf(format, args...)})
}

// get returns a cell, "" if there is none.
func (c cells) get(name string) string {
	for _, x := range c {
		if x.name == name {
			return x.text
		}
	}
	return ""
}

// rowCells returns the cells of a row whose bar is so full.
func rowCells(r *row, full float64) (c cells) {
	c.add("model", "%s", r.File)
	c.add("test", "%s", r.Name())
	c.add("threads", "%d", r.threads)
	c.add("cache", "%s", r.cache)
	c.add("batch", "%d", r.batch)
	c.add("ubatch", "%d", r.ubatch)
	c.add("tokens/s", "%s", shortTokens(r.rates()))
	if full >= 0 {
		c.add(barName, "%.4f", full)
	}
	if xs := r.toOne(); len(xs) > 0 {
		c.add("of x1", "%.2f", bench.Median(xs))
	}
	if shares, limits := r.shares(); len(shares) > 0 {
		unit := "B/s"
		if r.Prompt > 0 {
			unit = "op/s"
		}
		c.add("of limit", "%.1f %% of %s", 100*bench.Median(shares), rateText(bench.Median(limits), unit))
	}
	if len(r.drafts.rates) > 0 {
		c.add("draft tokens/s", "%s", shortTokens(r.drafts.rates))
		c.add("of plain", "%.2f", bench.Median(r.drafts.ratios()))
		c.add("accepted", "%s", r.drafts.acceptedText())
	}
	if len(r.beside) > 0 {
		c.add("busy tokens/s", "%s", shortTokens(r.ratesOf(r.beside)))
		c.add("of alone", "%.3f", bench.Median(r.toAlone()))
		c.add("time ÷ fair", "%.2f", bench.Median(r.toFair()))
	}
	if xs := r.vs(); len(xs) > 0 {
		c.add("vs tokens/s", "%s", shortTokens(numbers(r.others)))
		c.add("ratio", "%.3f", bench.Median(xs))
	}
	return c
}

// shortTokens returns median and spread of tokens a second with the digits that a person
// reads.
func shortTokens(ts []float64) string {
	m, digits := bench.Median(ts), 2
	switch {
	case m >= 1000:
		digits = 0
	case m >= 100:
		digits = 1
	}
	if len(ts) == 1 {
		return fmt.Sprintf("%.*f", digits, m)
	}
	return fmt.Sprintf("%.*f ± %.*f", digits, m, digits, bench.StdDev(ts))
}

// loadCells returns the cells of a row of loading.
func loadCells(r *loadRow) (c cells) {
	loads, first, reads := bench.Nanoseconds(r.loads), bench.Nanoseconds(r.first), bench.Nanoseconds(r.reads)
	c.add("model", "%s", r.File)
	c.add("threads", "%d", r.threads)
	c.add("cache", "%s", r.cache)
	c.add("load ms", "%s", milliseconds(loads))
	c.add("first token ms", "%s", milliseconds(first))
	c.add("plain read ms", "%s", milliseconds(reads))
	c.add("load ÷ read", "%.2f", bench.Median(bench.Ratios(loads, reads)))
	if len(r.peaks) > 0 {
		c.add("peak memory", "%s", sizeText(int64(bench.Median(r.peaks))))
	}
	return c
}

// optional are columns that are left out where all rows have the same.
var optional = map[string]bool{"model": true, "threads": true, "cache": true, "batch": true, "ubatch": true}

// left are columns that are aligned to the left.
var left = map[string]bool{"model": true, "cache": true, "test": true}

// table returns the rows below the names of their columns. What is wider than the screen
// goes on in a further table. The bar gets what is left of the first one's width.
func (s *screen) table(rows []cells) string {
	names, widths := s.names(rows)
	var keys []string
	free := s.columns()
	for len(names) > 0 && (optional[names[0]] || names[0] == "test") {
		free -= widths[names[0]] + 2
		keys, names = append(keys, names[0]), names[1:]
	}
	var tables []string
	for bar := leastBar; len(names) > 0; bar = 0 {
		n, left := 1, free-widths[names[0]]-2
		for n < len(names) && left-widths[names[n]]-2 >= bar {
			left -= widths[names[n]] + 2
			n++
		}
		if bar == 0 || left < bar {
			left = 0
		}
		tables = append(tables, s.part(rows, slices.Concat(keys, names[:n]), widths, left))
		names = names[n:]
	}
	return strings.Join(tables, "\n")
}

// part returns some columns of a table, with bars of at most that many characters.
func (s *screen) part(rows []cells, names []string, widths map[string]int, bar int) string {
	line := func(text func(name string) string) string {
		var l strings.Builder
		for _, name := range names {
			t := text(name)
			pad := strings.Repeat(" ", widths[name]-utf8.RuneCountInString(t))
			if !left[name] {
				t, pad = pad+t, ""
			}
			l.WriteString(t + pad + "  ")
		}
		return strings.TrimRight(l.String(), " ")
	}
	text := s.paint("\x1b[1m", line(strings.ToUpper)+"\n")
	for _, r := range rows {
		text += line(r.get)
		if full, err := strconv.ParseFloat(r.get(barName), 64); err == nil && bar > 0 {
			text += "  " + strings.TrimSuffix(s.paint("\x1b[32m", drawBar(full, min(bar, mostBar))), "\n")
		}
		text += "\n"
	}
	return text
}

// names returns the names of the columns but the bar, in order, and their widths.
func (s *screen) names(rows []cells) (names []string, widths map[string]int) {
	widths = map[string]int{}
	differ := map[string]bool{}
	for _, r := range rows {
		for _, c := range r {
			if widths[c.name] == 0 {
				names = append(names, c.name)
				widths[c.name] = utf8.RuneCountInString(c.name)
			}
			widths[c.name] = max(widths[c.name], utf8.RuneCountInString(c.text))
			differ[c.name] = differ[c.name] || c.text != rows[0].get(c.name)
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == barName || optional[name] && !differ[name] })
	return names, widths
}

// drawBar returns a bar of n columns, of which a part is full.
func drawBar(part float64, n int) string {
	eighths := int(math.Round(min(max(part, 0), 1) * float64(8*n)))
	text := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		text += string('█' + rune(8-rest)) // ▉ to ▏
	}
	return text
}
