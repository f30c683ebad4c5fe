package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// object returns fields as a JSON object in their order, without what was not
// measured; sep is between fields.
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
