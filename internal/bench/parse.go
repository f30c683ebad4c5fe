package bench

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A Result is one row that llama-bench or chord bench printed.
type Result struct {
	Test    Test
	Threads int       // 0 if the row does not say
	Rate    float64   // tokens a second, the row's own mean or median
	Samples []float64 // tokens a second of each repetition, if the row has them
	Shares  []float64 // share of the machine's limit that each repetition reached; chord bench --limits alone has it
}

// Rates returns the rate of each repetition, or the row's where it has no
// samples.
func (r Result) Rates() []float64 {
	if len(r.Samples) == 0 {
		return []float64{r.Rate}
	}
	return r.Samples
}

// Parse reads what llama-bench or chord bench prints: JSON, an array or one
// object a line, else CSV, else a table in Markdown. Lines before it are
// skipped, and so are rows without a test or a rate. No rows at all are an
// error.
func Parse(out []byte) ([]Result, error) {
	for _, parse := range []func([]byte) []Result{parseJSON, parseCSV, parseMarkdown} {
		if rs := parse(out); len(rs) > 0 {
			return rs, nil
		}
	}
	return nil, errors.New("no rows as llama-bench prints them: want its -o json, jsonl, csv or md")
}

// parseJSON reads arrays of rows, or rows, from the first line that begins one.
func parseJSON(out []byte) []Result {
	for at := range out {
		if out[at] != '[' && out[at] != '{' || at > 0 && out[at-1] != '\n' {
			continue
		}
		var rs []Result
		for d := json.NewDecoder(bytes.NewReader(out[at:])); ; {
			var v json.RawMessage
			if err := d.Decode(&v); err != nil {
				break
			}
			rs = append(rs, parseRows(v)...)
		}
		if len(rs) > 0 {
			return rs
		}
	}
	return nil
}

// parseRows reads a row or an array of rows.
func parseRows(v json.RawMessage) []Result {
	var objects []map[string]any
	if json.Unmarshal(v, &objects) != nil {
		objects = make([]map[string]any, 1)
		if json.Unmarshal(v, &objects[0]) != nil {
			return nil
		}
	}
	var rs []Result
	for _, o := range objects {
		text := map[string]string{}
		for k, x := range o {
			text[k] = strings.Trim(fmt.Sprint(x), "[]") // a list as CSV has it
		}
		if r, ok := resultOf(text); ok {
			rs = append(rs, r)
		}
	}
	return rs
}

// parseCSV reads rows after a line of names.
func parseCSV(out []byte) []Result {
	start := bytes.Index(out, []byte("avg_ts"))
	if start < 0 {
		return nil
	}
	start = bytes.LastIndexByte(out[:start], '\n') + 1
	c := csv.NewReader(bytes.NewReader(out[start:]))
	c.FieldsPerRecord = -1
	names, err := c.Read()
	if err != nil {
		return nil
	}
	var rs []Result
	for {
		fields, err := c.Read()
		if err == io.EOF {
			return rs
		}
		if err != nil {
			return nil
		}
		if r, ok := resultOf(zip(names, fields)); ok {
			rs = append(rs, r)
		}
	}
}

// parseMarkdown reads the rows of a table.
func parseMarkdown(out []byte) []Result {
	var names []string
	var rs []Result
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			continue
		}
		fields := strings.Split(strings.Trim(line, "|"), "|")
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		if names == nil {
			names = fields
			continue
		}
		row := zip(names, fields)
		rate, _, _ := strings.Cut(row["t/s"], "±")
		row["avg_ts"], row["n_threads"] = strings.TrimSpace(rate), row["threads"]
		if r, ok := resultOf(row); ok {
			rs = append(rs, r)
		}
	}
	return rs
}

// zip returns fields by their names.
func zip(names, fields []string) map[string]string {
	row := map[string]string{}
	for i := range min(len(names), len(fields)) {
		row[names[i]] = fields[i]
	}
	return row
}

// resultOf returns the result in a row of named fields.
func resultOf(row map[string]string) (Result, bool) {
	rate, err := strconv.ParseFloat(row["avg_ts"], 64)
	if err != nil || !(rate > 0) {
		return Result{}, false
	}
	test, err := testOf(row)
	if err != nil {
		return Result{}, false
	}
	threads, _ := strconv.Atoi(row["n_threads"])
	return Result{test, threads, rate, numbers(row["samples_ts"]), numbers(row["samples_share"])}, true
}

// testOf returns the test of a row, by its name or by the fields of numbers.
func testOf(row map[string]string) (Test, error) {
	if name := row["test"]; name != "" {
		return ParseTest(name)
	}
	t := Test{Seqs: 1}
	for field, to := range map[string]*int{"n_prompt": &t.Prompt, "n_gen": &t.Gen, "n_depth": &t.Depth} {
		*to, _ = strconv.Atoi(row[field])
	}
	return ParseTest(t.Name())
}

// numbers returns the numbers in a text with spaces between them, nil if one of
// them is not above 0.
func numbers(text string) []float64 {
	var xs []float64
	for word := range strings.FieldsSeq(text) {
		x, err := strconv.ParseFloat(word, 64)
		if err != nil || !(x > 0) {
			return nil
		}
		xs = append(xs, x)
	}
	return xs
}
