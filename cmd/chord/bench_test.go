package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// quick are flags of rows that are measured quickly.
var quick = []string{"bench", "-p", "6", "-n", "3", "-r", "2", "-t", "1"}

// markdownTable returns the cells of a table, its names first.
func markdownTable(t *testing.T, out string) (rows [][]string) {
	t.Helper()
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
		if len(cells) != len(rows[0]) {
			t.Fatalf("%q has %d cells, the first line %d", line, len(cells), len(rows[0]))
		}
	}
	if len(rows) < 3 {
		t.Fatalf("no table in\n%s", out)
	}
	return append(rows[:1], rows[2:]...)
}

// column returns the cells of a column.
func column(t *testing.T, rows [][]string, name string) (cells []string) {
	t.Helper()
	for i, n := range rows[0] {
		if n == name {
			for _, r := range rows[1:] {
				cells = append(cells, r[i])
			}
			return cells
		}
	}
	t.Fatalf("no column %s in %q", name, rows[0])
	return nil
}

// matchAll wants every cell to match.
func matchAll(t *testing.T, cells []string, pattern string) {
	t.Helper()
	for _, c := range cells {
		if !regexp.MustCompile("^(?:" + pattern + ")$").MatchString(c) {
			t.Errorf("%q does not match %s", c, pattern)
		}
	}
}

const ratePattern = `\d+(\.\d\d)? ± \d+(\.\d\d)?`

func TestBenchMarkdown(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags []string
		tests []string
	}{
		{"plain", nil, []string{"pp6", "tg3"}},
		{"lists", []string{"-p", "2,4-5", "-n", "0", "-d", "0,7"}, []string{"pp6", "pp2", "pp4", "pp5", "tg3", "pp6 @ d7", "pp2 @ d7", "pp4 @ d7", "pp5 @ d7", "tg3 @ d7"}},
		{"both", []string{"-pg", "4,2", "--pg=1,1"}, []string{"pp6", "tg3", "pp4+tg2", "pp1+tg1"}},
		{"threads and caches", []string{"-t", "2", "-ctk", "f16,f32", "-ctv", "q8_0"}, []string{"pp6", "tg3", "pp6", "tg3", "pp6", "tg3", "pp6", "tg3"}},
		{"batch sizes", []string{"-b", "4,5", "-ub", "2"}, []string{"pp6", "tg3", "pp6", "tg3"}},
		{"sequences", []string{"--batch", "2,4", "--no-warmup", "-d", "3"}, []string{"pp6 @ d3", "tg3 @ d3", "tg3 x2 @ d3", "tg3 x4 @ d3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows := markdownTable(t, ok(t, "", append(quick, c.flags...)...))
			if got := column(t, rows, "test"); !cmp.Equal(got, c.tests) {
				t.Errorf("got tests %q, want %q", got, c.tests)
			}
			matchAll(t, column(t, rows, "t/s"), ratePattern)
			matchAll(t, column(t, rows, "model"), `llama 4\.5M Q4_0`)
			matchAll(t, column(t, rows, "size"), `2\.40 MiB`)
			matchAll(t, column(t, rows, "params"), `4\.46 M`)
			matchAll(t, column(t, rows, "backend"), `\w+`)
			matchAll(t, column(t, rows, "threads"), `[12]`)
			if c.name == "sequences" {
				matchAll(t, column(t, rows, "of x1")[:2], "")
				matchAll(t, column(t, rows, "of x1")[2:], `\d+\.\d\d`)
			}
			if c.name == "threads and caches" && !cmp.Equal(column(t, rows, "type_k"), []string{"f16", "f16", "f32", "f32", "f16", "f16", "f32", "f32"}) {
				t.Errorf("keys: %q", column(t, rows, "type_k"))
			}
			if c.name == "threads and caches" {
				matchAll(t, column(t, rows, "type_v"), "q8_0")
			}
			if c.name == "batch sizes" && !cmp.Equal(column(t, rows, "n_batch"), []string{"4", "4", "5", "5"}) {
				t.Errorf("batches: %q", column(t, rows, "n_batch"))
			}
		})
	}
}

// A benchLine has the fields of a row that programs read.
type benchLine struct {
	Test    string    `json:"test"`
	Model   string    `json:"model_type"`
	Threads int       `json:"n_threads"`
	Rate    float64   `json:"avg_ts"`
	Median  float64   `json:"median_ts"`
	Samples []float64 `json:"samples_ns"`
}

// checkLines wants the rows of quick.
func checkLines(t *testing.T, lines []benchLine) {
	t.Helper()
	if len(lines) != 2 || lines[0].Test != "pp6" || lines[1].Test != "tg3" {
		t.Fatalf("got %v", lines)
	}
	for _, l := range lines {
		if l.Model != "llama 4.5M Q4_0" || l.Threads != 1 || !(l.Rate > 0) || !(l.Median > 0) || len(l.Samples) != 2 {
			t.Errorf("got %+v", l)
		}
	}
}

func TestBenchJSON(t *testing.T) {
	var lines []benchLine
	if err := json.Unmarshal([]byte(ok(t, "", append(quick, "-o", "json")...)), &lines); err != nil {
		t.Fatal(err)
	}
	checkLines(t, lines)
	lines = nil
	for text := range strings.Lines(ok(t, "", append(quick, "-o", "jsonl")...)) {
		var l benchLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	checkLines(t, lines)
}

func TestBenchCSV(t *testing.T) {
	records, err := csv.NewReader(strings.NewReader(ok(t, "", append(quick, "-o", "csv")...))).ReadAll()
	if err != nil || len(records) != 3 {
		t.Fatalf("%v, %q", err, records)
	}
	if got := column(t, records, "test"); !cmp.Equal(got, []string{"pp6", "tg3"}) {
		t.Errorf("got tests %q", got)
	}
	matchAll(t, column(t, records, "avg_ts"), `\d+(\.\d+)?`)
	matchAll(t, column(t, records, "samples_ns"), `\d+ \d+`)
}

func TestBenchGo(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(ok(t, "", append(quick, "-o", "go")...)), "\n")
	if len(lines) != 8 || !strings.HasPrefix(lines[0], "goos: ") || !strings.HasPrefix(lines[3], "cpu: ") {
		t.Fatalf("got %q", lines)
	}
	matchAll(t, lines[4:6], `BenchmarkPrompt/model=llama-4\.5M-Q4_0/\S*threads=1\S*\s+6\s+[\d.]+ ns/op\s+[\d.]+ tokens/s`)
	matchAll(t, lines[6:8], `BenchmarkDecode/model=llama-4\.5M-Q4_0/\S*threads=1\S*\s+3\s+[\d.]+ ns/op\s+[\d.]+ tokens/s`)
}

// TestBenchLimits wants every row as a share of the machine's limit.
func TestBenchLimits(t *testing.T) {
	rows := markdownTable(t, ok(t, "", append(quick, "--limits", "-r", "1")...))
	matchAll(t, column(t, rows, "limit")[:1], `\d+\.\d+ [GT]op/s peak`)
	matchAll(t, column(t, rows, "limit")[1:], `\d+\.\d+ [GT]B/s read`)
	matchAll(t, column(t, rows, "of limit"), `\d+\.\d %`)
}

func TestBenchLoad(t *testing.T) {
	rows := markdownTable(t, ok(t, "", "bench", "--load", "-r", "2", "-m", tiny(t), "-t", "1,2"))
	if got := column(t, rows, "threads"); !cmp.Equal(got, []string{"1", "2"}) {
		t.Errorf("threads: %q", got)
	}
	for _, name := range []string{"load ms", "first token ms", "plain read ms"} {
		matchAll(t, column(t, rows, name), `\d+\.\d ± \d+\.\d`)
	}
	out := ok(t, "", "bench", "--load", "-r", "2", "-o", "go")
	if n := len(regexp.MustCompile(`(?m)^BenchmarkLoad/\S+\s+1\s+\d+ ns/op\s+\d+ first-token-ns\s+\d+ read-ns`).FindAllString(out, -1)); n != 2 {
		t.Errorf("got %s", out)
	}
	var loads []struct {
		Load  float64 `json:"load_ns"`
		First float64 `json:"first_token_ns"`
	}
	if err := json.Unmarshal([]byte(ok(t, "", "bench", "--load", "-r", "1", "-o", "json")), &loads); err != nil {
		t.Fatal(err)
	}
	if len(loads) != 1 || !(loads[0].Load > 0 && loads[0].First >= loads[0].Load) {
		t.Errorf("got %+v", loads)
	}
}

// TestBenchCtrlC ends in the middle of a row that takes very long, and wants the row
// with the repetitions that were measured.
func TestBenchCtrlC(t *testing.T) {
	var a *app
	rows := 0
	out := &onWrite{f: func(int) error {
		if rows++; rows == 3 { // two lines of the table's head, then the first row
			a.signals <- os.Interrupt
		}
		return nil
	}}
	a = newApp(nil, out, io.Discard)
	a.exit = func(code int) { t.Errorf("left at once with %d", code) }
	code := a.run([]string{"bench", "-p", "4", "-n", "100000", "-r", "1", "-t", "1", "--no-warmup"})
	if code != exitCtrlC {
		t.Errorf("exit %d", code)
	}
	if got := column(t, markdownTable(t, out.buf.String()), "test"); !cmp.Equal(got, []string{"pp4"}) {
		t.Errorf("got %q", got)
	}
}

// TestStatusLine wants the line to be cleared before a result is written, and no
// line without a terminal.
func TestStatusLine(t *testing.T) {
	var terminal bytes.Buffer
	line := &liveLine{w: &terminal, columns: func() int { return 10 }}
	w := &aboveLine{&terminal, line}
	line.set("1 of 2, long")
	if got := screen(terminal.String()); got != "1 of 2…" {
		t.Errorf("got %q", got)
	}
	fmt.Fprint(w, "row")
	line.clear()
	if got := screen(terminal.String()); got != "row" {
		t.Errorf("got %q", got)
	}
	var none *liveLine
	none.set("2 of 2")
	fmt.Fprint(&aboveLine{&terminal, none}, "s")
	if got := screen(terminal.String()); got != "rows" {
		t.Errorf("got %q", got)
	}
}

// TestBenchUsage wants exit 2 and one line for a wrong command line.
func TestBenchUsage(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-p x", "FIRST-LAST"},
		{"-p 0 -n 0", "nothing to measure"},
		{"-pg 5", "P,N"},
		{"-b 0", "want 1"},
		{"--batch 0", "want 1"},
		{"-r 0", "-r 0"},
		{"-o sql", "-o sql"},
		{"-ctk q5_0", "f16, f32, q8_0, q4_0"},
		{"-ctv f16,q4_1", `-ctv "q4_1"`},
		{"--vs '", "no closing '"},
		{"--load -p 5", "--n-prompt"},
		{"--load --limits", "--limits"},
		{"model.gguf", "takes no arguments"},
	} {
		t.Run(c.args, func(t *testing.T) {
			r := do(t, "", append([]string{"bench"}, strings.Fields(c.args)...)...)
			if r.code != exitUsage || !strings.Contains(r.stderr, c.want) || strings.Count(r.stderr, "\n") != 1 || r.out != "" {
				t.Errorf("exit %d, stdout %q, stderr %q, want 2 and one line with %q", r.code, r.out, r.stderr, c.want)
			}
		})
	}
	if r := do(t, "", "bench", "-m", "nosuch.gguf"); r.code != exitFailure || !strings.Contains(r.stderr, "nosuch.gguf") {
		t.Errorf("no such model: exit %d, stderr %q", r.code, r.stderr)
	}
	if r := do(t, "", "run", "--temp=0", "-n=1", "-pg"); r.code != exitUsage || !strings.Contains(r.stderr, "-pg") {
		t.Errorf("run -pg: %+v", r)
	}
}
