package server_test

import (
	"strings"
	"testing"

	"github.com/querent-ai/chord/server"
)

// TestOpenAPI holds that the description has every route, with what it takes.
func TestOpenAPI(t *testing.T) {
	url := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "an answer")}, Version: "1.2"})
	type operation struct {
		Summary     string
		RequestBody struct {
			Content map[string]struct {
				Schema struct{ Properties map[string]any }
			}
		}
		Responses map[string]any
	}
	doc := decode[struct {
		OpenAPI string
		Info    struct{ Version string }
		Paths   map[string]map[string]operation
	}](t, get(t, url+"/openapi.json").body)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || doc.Info.Version != "1.2" {
		t.Errorf("%s %s", doc.OpenAPI, doc.Info.Version)
	}
	for path, want := range map[string][]string{
		"/v1/chat/completions": {"messages", "tools", "temperature", "mirostat", "logit_bias", "grammar", "response_format"},
		"/v1/responses":        {"input", "previous_response_id", "reasoning"},
		"/completion":          {"prompt", "n_probs", "min_p"},
		"/infill":              {"prompt", "input_prefix", "seed"},
		"/v1/embeddings":       {"input"},
		"/v2/rerank":           {"query", "documents"},
	} {
		op := doc.Paths[path]["post"]
		for _, name := range want {
			if op.RequestBody.Content["application/json"].Schema.Properties[name] == nil {
				t.Errorf("%s has no %s", path, name)
			}
		}
		if op.Summary == "" || op.Responses["200"] == nil {
			t.Errorf("%s: %+v", path, op)
		}
	}
	for _, path := range []string{"/health", "/metrics", "/openapi.json", "/v1/models/{name}", "/slots", "/props"} {
		if doc.Paths[path]["get"].Responses == nil {
			t.Errorf("there is no %s", path)
		}
	}
}
