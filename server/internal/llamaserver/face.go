// Package llamaserver is the face of llama-server's own API: completions with all of its
// fields, tokens, templates, gaps, reranking, slots and properties.
package llamaserver

import (
	"net/http"

	"github.com/querent-ai/chord/server/internal/core"
)

// Face returns the face.
func Face() *core.Face {
	s := &slots{}
	return &core.Face{Name: "llama-server", Error: errorBody, Routes: []core.Route{
		{Method: http.MethodPost, Path: "/completion", Handle: s.completion},
		{Method: http.MethodPost, Path: "/completions", Handle: s.completion},
		{Method: http.MethodPost, Path: "/infill", Handle: s.infill},
		{Method: http.MethodPost, Path: "/tokenize", Handle: tokenize},
		{Method: http.MethodPost, Path: "/detokenize", Handle: detokenize},
		{Method: http.MethodPost, Path: "/apply-template", Handle: applyTemplate},
		{Method: http.MethodPost, Path: "/rerank", Handle: rerank},
		{Method: http.MethodPost, Path: "/reranking", Handle: rerank},
		{Method: http.MethodPost, Path: "/v1/rerank", Handle: rerank},
		{Method: http.MethodPost, Path: "/v1/reranking", Handle: rerank},
		{Method: http.MethodPost, Path: "/v2/rerank", Handle: rerankCohere},
		{Method: http.MethodGet, Path: "/props", Handle: props},
		{Method: http.MethodGet, Path: "/lora-adapters", Handle: listAdapters},
		{Method: http.MethodPost, Path: "/lora-adapters", Handle: setAdapters},
		{Method: http.MethodGet, Path: "/slots", Handle: s.list},
		{Method: http.MethodPost, Path: "/slots/{id}", Handle: s.act, NoBody: true},
	}}
}

// An errorOut is the body of an error.
type errorOut struct {
	Error errorIn `json:"error"`
}

type errorIn struct {
	Code    int     `json:"code"`
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
}

// errorBody returns the body of an error, with the words of llama-server for what a
// model cannot do and for prompts that are too long.
func errorBody(e *core.Error) any {
	kind := e.Type
	switch e.Code {
	case "context_length_exceeded":
		kind = "exceed_context_size_error"
	case "unsupported":
		kind = "not_supported_error"
	}
	var param *string
	if e.Param != "" {
		param = &e.Param
	}
	return errorOut{errorIn{e.Status, e.Message, kind, param}}
}

// deref returns *p, or the zero value of nil.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
