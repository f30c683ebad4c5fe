package core

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/jinja"
	"github.com/querent-ai/chord/sample"
	"github.com/querent-ai/chord/server/internal/wire"
)

// An Error is an error as clients see it. Faces print it in their shapes.
type Error struct {
	Status     int
	Type       string // one of the Type constants
	Code       string // "" is printed as null
	Param      string // the field of the request, "" is printed as null
	Message    string
	RetryAfter time.Duration // of 429 and 503; 0: a second
	Allow      string        // of 405
	Err        error         // for the log, not for the client
	RequestID  string        // set when it is printed
}

// The types of errors, which are those of OpenAI and llama-server.
const (
	TypeInvalid     = "invalid_request_error"
	TypeAuth        = "authentication_error"
	TypePermission  = "permission_error"
	TypeNotFound    = "not_found_error"
	TypeServer      = "server_error"
	TypeUnavailable = "unavailable_error"
)

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// BadRequest returns the error of a field with a wrong value.
func BadRequest(param, format string, args ...any) error { return wire.Errorf(param, format, args...) }

// NotFound returns the error of a model that does not exist.
func NotFound(name string) error {
	return &Error{Status: http.StatusNotFound, Type: TypeNotFound, Code: "model_not_found", Param: "model",
		Message: fmt.Sprintf("the model %.200q does not exist", name)}
}

// statusClosed is what the log says of a request whose client has left.
const statusClosed = 499

// Classify is the table of errors: what err is to a client.
func Classify(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return &Error{Status: http.StatusBadRequest, Type: TypeInvalid, Code: "invalid_value", Param: e.Param, Message: e.Error()}
	}
	if e, ok := errors.AsType[*chord.ParamError](err); ok {
		param := fieldName(e.Field)
		return &Error{Status: http.StatusBadRequest, Type: TypeInvalid, Code: "invalid_value", Param: param, Message: param + ": " + e.Reason}
	}
	if e, ok := errors.AsType[*chord.BusyError](err); ok {
		return &Error{Status: http.StatusServiceUnavailable, Type: TypeUnavailable, Code: "busy",
			Message: fmt.Sprintf("%d requests are waiting, try again later", e.Queued), RetryAfter: e.RetryAfter}
	}
	if e, ok := errors.AsType[*jinja.Error](err); ok { // the template refuses the messages
		return &Error{Status: http.StatusBadRequest, Type: TypeInvalid, Code: "template_error", Param: "messages", Message: e.Error()}
	}
	message := strings.TrimPrefix(fmt.Sprint(err), "chord: ")
	switch {
	case errors.Is(err, chord.ErrContextFull):
		return &Error{Status: http.StatusBadRequest, Type: TypeInvalid, Code: "context_length_exceeded", Message: message}
	case errors.Is(err, chord.ErrUnsupported):
		return &Error{Status: http.StatusBadRequest, Type: TypeInvalid, Code: "unsupported", Message: message}
	case errors.Is(err, chord.ErrClosed):
		return &Error{Status: http.StatusServiceUnavailable, Type: TypeUnavailable, Code: "model_unloaded", Message: "the model was unloaded", Err: err}
	case errors.Is(err, context.Canceled):
		return &Error{Status: statusClosed, Type: TypeServer, Code: "cancelled", Message: "the request was cancelled"}
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Status: http.StatusRequestTimeout, Type: TypeInvalid, Code: "timeout", Message: "the request took too long"}
	case errors.Is(err, fs.ErrNotExist):
		return &Error{Status: http.StatusServiceUnavailable, Type: TypeUnavailable, Code: "model_unavailable", Message: "the model's file is not there", Err: err}
	}
	return &Error{Status: http.StatusInternalServerError, Type: TypeServer, Code: "internal_error", Message: "internal error", Err: err}
}

// fieldName returns the JSON name of a field of chord.ChatParams, given as the field of
// a chord.ParamError.
func fieldName(field string) string {
	_, name, ok := strings.Cut(field, ".")
	if !ok {
		return field
	}
	name, rest, more := strings.Cut(name, "[")
	if more {
		rest = "[" + rest
	}
	for _, f := range sample.Fields() {
		if f.Name == name {
			return f.JSON + rest
		}
	}
	if f, ok := reflect.TypeFor[chord.ChatParams]().FieldByName(name); ok {
		if json, _, _ := strings.Cut(f.Tag.Get("json"), ","); json != "" && json != "-" {
			return json + rest
		}
	}
	return strings.ToLower(name) + rest
}

// Closed returns the error of a model that is no longer loaded.
func Closed() error { return fmt.Errorf("server: %w", chord.ErrClosed) }
