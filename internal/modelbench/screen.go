package modelbench

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/querent-ai/chord/internal/bench"
	"github.com/querent-ai/chord/internal/par"
)

// A Screen is what the format text is made for: so many columns, 80 if 0, and colours if
// it has some. With lines, the table is drawn anew after each row, while it fits.
type Screen struct {
	Columns, Lines int
	Color          bool
}

// A screen is a table with a bar for people. What is the same in all rows stands above it.
type screen struct {
	w     io.Writer
	plan  Plan
	rows  []*row
	loads []*loadRow
	drawn int // lines that are on the terminal
}

// row takes a row, and shows it where that is possible.
func (s *screen) row(r *row) error {
	s.rows = append(s.rows, r)
	return s.draw(s.text())
}

// load takes a row of loading.
func (s *screen) load(r *loadRow) error {
	s.loads = append(s.loads, r)
	return s.draw(s.text())
}

// draw replaces the table on the terminal. One that is too long waits for the end.
func (s *screen) draw(text string) error {
	if n := strings.Count(text, "\n"); n+2 <= s.plan.Screen.Lines {
		return s.replace(text, n)
	}
	return nil
}

// replace writes text, of n lines, in place of what was drawn before.
func (s *screen) replace(text string, n int) error {
	if s.drawn > 0 {
		text = fmt.Sprintf("\x1b[%dA\x1b[J", s.drawn) + text
	}
	s.drawn = n
	_, err := io.WriteString(s.w, text)
	return err
}

// end writes the table and what it means.
func (s *screen) end() error {
	if len(s.rows)+len(s.loads) == 0 {
		return nil
	}
	return s.replace(s.text()+"\n"+s.paint("\x1b[2m", s.wrap(s.legend())), 0)
}

// paint colours the lines of text.
func (s *screen) paint(color, text string) string {
	if !s.plan.Screen.Color {
		return text
	}
	return color + strings.TrimSuffix(text, "\n") + "\x1b[0m\n"
}

// wrap breaks the paragraphs of text at the width of the screen.
func (s *screen) wrap(text string) string {
	var b strings.Builder
	for paragraph := range strings.Lines(text) {
		n := 0
		for _, word := range strings.Fields(paragraph) {
			size := utf8.RuneCountInString(word)
			if n > 0 && n+1+size > s.columns() {
				b.WriteByte('\n')
				n = 0
			} else if n > 0 {
				b.WriteByte(' ')
				n++
			}
			b.WriteString(word)
			n += size
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// columns returns the width of the screen.
func (s *screen) columns() int { return cmp.Or(s.plan.Screen.Columns, 80) }

// text returns head and table.
func (s *screen) text() string {
	var rows []cells
	for _, r := range s.loads {
		rows = append(rows, loadCells(r))
	}
	full := s.full()
	for _, r := range s.rows {
		rows = append(rows, rowCells(r, full(r)))
	}
	return s.wrap(s.title()) + "\n" + s.table(rows)
}

// title returns what is the same in all rows: models, tier, threads, cache.
func (s *screen) title() string {
	var models, threads, caches []string
	take := func(in Info, n int, c cache) {
		models = append(models, fmt.Sprintf("%s: %s, %s, %s weights", in.File, in.Type, sizeText(in.Size), paramsText(in.Params)))
		threads, caches = append(threads, fmt.Sprint(n)), append(caches, c.String())
	}
	tier := ""
	for _, r := range s.rows {
		take(r.Info, r.threads, r.cache)
		tier = r.tier
	}
	for _, r := range s.loads {
		take(r.Info, r.threads, r.cache)
		tier = r.tier
	}
	how := "kernels " + tier
	if threads = slices.Compact(threads); len(threads) == 1 {
		how += ", threads " + threads[0]
	}
	if caches = slices.Compact(caches); len(caches) == 1 {
		how += ", cache " + caches[0]
	}
	return strings.Join(append(slices.Compact(models), how), "\n")
}

// legend explains the columns.
func (s *screen) legend() string {
	p := s.plan
	text := fmt.Sprintf("median ± standard deviation of %d; build: %s\n", p.Reps, p.Build)
	if p.Reps == 1 {
		text = fmt.Sprintf("measured once; build: %s\n", p.Build)
	}
	if len(s.loads) > 0 {
		return text + "load ÷ read: to a plain read of the file, median of pairs\n"
	}
	text += "pp512 reads a prompt of 512 tokens, tg128 generates 128, @ d64 after 64 others\n"
	switch {
	case p.Limits:
		text += "of limit, and bar: share of a plain read of memory for tg, of the int8 peak for pp; weights that fit in the caches are read faster\n"
	case len(s.rows) > 1 && s.several():
		text += "bar: share of the fastest row that reads, or that generates\n"
	case len(s.rows) > 1:
		text += "bar: share of the fastest row\n"
	}
	if without(p.Seqs, 1) != nil {
		text += "x8: 8 sequences together; of x1: ÷ the rate of one, median of pairs\n"
	}
	if p.Draft != nil {
		text += "draft: the same text with drafts; of plain: ÷ without, median of pairs; accepted: share of the drafted tokens\n"
	}
	if p.Busy != nil {
		text += fmt.Sprintf("busy: beside a process that keeps %d of %d cores busy; of alone: ÷ tokens/s; time ÷ fair: 1 is a fair share\n", p.Busy.Cores, par.Cores())
	}
	if p.Vs != nil {
		text += "vs: " + p.Vs.String() + "\nratio: chord ÷ vs, median of pairs\n"
	}
	return text
}

// kind tells rows whose bars can be compared.
func kind(r *row) [2]bool { return [2]bool{r.Prompt > 0, r.Gen > 0} }

// several reports whether several rows are of one kind, whose bars then have one scale;
// else all have.
func (s *screen) several() bool {
	seen := map[[2]bool]bool{}
	for _, r := range s.rows {
		if seen[kind(r)] {
			return true
		}
		seen[kind(r)] = true
	}
	return false
}

// full returns a function that returns how full the bar of a row is: 1 is the limit of
// the machine if that was measured, else the fastest row that the row is compared with.
// Without anything to compare there is no bar, -1.
func (s *screen) full() func(*row) float64 {
	if s.plan.Limits {
		return func(r *row) float64 {
			if shares, _ := r.shares(); len(shares) > 0 {
				return min(bench.Median(shares), 1)
			}
			return -1
		}
	}
	several, best := s.several(), map[[2]bool]float64{}
	of := func(r *row) [2]bool {
		if several {
			return kind(r)
		}
		return [2]bool{}
	}
	for _, r := range s.rows {
		best[of(r)] = max(best[of(r)], bench.Median(r.rates()))
	}
	return func(r *row) float64 {
		if len(s.rows) < 2 {
			return -1
		}
		return bench.Median(r.rates()) / best[of(r)]
	}
}
