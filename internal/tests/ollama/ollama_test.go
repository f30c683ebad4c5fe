// Package ollama tests chord's server with Ollama's client for Go.
package ollama

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/ollama/ollama/api"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/server"
)

const template = `{%- if tools %}{{ tools|tojson }} <tool_call>{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>
{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments|tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// client returns a client of a server whose model always answers text.
func client(t *testing.T, text string) *api.Client {
	t.Helper()
	b, err := chordtest.File(text)
	if err != nil {
		t.Fatal(err)
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(b), int64(len(b)), chord.Options{Threads: 1, ChatTemplate: template})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	s, err := server.New(server.Options{Version: "0.9.9", Models: []server.Model{{Name: "org/m", Loaded: m}}})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(h.Close)
	u, err := url.Parse(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	return api.NewClient(u, http.DefaultClient)
}

func TestGenerate(t *testing.T) {
	const text = "Because it is not red."
	c := client(t, text)
	for _, stream := range []bool{true, false} {
		q := &api.GenerateRequest{Model: "org/m", Prompt: "Why is the sky blue?", System: "Be brief.", Stream: &stream, KeepAlive: &api.Duration{Duration: time.Minute}, Options: map[string]any{"seed": 1, "num_ctx": 512}}
		got, last := "", api.GenerateResponse{}
		if err := c.Generate(t.Context(), q, func(r api.GenerateResponse) error { got += r.Response; last = r; return nil }); err != nil {
			t.Fatal(err)
		}
		if got != text || !last.Done || last.DoneReason != "stop" || last.PromptEvalCount == 0 || last.EvalCount == 0 || last.TotalDuration == 0 || len(last.Context) == 0 || last.CreatedAt.IsZero() {
			t.Errorf("stream %v: %q, %+v", stream, got, last)
		}
	}
}

func TestChat(t *testing.T) {
	const call = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>"
	c := client(t, call)
	var tools api.Tools
	if err := json.Unmarshal([]byte(`[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]`), &tools); err != nil {
		t.Fatal(err)
	}
	messages := []api.Message{{Role: "user", Content: "Rome?"}}
	q := &api.ChatRequest{Model: "org/m", Messages: messages, Tools: tools, Think: &api.ThinkValue{Value: false}, Options: map[string]any{"temperature": 0}}
	for range 2 {
		var calls []api.ToolCall
		last := api.ChatResponse{}
		if err := c.Chat(t.Context(), q, func(r api.ChatResponse) error { calls = append(calls, r.Message.ToolCalls...); last = r; return nil }); err != nil {
			t.Fatal(err)
		}
		if len(calls) != 1 || calls[0].Function.Name != "weather" || calls[0].Function.Arguments.String() != `{"city":"Rome"}` || calls[0].ID == "" || !last.Done {
			t.Fatalf("%+v, %+v", calls, last)
		}
		q.Messages = append(messages, api.Message{Role: "assistant", ToolCalls: calls}, api.Message{Role: "tool", ToolName: "weather", Content: "rain"})
	}
}

func TestModels(t *testing.T) {
	c := client(t, "Yes, it is.")
	ctx := t.Context()
	if err := c.Heartbeat(ctx); err != nil {
		t.Error(err)
	}
	if v, err := c.Version(ctx); err != nil || v != "0.9.9" {
		t.Errorf("%q, %v", v, err)
	}
	if l, err := c.List(ctx); err != nil || len(l.Models) != 1 || l.Models[0].Name != "org/m" {
		t.Errorf("%+v, %v", l, err)
	}
	if l, err := c.ListRunning(ctx); err != nil || len(l.Models) != 1 || l.Models[0].ContextLength == 0 || l.Models[0].ExpiresAt.Before(time.Now()) {
		t.Errorf("%+v, %v", l, err)
	}
	if s, err := c.Show(ctx, &api.ShowRequest{Model: "org/m"}); err != nil || s.Details.Family != "llama" || len(s.Capabilities) == 0 || s.ModelInfo["general.architecture"] != "llama" {
		t.Errorf("%+v, %v", s, err)
	}
	if err := c.Copy(ctx, &api.CopyRequest{Source: "org/m", Destination: "other"}); err != nil {
		t.Error(err)
	}
	if e, err := c.Embed(ctx, &api.EmbedRequest{Model: "other", Input: []string{"a cat", "a dog"}}); err != nil || len(e.Embeddings) != 2 || e.PromptEvalCount == 0 {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err := c.Embeddings(ctx, &api.EmbeddingRequest{Model: "other", Prompt: "a cat"}); err != nil || len(e.Embedding) == 0 {
		t.Errorf("%+v, %v", e, err)
	}
	if err := c.Delete(ctx, &api.DeleteRequest{Model: "other"}); err != nil {
		t.Error(err)
	}
}

func TestErrors(t *testing.T) {
	c := client(t, "Yes, it is.")
	status := func(err error) int {
		if e, ok := errors.AsType[api.StatusError](err); ok && e.ErrorMessage != "" {
			return e.StatusCode
		}
		return 0
	}
	never := func(api.GenerateResponse) error { return nil }
	if err := c.Generate(t.Context(), &api.GenerateRequest{Model: "none", Prompt: "a"}, never); status(err) != 404 {
		t.Errorf("an unknown model: %v", err)
	}
	if err := c.Generate(t.Context(), &api.GenerateRequest{Model: "org/m", Prompt: "a", Images: []api.ImageData{{1}}}, never); status(err) != 400 {
		t.Errorf("an image: %v", err)
	}
	if err := c.Pull(t.Context(), &api.PullRequest{Model: "org/new"}, func(api.ProgressResponse) error { return nil }); status(err) != 400 {
		t.Errorf("a pull: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := c.Generate(ctx, &api.GenerateRequest{Model: "org/m", Prompt: "a"}, func(api.GenerateResponse) error { cancel(); return nil }); !errors.Is(err, context.Canceled) && err != nil {
		t.Errorf("a client that leaves: %v", err)
	}
}
