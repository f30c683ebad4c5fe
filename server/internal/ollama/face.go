// Package ollama is the face of Ollama's API: texts and chats in lines of JSON, vectors,
// and the models that there are.
package ollama

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/querent-ai/chord/server/internal/core"
)

// Face returns the face.
func Face() *core.Face {
	post, get := http.MethodPost, http.MethodGet
	return &core.Face{Name: "ollama", Prefix: "/api/", Error: errorBody, Routes: []core.Route{
		{Method: get, Path: "/{$}", Handle: running, Public: true, When: notPage},
		{Method: get, Path: "/api/version", Handle: version},
		{Method: post, Path: "/api/generate", Handle: generate},
		{Method: post, Path: "/api/chat", Handle: chat},
		{Method: post, Path: "/api/embed", Handle: embed},
		{Method: post, Path: "/api/embeddings", Handle: embedOne},
		{Method: get, Path: "/api/tags", Handle: tags},
		{Method: get, Path: "/api/ps", Handle: ps},
		{Method: post, Path: "/api/show", Handle: show},
		{Method: post, Path: "/api/copy", Handle: copyModel},
		{Method: http.MethodDelete, Path: "/api/delete", Handle: deleteModel},
		{Method: post, Path: "/api/pull", Handle: pull},
	}}
}

// errorBody returns the body of an error, a text.
func errorBody(e *core.Error) any {
	return struct {
		Error string `json:"error"`
	}{e.Message}
}

// notPage reports whether a client of the root does not ask for a page, as browsers do.
func notPage(q *http.Request) bool { return !strings.Contains(q.Header.Get("Accept"), "text/html") }

// running answers clients that ask whether there is a server.
func running(x *core.Exchange) error {
	return x.Text(http.StatusOK, "text/plain; charset=utf-8", []byte("chord is running"))
}

// version answers with the server's version.
func version(x *core.Exchange) error {
	return x.JSON(struct {
		Version string `json:"version"`
	}{cmp.Or(x.Core.Version, "0.0.0")})
}

// deref returns *p, or the zero value of nil.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
