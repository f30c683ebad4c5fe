package grammar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A value is a JSON value with the order of its keys as written.
type value struct {
	kind  valueKind
	text  string // of a string or a number
	keys  []string
	items []*value // of an array, or of an object beside keys
	path  string   // as a JSON pointer, for errors
	id    int32    // as a schema, see schemas.idOf
}

type valueKind uint8

const (
	valueNull valueKind = iota
	valueFalse
	valueTrue
	valueNumber
	valueString
	valueArray
	valueObject
)

// get returns the member of an object, nil if it is not there.
func (v *value) get(key string) *value {
	if v.kind != valueObject {
		return nil
	}
	for i := len(v.keys) - 1; i >= 0; i-- {
		if v.keys[i] == key {
			return v.items[i]
		}
	}
	return nil
}

// Bounds on a schema: how deep its values lie in one another, how many they are,
// and its bytes. The deepest of JSONSchemaBench have 23 levels.
const (
	maxDepth  = 64
	maxValues = 200_000
	maxSource = 8 << 20
)

// parseValue reads one JSON value.
func parseValue(raw []byte) (*value, error) {
	if len(raw) > maxSource {
		return nil, fmt.Errorf("%d bytes, at most %d", len(raw), maxSource)
	}
	d := &valueReader{Decoder: json.NewDecoder(bytes.NewReader(raw))}
	d.UseNumber()
	v, err := d.read("", 0)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("more than one JSON value")
		}
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return v, err
}

// A valueReader reads values and counts them.
type valueReader struct {
	*json.Decoder
	count int
}

func (d *valueReader) read(path string, depth int) (*value, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("at #%.200s: deeper than %d", path, maxDepth)
	}
	if d.count++; d.count > maxValues {
		return nil, fmt.Errorf("more than %d values", maxValues)
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	v := &value{path: path}
	switch t := t.(type) {
	case nil:
		v.kind = valueNull
	case bool:
		v.kind = valueFalse
		if t {
			v.kind = valueTrue
		}
	case json.Number:
		v.kind, v.text = valueNumber, t.String()
	case string:
		v.kind, v.text = valueString, t
	case json.Delim:
		v.kind = valueArray
		if t == '{' {
			v.kind = valueObject
		}
		return v, d.members(v, depth)
	}
	return v, nil
}

// members reads the rest of an array or an object.
func (d *valueReader) members(v *value, depth int) error {
	for d.More() {
		path := fmt.Sprintf("%s/%d", v.path, len(v.items))
		if v.kind == valueObject {
			k, err := d.Token()
			if err != nil {
				return err
			}
			v.keys = append(v.keys, k.(string))
			path = v.path + "/" + pointerEscape.Replace(k.(string))
		}
		item, err := d.read(path, depth+1)
		if err != nil {
			return err
		}
		v.items = append(v.items, item)
	}
	_, err := d.Token()
	return err
}

// write appends v as JSON with the blanks that Python's json.dumps writes.
func (v *value) write(b []byte) []byte {
	switch v.kind {
	case valueNull:
		return append(b, "null"...)
	case valueFalse:
		return append(b, "false"...)
	case valueTrue:
		return append(b, "true"...)
	case valueNumber:
		return append(b, v.text...)
	case valueString:
		return append(append(append(b, '"'), quoted(v.text)...), '"')
	}
	b = append(b, map[valueKind]byte{valueArray: '[', valueObject: '{'}[v.kind])
	for i, a := range v.items {
		if i > 0 {
			b = append(b, ", "...)
		}
		if v.kind == valueObject {
			b = append(append(append(b, '"'), quoted(v.keys[i])...), `": `...)
		}
		b = a.write(b)
	}
	return append(b, map[valueKind]byte{valueArray: ']', valueObject: '}'}[v.kind])
}
