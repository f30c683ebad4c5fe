//go:build js && wasm

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"syscall/js"

	"github.com/querent-ai/chord"
)

// codes are the codes of errors.
var codes = []struct {
	is   error
	code string
}{
	{chord.ErrFormat, "format"},
	{chord.ErrUnsupported, "unsupported"},
	{chord.ErrBusy, "busy"},
	{chord.ErrContextFull, "context_full"},
	{chord.ErrMismatch, "mismatch"},
	{chord.ErrClosed, "closed"},
	{context.Canceled, "aborted"},
	{context.DeadlineExceeded, "deadline"},
}

// errInvalid is a wrong argument.
type errInvalid struct{ error }

// invalid is err, if there is one, as that of a wrong argument.
func invalid(what string, err error) error {
	if err == nil {
		return nil
	}
	return errInvalid{fmt.Errorf("%s: %w", what, err)}
}

// failure is err as JavaScript throws it.
func failure(err error) js.Value {
	code := "failed"
	for _, c := range codes {
		if errors.Is(err, c.is) {
			code = c.code
			break
		}
	}
	var param *chord.ParamError
	if errors.As(err, &param) || errors.As(err, new(errInvalid)) {
		code = "invalid"
	}
	e := js.Global().Get("Error").New(err.Error())
	e.Set("code", code)
	return e
}

// decode sets v to JSON, of which every key must be known; "" and null leave it.
func decode(what string, text js.Value, v any) error {
	if none(text) {
		return nil
	}
	if text.Type() != js.TypeString {
		return errInvalid{fmt.Errorf("%s: no JSON, but a %v", what, text.Type())}
	}
	d := json.NewDecoder(strings.NewReader(text.String()))
	d.DisallowUnknownFields()
	return invalid(what, d.Decode(v))
}

// encode is v as JSON.
func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
