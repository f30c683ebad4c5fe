package bench

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A table is CSV with a line of names; numbers in one field have spaces between
// them.
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

// cell returns a value as text.
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

// plain returns x without an exponent, as other programs read it.
func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// joinFloats returns numbers in a format with sep between them.
func joinFloats(xs []float64, format, sep string) string {
	var s []string
	for _, x := range xs {
		s = append(s, fmt.Sprintf(format, x))
	}
	return strings.Join(s, sep)
}
