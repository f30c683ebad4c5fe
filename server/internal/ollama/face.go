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
		{Method: get, Path: "/api/version", Handle: version, Doc: core.Doc{Summary: "The server's version, with Ollama's API.", Answers: []any{versionAnswer{}}}},
		{Method: post, Path: "/api/generate", Handle: generate,
			Doc: core.Doc{Summary: "A text that answers a prompt.", Body: textRequest{}, Answers: []any{textLine{}}, Events: []any{textLine{}}, Lines: true}},
		{Method: post, Path: "/api/chat", Handle: chat,
			Doc: core.Doc{Summary: "The answer to a chat.", Body: chatRequest{}, Answers: []any{chatLine{}}, Events: []any{chatLine{}}, Lines: true}},
		{Method: post, Path: "/api/embed", Handle: embed, Doc: core.Doc{Summary: "The vectors of texts.", Body: embedRequest{}, Answers: []any{embedAnswer{}}}},
		{Method: post, Path: "/api/embeddings", Handle: embedOne, Doc: core.Doc{Summary: "The vector of a text.", Body: embedOneRequest{}, Answers: []any{embedOneAnswer{}}}},
		{Method: get, Path: "/api/tags", Handle: tags, Doc: core.Doc{Summary: "The models by all names.", Answers: []any{listedModels[listed]{}}}},
		{Method: get, Path: "/api/ps", Handle: ps, Doc: core.Doc{Summary: "The models that are loaded.", Answers: []any{listedModels[runningModel]{}}}},
		{Method: post, Path: "/api/show", Handle: show, Doc: core.Doc{Summary: "What a model is.", Body: named{}, Answers: []any{showAnswer{}}}},
		{Method: post, Path: "/api/copy", Handle: copyModel, Doc: core.Doc{Summary: "Another name for a model.", Body: copyRequest{}, Text: "text/plain"}},
		{Method: http.MethodDelete, Path: "/api/delete", Handle: deleteModel, Doc: core.Doc{Summary: "Delete a model, or one of its names.", Body: named{}, Text: "text/plain"}},
		{Method: post, Path: "/api/pull", Handle: pull,
			Doc: core.Doc{Summary: "Fetch a model.", Body: pullRequest{}, Answers: []any{pullLine{}}, Events: []any{pullLine{}}, Lines: true}},
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
	return x.JSON(versionAnswer{cmp.Or(x.Core.Version, "0.0.0")})
}

// A versionAnswer is the version.
type versionAnswer struct {
	Version string `json:"version"`
}

// deref returns *p, or the zero value of nil.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
