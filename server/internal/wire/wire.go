// Package wire decodes the JSON of requests strictly: names are case-sensitive, names
// given twice, invalid UTF-8 and lone surrogates are errors, null is as good as absent,
// and an error names the field.
package wire

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxDepth is the maximum depth of objects and arrays.
const MaxDepth = 96

// An Error is an error of a request.
type Error struct {
	Param  string // the field, such as "messages[0].content"; "" for the whole
	Reason string
}

// Error returns the message.
func (e *Error) Error() string {
	if e.Param == "" {
		return e.Reason
	}
	return e.Param + ": " + e.Reason
}

// Errorf returns an Error.
func Errorf(param, format string, args ...any) error {
	return &Error{param, fmt.Sprintf(format, args...)}
}

// Raw is a JSON value that is decoded later, nil if it is absent or null.
type Raw []byte

// UnmarshalJSON keeps the value.
func (r *Raw) UnmarshalJSON(b []byte) error {
	*r = nil
	if string(b) != "null" {
		*r = append(*r, b...)
	}
	return nil
}

// MarshalJSON returns the value.
func (r Raw) MarshalJSON() ([]byte, error) {
	if r == nil {
		return []byte("null"), nil
	}
	return r, nil
}

// Kind returns what the value is: '"', '0', '{', '[', 't', 'f', or 0 if it is nil.
func (r Raw) Kind() byte {
	if len(r) == 0 {
		return 0
	}
	return byte(jsontext.Value(r).Kind())
}

// Decode decodes a body, a JSON object, into v. Members that v has no field for are
// ignored.
func Decode(body []byte, v any) error {
	switch kind := jsontext.Value(body).Kind(); {
	case len(strings.TrimSpace(string(body[:min(len(body), 64)]))) == 0:
		return Errorf("", "the body is empty, want a JSON object")
	case kind != '{' && kind != 0:
		return Errorf("", "the body is %s, want an object", kinds[kind])
	}
	return DecodeAt("", body, v)
}

// DecodeAt decodes a value, the field param of a request, into v.
func DecodeAt(param string, raw []byte, v any) error {
	if depth(raw) > MaxDepth {
		return Errorf(param, "JSON is more than %d levels deep", MaxDepth)
	}
	return within(param, json.Unmarshal(raw, v))
}

// within converts an error of package json.
func within(param string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		at := param
		if s, ok := errors.AsType[*json.SemanticError](err); ok {
			at = join(param, s.JSONPointer)
		}
		return &Error{joined(at, e.Param), e.Reason}
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at := join(param, e.JSONPointer)
		if errors.Is(e.Err, jsontext.ErrDuplicateName) {
			return Errorf(at, "the name is given twice")
		}
		return Errorf(at, "invalid JSON at byte %d: %s", e.ByteOffset, strings.TrimPrefix(e.Err.Error(), "jsontext: "))
	}
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		return semantic(join(param, e.JSONPointer), e)
	}
	return Errorf(param, "%v", err)
}

// semantic says what a value is and what it should be.
func semantic(at string, e *json.SemanticError) error {
	got, want := kinds[e.JSONKind], wanted(e.GoType)
	switch {
	case got == "" || want == "":
		return Errorf(at, "invalid value")
	case got == "a number" && (want == "a number" || want == "an integer"):
		return Errorf(at, "%.40s is out of range or no integer, want %s", e.JSONValue, want)
	}
	return Errorf(at, "is %s, want %s", got, want)
}

var kinds = map[jsontext.Kind]string{'n': "null", 'f': "a boolean", 't': "a boolean", '"': "a string",
	'0': "a number", '{': "an object", '[': "an array"}

// wanted names the JSON value of a Go type.
func wanted(t reflect.Type) string {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == nil:
		return ""
	case t.Kind() == reflect.String:
		return "a string"
	case t.Kind() == reflect.Bool:
		return "a boolean"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
		return "an integer"
	case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
		return "a number"
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		return "an array"
	case t.Kind() == reflect.Struct || t.Kind() == reflect.Map:
		return "an object"
	}
	return ""
}

// join returns the name of a field at a pointer from param.
func join(param string, p jsontext.Pointer) string {
	for token := range p.Tokens() {
		if strings.Trim(token, "0123456789") == "" && token != "" {
			param += "[" + token + "]"
			continue
		}
		param = joined(param, token)
	}
	return param
}

// joined returns a.b, or one of them if the other is "".
func joined(a, b string) string {
	if a == "" || b == "" || b[0] == '[' {
		return a + b
	}
	return a + "." + b
}

// depth returns the depth of brackets outside strings.
func depth(b []byte) (most int) {
	now, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if now++; now > most {
				most = now
			}
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}
