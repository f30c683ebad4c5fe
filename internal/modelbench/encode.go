package modelbench

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A table is CSV with a line of names. A list of numbers is one field, separated by
// spaces.
type table struct {
	w     *csv.Writer
	build string
	rows  int
}

func newTable(w io.Writer, build string) *table { return &table{w: csv.NewWriter(w), build: build} }

func (t *table) row(r *row) error      { return t.write(r.fields(t.build)) }
func (t *table) load(r *loadRow) error { return t.write(r.fields(t.build)) }
func (t *table) end() error            { return nil }

func (t *table) write(fs []field) error {
	var names, values []string
	for _, f := range fs {
		names, values = append(names, f.name), append(values, cell(f.value))
	}
	if t.rows == 0 {
		if err := t.w.Write(names); err != nil {
			return err
		}
	}
	t.rows++
	if err := t.w.Write(values); err != nil {
		return err
	}
	t.w.Flush()
	return t.w.Error()
}

// cell returns a value as the text of a field.
func cell(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case float64:
		return plain(x)
	case []float64:
		cells := make([]string, len(x))
		for i := range x {
			cells[i] = plain(x[i])
		}
		return strings.Join(cells, " ")
	}
	return fmt.Sprint(v)
}

// plain returns x without an exponent, which not every program reads.
func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// object returns the inside of a JSON object: the fields that were measured, in
// their order, with sep after each comma.
func object(fs []field, sep string) ([]byte, error) {
	var b bytes.Buffer
	for _, f := range fs {
		if f.value == nil {
			continue
		}
		v, err := json.Marshal(f.value)
		if err != nil {
			return nil, err
		}
		if b.Len() > 0 {
			b.WriteString("," + sep)
		}
		fmt.Fprintf(&b, "%q: %s", f.name, v)
	}
	return b.Bytes(), nil
}

// A jsonArray is an array of objects.
type jsonArray struct {
	w     io.Writer
	build string
	rows  int
}

func (j *jsonArray) row(r *row) error      { return j.write(r.fields(j.build)) }
func (j *jsonArray) load(r *loadRow) error { return j.write(r.fields(j.build)) }

func (j *jsonArray) write(fs []field) error {
	o, err := object(fs, "\n    ")
	if err != nil {
		return err
	}
	open := "[\n"
	if j.rows > 0 {
		open = ",\n"
	}
	j.rows++
	_, err = fmt.Fprintf(j.w, "%s  {\n    %s\n  }", open, o)
	return err
}

func (j *jsonArray) end() error {
	text := "\n]\n"
	if j.rows == 0 {
		text = "[]\n"
	}
	_, err := io.WriteString(j.w, text)
	return err
}

// A jsonLines is an object a line.
type jsonLines struct {
	w     io.Writer
	build string
}

func (j *jsonLines) row(r *row) error      { return j.write(r.fields(j.build)) }
func (j *jsonLines) load(r *loadRow) error { return j.write(r.fields(j.build)) }
func (j *jsonLines) end() error            { return nil }

func (j *jsonLines) write(fs []field) error {
	o, err := object(fs, " ")
	if err == nil {
		_, err = fmt.Fprintf(j.w, "{%s}\n", o)
	}
	return err
}
