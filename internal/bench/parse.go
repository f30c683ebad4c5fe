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

// A result is a row of another program.
type result struct {
	test    string  // as Test.Name has it
	threads int     // 0 if the row does not say
	rate    float64 // tokens a second
}

// parseResults reads what llama-bench prints: JSON, an array or one object a
// line, else CSV, else a table in Markdown. Lines before it are passed over.
func parseResults(out []byte) ([]result, error) {
	for _, parse := range []func([]byte) []result{parseJSON, parseCSV, parseMarkdown} {
		if rs := parse(out); len(rs) > 0 {
			return rs, nil
		}
	}
	return nil, errors.New("printed no rows of llama-bench's: want its -o json, jsonl, csv or md on stdout")
}

// parseJSON reads arrays of rows, or rows.
func parseJSON(out []byte) []result {
	for at := range out {
		if out[at] != '[' && out[at] != '{' || at > 0 && out[at-1] != '\n' {
			continue
		}
		var rs []result
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
func parseRows(v json.RawMessage) []result {
	var objects []map[string]any
	if json.Unmarshal(v, &objects) != nil {
		objects = make([]map[string]any, 1)
		if json.Unmarshal(v, &objects[0]) != nil {
			return nil
		}
	}
	var rs []result
	for _, o := range objects {
		text := map[string]string{}
		for k, x := range o {
			text[k] = fmt.Sprint(x)
		}
		if r, ok := resultOf(text); ok {
			rs = append(rs, r)
		}
	}
	return rs
}

// parseCSV reads rows after a line of names.
func parseCSV(out []byte) []result {
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
	var rs []result
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
func parseMarkdown(out []byte) []result {
	var names []string
	var rs []result
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

// resultOf returns the result that a row of named fields is.
func resultOf(row map[string]string) (result, bool) {
	rate, err := strconv.ParseFloat(row["avg_ts"], 64)
	if err != nil || rate <= 0 {
		return result{}, false
	}
	threads, _ := strconv.Atoi(row["n_threads"])
	test := strings.Join(strings.Fields(row["test"]), " ")
	if test == "" {
		t := Test{Seqs: 1}
		for field, to := range map[string]*int{"n_prompt": &t.Prompt, "n_gen": &t.Gen, "n_depth": &t.Depth} {
			*to, _ = strconv.Atoi(row[field])
		}
		test = t.Name()
	}
	return result{test, threads, rate}, test != ""
}
