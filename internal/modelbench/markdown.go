package modelbench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/querent-ai/chord/internal/bench"
	"github.com/querent-ai/chord/internal/par"
)

// A markdown is a table as llama-bench prints it, except that t/s is the median and
// not the mean: other work on the machine can only make a repetition slower.
type markdown struct {
	w       io.Writer
	plan    Plan
	columns []column
	notes   []string
}

// A column is a column of a table. A negative width aligns it to the left.
type column struct {
	name  string
	width int
}

// row writes a row.
func (m *markdown) row(r *row) error {
	if m.columns == nil {
		m.columns = m.rowColumns(r)
		if err := m.header(); err != nil {
			return err
		}
	}
	cells := map[string]string{
		"model": r.Type, "size": sizeText(r.Size), "params": paramsText(r.Params), "backend": r.tier,
		"threads": fmt.Sprint(r.threads), "n_batch": fmt.Sprint(r.batch), "n_ubatch": fmt.Sprint(r.ubatch),
		"type_k": r.cache.k, "type_v": r.cache.v, "test": r.Name(),
		"t/s": tokensText(r.rates()),
	}
	if xs := r.toOne(); len(xs) > 0 {
		cells["of x1"] = fmt.Sprintf("%.2f", bench.Median(xs))
	}
	if shares, limits := r.shares(); len(shares) > 0 {
		what := rateText(bench.Median(limits), "B/s") + " read"
		if r.Prompt > 0 {
			what = rateText(bench.Median(limits), "op/s") + " peak"
		}
		cells["limit"], cells["of limit"] = what, fmt.Sprintf("%.1f %%", 100*bench.Median(shares))
	}
	if len(r.drafts.rates) > 0 {
		cells["draft t/s"], cells["accepted"] = tokensText(r.drafts.rates), r.drafts.acceptedText()
		cells["of plain"] = fmt.Sprintf("%.2f", bench.Median(r.drafts.ratios()))
	}
	if len(r.beside) > 0 {
		cells["busy t/s"] = tokensText(r.ratesOf(r.beside))
		cells["of alone"], cells["time ÷ fair"] = fmt.Sprintf("%.3f", bench.Median(r.toAlone())), fmt.Sprintf("%.2f", bench.Median(r.toFair()))
	}
	if xs := r.vs(); len(xs) > 0 {
		cells["vs t/s"] = tokensText(numbers(r.others))
		cells["ratio"] = fmt.Sprintf("%.3f", bench.Median(xs))
		m.notes = append(m.notes, fmt.Sprintf("%s, threads %d: pair by pair %s", r.Name(), r.threads, joinFloats(xs, "%.3f", " ")))
	}
	return m.line(cells)
}

// rowColumns returns the columns of llama-bench and those that the plan asks for.
func (m *markdown) rowColumns(r *row) []column {
	cs := []column{{"model", -max(20, len(r.Type))}, {"size", 10}, {"params", 9}, {"backend", -8}, {"threads", 7}}
	if without(m.plan.Batch, defaultBatch) != nil {
		cs = append(cs, column{"n_batch", 7})
	}
	if without(m.plan.UBatch, defaultUBatch) != nil {
		cs = append(cs, column{"n_ubatch", 8})
	}
	if without(m.plan.TypesK, defaultCache) != nil {
		cs = append(cs, column{"type_k", 6})
	}
	if without(m.plan.TypesV, defaultCache) != nil {
		cs = append(cs, column{"type_v", 6})
	}
	cs = append(cs, column{"test", 14}, column{"t/s", 17})
	if without(m.plan.Seqs, 1) != nil {
		cs = append(cs, column{"of x1", 6})
	}
	if m.plan.Draft != nil {
		cs = append(cs, column{"draft t/s", 17}, column{"of plain", 8}, column{"accepted", 12})
	}
	if m.plan.Limits {
		cs = append(cs, column{"limit", 16}, column{"of limit", 8})
	}
	if m.plan.Busy != nil {
		cs = append(cs, column{"busy t/s", 17}, column{"of alone", 8}, column{"time ÷ fair", 11})
	}
	if m.plan.Vs != nil {
		cs = append(cs, column{"vs t/s", 17}, column{"ratio", 6})
	}
	return cs
}

// header writes the first two lines of a table.
func (m *markdown) header() error {
	names, rules := map[string]string{}, map[string]string{}
	for _, c := range m.columns {
		names[c.name] = c.name
		rules[c.name] = strings.Repeat("-", max(c.width, -c.width)-1) + ":"
		if c.width < 0 {
			rules[c.name] = strings.Repeat("-", -c.width)
		}
	}
	if err := m.line(names); err != nil {
		return err
	}
	return m.line(rules)
}

// line writes one line of cells.
func (m *markdown) line(cells map[string]string) error {
	var b strings.Builder
	b.WriteString("|")
	for _, c := range m.columns {
		text := strings.ReplaceAll(cells[c.name], "|", `\|`)
		pad := strings.Repeat(" ", max(0, max(c.width, -c.width)-utf8.RuneCountInString(text)))
		if c.width > 0 {
			text = pad + text
		} else {
			text += pad
		}
		b.WriteString(" " + text + " |")
	}
	_, err := io.WriteString(m.w, b.String()+"\n")
	return err
}

// end writes the legend and the notes.
func (m *markdown) end() error {
	if m.columns == nil {
		return nil
	}
	text := "\n" + m.legend() + "\n"
	if len(m.notes) > 0 {
		text += "\n" + strings.Join(m.notes, "\n") + "\n"
	}
	_, err := io.WriteString(m.w, text)
	return err
}

// legend explains the columns that llama-bench does not have.
func (m *markdown) legend() string {
	s := fmt.Sprintf("median ± standard deviation of %d; build: %s", m.plan.Reps, m.plan.Build)
	if without(m.plan.Seqs, 1) != nil {
		s += "\nx8: tokens of 8 sequences together, a step of all at once; of x1: ÷ the rate of one, median of pairs"
	}
	if m.plan.Draft != nil {
		s += "\ndraft: the same text with drafts; of plain: ÷ without, median of pairs; accepted: share of the drafted tokens"
	}
	if m.plan.Limits {
		s += "\nlimit: plain read of memory for generated tokens (bytes of weights), int8 peak for prompts (2 operations a weight);" +
			" weights that fit in the caches can be read faster"
	}
	if b := m.plan.Busy; b != nil {
		s += fmt.Sprintf("\nbusy: beside a process that keeps %d of %d cores busy; of alone: ÷ t/s, median of pairs;"+
			" time ÷ fair: 1 is what threads and process take if each has the same share of the cores", b.Cores, par.Cores())
	}
	if m.plan.Vs != nil {
		s += "\nvs: " + m.plan.Vs.String() + "\nratio: chord ÷ vs, median of pairs"
	}
	return s
}

// load writes a row of loading.
func (m *markdown) load(r *loadRow) error {
	if m.columns == nil {
		m.columns = []column{{"model", -max(20, len(r.Type))}, {"file", 10}, {"params", 9}, {"backend", -8}, {"threads", 7},
			{"load ms", 17}, {"first token ms", 17}, {"plain read ms", 17}, {"load ÷ read", 11}, {"peak memory", 11}, {"peak ÷ file", 11}}
		if err := m.header(); err != nil {
			return err
		}
	}
	loads, first, reads := bench.Nanoseconds(r.loads), bench.Nanoseconds(r.first), bench.Nanoseconds(r.reads)
	cells := map[string]string{
		"model": r.Type, "file": sizeText(r.file), "params": paramsText(r.Params), "backend": r.tier, "threads": fmt.Sprint(r.threads),
		"load ms": milliseconds(loads), "first token ms": milliseconds(first), "plain read ms": milliseconds(reads),
		"load ÷ read": fmt.Sprintf("%.2f", bench.Median(bench.Ratios(loads, reads))),
	}
	if len(r.peaks) > 0 {
		cells["peak memory"] = sizeText(int64(bench.Median(r.peaks)))
		cells["peak ÷ file"] = fmt.Sprintf("%.3f", bench.Median(r.peaks)/float64(max(r.file, 1)))
	}
	return m.line(cells)
}

// without returns list, or nil if it holds def only: then its column is left out.
func without[T comparable](list []T, def T) []T {
	if slices.Equal(list, []T{def}) {
		return nil
	}
	return list
}
