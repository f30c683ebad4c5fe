// Package openai is the face of OpenAI's API: models, chat completions, completions and
// embeddings.
package openai

import (
	"net/http"
	"time"

	"github.com/querent-ai/chord/server/internal/core"
)

// Face returns the face.
func Face() *core.Face {
	return &core.Face{Name: "openai", Error: errorBody, Routes: []core.Route{
		{Method: http.MethodGet, Path: "/v1/models", Handle: listModels},
		{Method: http.MethodGet, Path: "/v1/models/{name...}", Handle: showModel},
		{Method: http.MethodPost, Path: "/v1/chat/completions", Handle: chatCompletions},
		{Method: http.MethodPost, Path: "/v1/completions", Handle: completions},
		{Method: http.MethodPost, Path: "/v1/embeddings", Handle: embeddings},
	}}
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
}

// describe returns the description of a model.
func describe(x *core.Exchange, m core.Model) model {
	out := model{ID: m.Name, Object: "model", Created: x.Core.Started.Unix(), OwnedBy: "chord", Aliases: m.Aliases}
	if !m.Modified.IsZero() {
		out.Created = m.Modified.Unix()
	}
	for _, s := range x.Core.Models.Loaded() {
		if s.Model.Name == m.Name {
			out.Loaded, out.Context = true, s.Open.Context()
		}
	}
	return out
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
	return x.JSON(struct {
		Object string  `json:"object"`
		Data   []model `json:"data"`
	}{"list", list})
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

// now returns the time of an answer.
func now() int64 { return time.Now().Unix() }
