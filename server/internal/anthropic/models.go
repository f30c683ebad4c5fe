package anthropic

import (
	"slices"
	"strconv"
	"time"

	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A model is a model in Anthropic's API.
type model struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	CreatedAt   string `json:"created_at"`
	MaxInput    int    `json:"max_input_tokens,omitempty"` // of a loaded model
	MaxTokens   int    `json:"max_tokens,omitempty"`
}

// describe returns the description of a model.
func describe(x *core.Exchange, m core.Model) model {
	out := model{Type: "model", ID: m.Name, DisplayName: m.Name, CreatedAt: m.Modified.UTC().Format(time.RFC3339)}
	if m.Modified.IsZero() {
		out.CreatedAt = x.Core.Started.UTC().Format(time.RFC3339)
	}
	for _, s := range x.Core.Models.Loaded() {
		if s.Model.Name == m.Name {
			out.MaxInput = s.Open.Context()
			out.MaxTokens = out.MaxInput
		}
	}
	return out
}

// The numbers of models in a page of the list.
const pageModels, maxPageModels = 20, 1000

// page returns the part of list that a request asks for: limit models after or before
// one, and whether there are more in that direction.
func page(x *core.Exchange, list []core.Model) (part []core.Model, more bool, err error) {
	q, n := x.Request.URL.Query(), pageModels
	if s := q.Get("limit"); s != "" {
		if n, err = strconv.Atoi(s); err != nil || n < 1 || n > maxPageModels {
			return nil, false, wire.Errorf("limit", "%.40q, want 1 to %d", s, maxPageModels)
		}
	}
	at := func(param string) (int, error) {
		i := slices.IndexFunc(list, func(m core.Model) bool { return m.Name == q.Get(param) })
		if i < 0 {
			return 0, wire.Errorf(param, "there is no model %.100q", q.Get(param))
		}
		return i, nil
	}
	if q.Has("before_id") {
		i, err := at("before_id")
		if err != nil {
			return nil, false, err
		}
		return list[max(0, i-n):i], i > n, nil
	}
	if q.Has("after_id") {
		i, err := at("after_id")
		if err != nil {
			return nil, false, err
		}
		list = list[i+1:]
	}
	return list[:min(n, len(list))], len(list) > n, nil
}

// listModels answers with the models.
func listModels(x *core.Exchange) error {
	names, err := x.Core.Models.Names(x.Context())
	if err != nil {
		return err
	}
	names, more, err := page(x, names)
	if err != nil {
		return err
	}
	out := struct {
		Data    []model `json:"data"`
		HasMore bool    `json:"has_more"`
		First   *string `json:"first_id"`
		Last    *string `json:"last_id"`
	}{Data: make([]model, len(names)), HasMore: more}
	for i, m := range names {
		out.Data[i] = describe(x, m)
	}
	if n := len(names); n > 0 {
		out.First, out.Last = &out.Data[0].ID, &out.Data[n-1].ID
	}
	return x.JSON(out)
}

// showModel answers with one model.
func showModel(x *core.Exchange) error {
	m, err := x.Core.Models.Lookup(x.Context(), x.Request.PathValue("name"))
	if err != nil {
		return err
	}
	return x.JSON(describe(x, m))
}
