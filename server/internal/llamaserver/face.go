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
	post := func(path string, h core.Handler, d core.Doc) core.Route {
		return core.Route{Method: http.MethodPost, Path: path, Handle: h, Doc: d}
	}
	get := func(path string, h core.Handler, answer any, query ...core.Query) core.Route {
		return core.Route{Method: http.MethodGet, Path: path, Handle: h, Doc: core.Doc{Answers: []any{answer}, Query: append(query, model)}}
	}
	act := post("/slots/{id}", s.act, core.Doc{Summary: "Save, restore or forget the text of a slot.", Body: slotRequest{},
		Answers: []any{savedAnswer{}, restoredAnswer{}, erasedAnswer{}}, Query: []core.Query{{Name: "action", Values: []string{"save", "restore", "erase"}}}})
	act.NoBody = true
	set := post("/lora-adapters", setAdapters, core.Doc{Summary: "Scale the adapters.", Body: []core.AdapterScale{}, Answers: []any{successAnswer{}}, Query: []core.Query{model}})
	return &core.Face{Name: "llama-server", Error: errorBody, Routes: append(texts(s),
		post("/tokenize", tokenize, core.Doc{Summary: "The tokens of a text.", Body: tokenizeRequest{}, Answers: []any{tokenizeAnswer{}}}),
		post("/detokenize", detokenize, core.Doc{Summary: "The text of tokens.", Body: detokenizeRequest{}, Answers: []any{detokenizeAnswer{}}}),
		post("/apply-template", applyTemplate, core.Doc{Summary: "The prompt of a chat.", Body: templateRequest{}, Answers: []any{templateAnswer{}}}),
		get("/props", props, propsAnswer{}), get("/slots", s.list, []slotOut{}, core.Query{Name: "fail_on_no_slot"}), act,
		get("/lora-adapters", listAdapters, []adapterOut{}), set,
	)}
}

// model is the parameter that names a model.
var model = core.Query{Name: "model"}

// texts returns the routes that have more than one path.
func texts(s *slots) (list []core.Route) {
	completion := core.Doc{Summary: "The continuation of prompts.", Body: completionRequest{}, Sampling: true,
		Answers: []any{finalOut{}, []finalOut{}, map[string]any{}, []map[string]any{}}, // the last two with response_fields
		Events:  []any{partOut{}, finalOut{}, map[string]any{}}}
	infill := completion
	infill.Summary, infill.Body = "The text of a gap.", infillRequest{}
	ranked := core.Doc{Summary: "The relevance of documents.", Body: rerankRequest{}, Answers: []any{rerankAnswer{}, []teiRanked{}}}
	cohere := ranked
	cohere.Answers = []any{cohereAnswer{}}
	for _, r := range []struct {
		path   string
		handle core.Handler
		doc    core.Doc
	}{
		{"/completion", s.completion, completion}, {"/completions", s.completion, completion}, {"/infill", s.infill, infill},
		{"/rerank", rerank, ranked}, {"/reranking", rerank, ranked}, {"/v1/rerank", rerank, ranked}, {"/v1/reranking", rerank, ranked},
		{"/v2/rerank", rerankCohere, cohere},
	} {
		list = append(list, core.Route{Method: http.MethodPost, Path: r.path, Handle: r.handle, Doc: r.doc})
	}
	return list
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
