// Package openai is the face of OpenAI's API: models, chat completions, completions,
// embeddings, responses, and batches with their files.
package openai

import (
	"net/http"

	"github.com/querent-ai/chord/server/batch"
	"github.com/querent-ai/chord/server/internal/core"
)

// Face returns the face, with files and batches if they have a store.
func Face(files *batch.Store) *core.Face {
	s := newStore()
	return &core.Face{Name: "openai", Error: errorBody, Routes: append([]core.Route{
		{Method: http.MethodGet, Path: "/v1/models", Handle: listModels, Doc: core.Doc{Summary: "The models.", Answers: []any{modelList{}}}},
		{Method: http.MethodGet, Path: "/v1/models/{name...}", Handle: showModel, Doc: core.Doc{Summary: "One model.", Answers: []any{model{}}}},
		{Method: http.MethodPost, Path: "/v1/chat/completions", Handle: chatCompletions,
			Doc: core.Doc{Summary: "The answer to a chat.", Body: chatRequest{}, Sampling: true, Answers: []any{chatBody{}}, Events: []any{chatChunk{}}}},
		{Method: http.MethodPost, Path: "/v1/completions", Handle: completions,
			Doc: core.Doc{Summary: "The continuation of prompts.", Body: textRequest{}, Sampling: true, Answers: []any{textBody{}}, Events: []any{textBody{}}}},
		{Method: http.MethodPost, Path: "/v1/embeddings", Handle: embeddings,
			Doc: core.Doc{Summary: "The vectors of texts.", Body: embedRequest{}, Answers: []any{embedBody{}}}},
		{Method: http.MethodPost, Path: "/v1/responses", Handle: s.responses,
			Doc: core.Doc{Summary: "A response.", Body: responsesRequest{}, Sampling: true, Answers: []any{responseOut{}}, Events: []any{responseEvent{}}}},
		{Method: http.MethodGet, Path: "/v1/responses/{id}", Handle: s.get, Doc: core.Doc{Summary: "A response that was stored.", Answers: []any{responseOut{}}}},
		{Method: http.MethodDelete, Path: "/v1/responses/{id}", Handle: s.delete, NoBody: true,
			Doc: core.Doc{Summary: "Forget a response.", Answers: []any{deletedAnswer{}}}},
	}, shelf{files}.routes()...)}
}

// errorBody returns the body of an error.
func errorBody(e *core.Error) any {
	type body struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    *string `json:"code"`
	}
	return struct {
		Error body `json:"error"`
	}{body{e.Message, e.Type, orNull(e.Param), orNull(e.Code)}}
}

// orNull returns s, null if it is "".
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// A model is a model in OpenAI's API.
type model struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Created int64    `json:"created"`
	OwnedBy string   `json:"owned_by"`
	Aliases []string `json:"aliases,omitempty"`
	Loaded  bool     `json:"loaded"`
	Context int      `json:"context_length,omitempty"` // of a loaded model
	Meta    *meta    `json:"meta,omitempty"`           // of a loaded model
}

// meta describes a model as llama-server does.
type meta struct {
	Context int   `json:"n_ctx"`
	Trained int   `json:"n_ctx_train"`
	Vocab   int   `json:"n_vocab"`
	Dim     int   `json:"n_embd"`
	Size    int64 `json:"size"`
}

// describe returns the description of a model.
func describe(x *core.Exchange, m core.Model) model {
	out := model{ID: m.Name, Object: "model", Created: x.Core.Started.Unix(), OwnedBy: "chord", Aliases: m.Aliases}
	if !m.Modified.IsZero() {
		out.Created = m.Modified.Unix()
	}
	for _, s := range x.Core.Models.Loaded() {
		if s.Model.Name == m.Name {
			i := s.Open.Info()
			out.Loaded, out.Context = true, i.Context
			out.Meta = &meta{i.Context, i.Trained, i.Vocab, i.Dim, i.WeightSize}
		}
	}
	return out
}

// A modelList is all models. Codex wants models too, of a form of its own, and knows
// what to do with none.
type modelList struct {
	Object string  `json:"object"`
	Data   []model `json:"data"`
	Models []any   `json:"models"`
}

// listModels answers with all models.
func listModels(x *core.Exchange) error {
	names, err := x.Core.Models.Names(x.Context())
	if err != nil {
		return err
	}
	list := make([]model, len(names))
	for i, m := range names {
		list[i] = describe(x, m)
	}
	return x.JSON(modelList{"list", list, []any{}})
}

// showModel answers with one model.
func showModel(x *core.Exchange) error {
	name := x.Request.PathValue("name")
	if name == "" {
		return core.NotFound(name)
	}
	m, err := x.Core.Models.Lookup(x.Context(), name)
	if err != nil {
		return err
	}
	return x.JSON(describe(x, m))
}
