// Package anthropic is the face of Anthropic's API: messages, the counting of their
// tokens, and models.
package anthropic

import (
	"net/http"

	"github.com/querent-ai/chord/server/internal/core"
)

// Face returns the face.
func Face() *core.Face {
	return &core.Face{Name: "anthropic", Prefix: "/v1/messages", Error: errorBody, ErrorEvent: "error", Header: header, Routes: []core.Route{
		{Method: http.MethodPost, Path: "/v1/messages", Handle: messages,
			Doc: core.Doc{Summary: "The answer to a chat, with Anthropic's API.", Body: request{}, Sampling: true, Answers: []any{messageOut{}}, Events: []any{event{}}}},
		{Method: http.MethodPost, Path: "/v1/messages/count_tokens", Handle: countTokens,
			Doc: core.Doc{Summary: "The number of tokens of a chat.", Body: request{}, Sampling: true, Answers: []any{countAnswer{}}}},
		{Method: http.MethodGet, Path: "/v1/models", Handle: listModels, When: versioned},
		{Method: http.MethodGet, Path: "/v1/models/{name...}", Handle: showModel, When: versioned},
	}}
}

// versioned reports whether a request is one of Anthropic's API, which a header says.
func versioned(q *http.Request) bool { return q.Header.Get("Anthropic-Version") != "" }

// requestID returns the id of a request as the API has it.
func requestID(id string) string { return "req_" + id }

// header sets the header that every answer has.
func header(h http.Header, x *core.Exchange) { h.Set("Request-Id", requestID(x.ID)) }

// words are the types of errors by status.
var words = map[int]string{
	http.StatusUnauthorized:          "authentication_error",
	http.StatusForbidden:             "permission_error",
	http.StatusNotFound:              "not_found_error",
	http.StatusRequestTimeout:        "timeout_error",
	http.StatusRequestEntityTooLarge: "request_too_large",
	http.StatusTooManyRequests:       "rate_limit_error",
	http.StatusServiceUnavailable:    "overloaded_error",
}

// errorBody returns the body of an error.
func errorBody(e *core.Error) any {
	word := words[e.Status]
	switch {
	case word != "":
	case e.Status >= http.StatusInternalServerError:
		word = "api_error"
	default:
		word = "invalid_request_error"
	}
	type body struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	}
	return struct {
		Type      string `json:"type"`
		Error     body   `json:"error"`
		RequestID string `json:"request_id"`
	}{"error", body{word, e.Message}, requestID(e.RequestID)}
}

// deref returns *p, or the zero value of nil.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
