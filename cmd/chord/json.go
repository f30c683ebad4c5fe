package main

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// printJSON prints v in one line. JSON has no NaN and no infinity: they are the
// strings "NaN", "+Inf" and "-Inf", as in chord inspect.
func (a *app) printJSON(v any) error {
	b, err := appendJSON(nil, reflect.ValueOf(v))
	if err != nil {
		return err
	}
	_, err = a.out.Write(append(b, '\n'))
	return err
}

// appendJSON appends v as encoding/json does, except for numbers that are not
// finite.
func appendJSON(b []byte, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		if x := v.Float(); math.IsNaN(x) || math.IsInf(x, 0) {
			return strconv.AppendQuote(b, strconv.FormatFloat(x, 'g', -1, 64)), nil
		}
	case reflect.Slice:
		var err error
		b = append(b, '[')
		for i := 0; i < v.Len() && err == nil; i++ {
			b, err = appendJSON(appendComma(b, i), v.Index(i))
		}
		return append(b, ']'), err
	case reflect.Struct:
		b, err := appendFields(append(b, '{'), v)
		return append(b, '}'), err
	}
	text, err := json.Marshal(v.Interface())
	return append(b, text...), err
}

// appendFields appends the fields of a struct with the names in their tags, and
// those of embedded structs.
func appendFields(b []byte, v reflect.Value) (_ []byte, err error) {
	for i := 0; i < v.NumField() && err == nil; i++ {
		field := v.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-", options == "omitempty" && v.Field(i).Kind() == reflect.Slice && v.Field(i).Len() == 0:
			continue
		case field.Anonymous && name == "":
			b, err = appendFields(b, v.Field(i))
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(strconv.AppendQuote(b, name), ':')
		b, err = appendJSON(b, v.Field(i))
	}
	return b, err
}
