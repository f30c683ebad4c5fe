package ollama

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/querent-ai/chord/server/internal/core"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A named request is about one model, which older clients call name.
type named struct {
	Model *string `json:"model" api:"required"`
	Name  *string `json:"name"`
}

// model returns the name of the model.
func (q *named) model() (string, error) {
	name := cmp.Or(deref(q.Model), deref(q.Name))
	if name == "" {
		return "", wire.Errorf("model", "missing")
	}
	return name, nil
}

// A listed model is one of tags.
type listed struct {
	Name       string  `json:"name"`
	Model      string  `json:"model"`
	ModifiedAt string  `json:"modified_at"`
	Size       int64   `json:"size"`
	Digest     string  `json:"digest"`
	Details    details `json:"details"`
}

// list returns a model by one of its names.
func list(x *core.Exchange, m core.Model, name string) listed {
	out := listed{Name: name, Model: name, ModifiedAt: modified(x, m), Size: m.Size, Digest: m.Digest, Details: details{Format: "gguf", Families: []string{}}}
	if c, err := cardOf(x, m); err == nil { // a file that is gone is listed all the same
		out.Details = c.details
	}
	return out
}

// modified returns when a model was changed, or else that it was there from the start.
func modified(x *core.Exchange, m core.Model) string {
	t := m.Modified
	if t.IsZero() {
		t = x.Core.Started
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// listedModels is an answer with models.
type listedModels[T any] struct {
	Models []T `json:"models"`
}

// A runningModel is one of ps.
type runningModel struct {
	listed
	ExpiresAt string `json:"expires_at"`
	SizeVRAM  int64  `json:"size_vram"`
	SizeMax   int64  `json:"size_max"` // with full caches; size is what it takes now
	Context   int    `json:"context_length"`
}

// tags lists the models, each by all its names.
func tags(x *core.Exchange) error {
	names, err := x.Core.Models.Names(x.Context())
	if err != nil {
		return err
	}
	out := listedModels[listed]{[]listed{}}
	for _, m := range names {
		for _, name := range append([]string{m.Name}, m.Aliases...) {
			out.Models = append(out.Models, list(x, m, name))
		}
	}
	return x.JSON(out)
}

// ps lists the models that are loaded.
func ps(x *core.Exchange) error {
	out := listedModels[runningModel]{[]runningModel{}}
	for _, s := range x.Core.Models.Loaded() {
		r := runningModel{listed: list(x, s.Model, s.Model.Name), Context: s.Open.Context()}
		r.Size, r.SizeMax = s.Now(), s.Size
		expires := s.Expires
		if expires.IsZero() { // in use or kept: clients want a time all the same
			expires = time.Now().AddDate(100, 0, 0)
		}
		r.ExpiresAt = expires.UTC().Format(time.RFC3339Nano)
		out.Models = append(out.Models, r)
	}
	return x.JSON(out)
}

// A showAnswer describes a model.
type showAnswer struct {
	License      string         `json:"license,omitempty"`
	Modelfile    string         `json:"modelfile"`
	Parameters   string         `json:"parameters"`
	Template     string         `json:"template"`
	System       string         `json:"system,omitempty"`
	Details      details        `json:"details"`
	Info         map[string]any `json:"model_info"`
	Capabilities []string       `json:"capabilities"`
	ModifiedAt   string         `json:"modified_at"`
}

// show describes a model.
func show(x *core.Exchange) error {
	var q named
	if err := x.Decode(&q); err != nil {
		return err
	}
	name, err := q.model()
	if err != nil {
		return err
	}
	m, err := x.Core.Models.Lookup(x.Context(), name)
	if err != nil {
		return err
	}
	c, err := cardOf(x, m)
	if err != nil {
		return err
	}
	return x.JSON(showAnswer{c.license, "FROM " + m.Name + "\n", parameters(m), c.template, m.System, c.details, c.info, c.capabilities, modified(x, m)})
}

// parameters returns the options that a model is loaded with and those that its texts have
// unless a request says otherwise, one a line.
func parameters(m core.Model) string {
	all := map[string]any{}
	if b, err := json.Marshal(m.Defaults); err == nil {
		_ = json.Unmarshal(b, &all) // an object
	}
	if m.Options.Context > 0 {
		all["num_ctx"] = m.Options.Context
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		lines = append(lines, fmt.Sprintf("%-30s %v", name, all[name]))
	}
	return strings.Join(lines, "\n")
}

// A copyRequest asks for another name of a model.
type copyRequest struct {
	Source      *string `json:"source" api:"required"`
	Destination *string `json:"destination" api:"required"`
}

// copyModel gives a model one more name, until the server ends.
func copyModel(x *core.Exchange) error {
	var q copyRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	if err := x.Core.Models.Copy(x.Context(), deref(q.Source), deref(q.Destination)); err != nil {
		return err
	}
	return x.Text(http.StatusOK, "text/plain", nil)
}

// deleteModel deletes a model, or one of its names.
func deleteModel(x *core.Exchange) error {
	var q named
	if err := x.Decode(&q); err != nil {
		return err
	}
	name, err := q.model()
	if err != nil {
		return err
	}
	if err := x.Core.Models.Delete(x.Context(), name); err != nil {
		return err
	}
	return x.Text(http.StatusOK, "text/plain", nil)
}

// A pullLine is a line of a pull.
type pullLine struct {
	Status    string `json:"status"`
	Digest    string `json:"digest,omitempty"`
	Total     int64  `json:"total,omitempty"`
	Completed int64  `json:"completed,omitempty"`
}

// A pullRequest asks for a model to be fetched.
type pullRequest struct {
	named
	Stream   *bool `json:"stream"` // nil: true
	Insecure *bool `json:"insecure"`
}

// pull fetches a model.
func pull(x *core.Exchange) error {
	var q pullRequest
	if err := x.Decode(&q); err != nil {
		return err
	}
	name, err := q.model()
	if err != nil {
		return err
	}
	if deref(q.Insecure) {
		return wire.Errorf("insecure", "models are fetched over https only")
	}
	send := func(pullLine) error { return nil }
	if q.Stream == nil || *q.Stream {
		lines := x.Lines()
		send = func(l pullLine) error { return lines.Send(l) }
	}
	err = x.Core.Models.Pull(x.Context(), name, func(p core.Progress) error {
		return send(pullLine{p.Status, p.Digest, p.Total, p.Done})
	})
	if err != nil {
		return err
	}
	last := pullLine{Status: "success"}
	if q.Stream == nil || *q.Stream {
		return send(last)
	}
	return x.JSON(last)
}
