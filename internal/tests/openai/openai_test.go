// Package openai tests chord's server with OpenAI's client for Go.
package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/server"
	"github.com/querent-ai/chord/server/batch"
)

const template = `{%- if tools %}{{ tools|tojson }} <tool_call>{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}{% for c in m.tool_calls or [] %}
<tool_call>
{"name": {{ c.function.name|tojson }}, "arguments": {{ c.function.arguments|tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// client returns a client of a server whose model always answers text.
func client(t *testing.T, text string) openai.Client {
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
	store := batch.NewStore(t.TempDir(), batch.StoreOptions{})
	t.Cleanup(store.Close)
	s, err := server.New(server.Options{Models: []server.Model{{Name: "org/m", Loaded: m}}, Keys: []string{"key"}, Batches: store})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(h.Close)
	return openai.NewClient(option.WithBaseURL(h.URL+"/v1"), option.WithAPIKey("key"), option.WithMaxRetries(0))
}

// question is the question of all tests.
func question() openai.ChatCompletionNewParams {
	return openai.ChatCompletionNewParams{Model: "org/m", Messages: []openai.ChatCompletionMessageParamUnion{
		openai.DeveloperMessage("Be brief."),
		openai.UserMessage([]openai.ChatCompletionContentPartUnionParam{openai.TextContentPart("Why is"), openai.TextContentPart("the sky blue?")}),
	}}
}

func TestChat(t *testing.T) {
	const text = "Because it is not red."
	c := client(t, text)
	p := question()
	p.Logprobs, p.TopLogprobs = openai.Bool(true), openai.Int(2)
	a, err := c.Chat.Completions.New(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	choice := a.Choices[0]
	if choice.Message.Content != text || choice.FinishReason != "stop" || a.Usage.PromptTokens == 0 || len(choice.Logprobs.Content) != int(a.Usage.CompletionTokens) {
		t.Errorf("%s", a.RawJSON())
	}
	p.StreamOptions = openai.ChatCompletionStreamOptionsParam{IncludeUsage: openai.Bool(true)}
	s := c.Chat.Completions.NewStreaming(t.Context(), p)
	var acc openai.ChatCompletionAccumulator
	for s.Next() {
		if !acc.AddChunk(s.Current()) {
			t.Fatalf("a chunk that does not fit: %s", s.Current().RawJSON())
		}
	}
	if s.Err() != nil || acc.Choices[0].Message.Content != text || acc.Choices[0].FinishReason != "stop" || acc.Usage.CompletionTokens != a.Usage.CompletionTokens {
		t.Errorf("%v, %+v", s.Err(), acc.ChatCompletion)
	}
}

func TestTool(t *testing.T) {
	c := client(t, "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>")
	p := question()
	p.ParallelToolCalls = openai.Bool(false) // the model would go on
	p.Tools = []openai.ChatCompletionToolUnionParam{openai.ChatCompletionFunctionTool(shared.FunctionDefinitionParam{
		Name: "weather", Parameters: shared.FunctionParameters{"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}},
	})}
	a, err := c.Chat.Completions.New(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	calls := a.Choices[0].Message.ToolCalls
	if len(calls) != 1 || calls[0].Function.Name != "weather" || !json.Valid([]byte(calls[0].Function.Arguments)) || a.Choices[0].FinishReason != "tool_calls" {
		t.Fatalf("%s", a.RawJSON())
	}
	s := c.Chat.Completions.NewStreaming(t.Context(), p)
	var acc openai.ChatCompletionAccumulator
	for s.Next() {
		acc.AddChunk(s.Current())
	}
	if got := acc.Choices[0].Message.ToolCalls; s.Err() != nil || len(got) != 1 || got[0].Function.Arguments != calls[0].Function.Arguments {
		t.Errorf("%v, %+v", s.Err(), got)
	}
	p.Messages = append(p.Messages, a.Choices[0].Message.ToParam(), openai.ToolMessage("sunny", calls[0].ID))
	if _, err := c.Chat.Completions.New(t.Context(), p); err != nil {
		t.Error(err)
	}
}

func TestRest(t *testing.T) {
	c := client(t, "and so on.")
	text, err := c.Completions.New(t.Context(), openai.CompletionNewParams{Model: "org/m", Prompt: openai.CompletionNewParamsPromptUnion{OfString: openai.String("One,")}, Logprobs: openai.Int(1)})
	if err != nil || text.Choices[0].Text != "and so on." || len(text.Choices[0].Logprobs.Tokens) == 0 {
		t.Errorf("%v, %s", err, text.RawJSON())
	}
	v, err := c.Embeddings.New(t.Context(), openai.EmbeddingNewParams{Model: "org/m", Dimensions: openai.Int(8), Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"a", "b"}}})
	if err != nil || len(v.Data) != 2 || len(v.Data[1].Embedding) != 8 {
		t.Errorf("%v, %s", err, v.RawJSON())
	}
	list, err := c.Models.List(t.Context())
	if err != nil || !slices.ContainsFunc(list.Data, func(m openai.Model) bool { return m.ID == "org/m" }) {
		t.Errorf("%v, %+v", err, list)
	}
	m, err := c.Models.Get(t.Context(), "org/m")
	if err != nil || m.ID != "org/m" {
		t.Errorf("%v, %+v", err, m)
	}
}

// TestBatch uploads a file, has it answered and reads the answers.
func TestBatch(t *testing.T) {
	c := client(t, "and so on.")
	const lines = `{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"org/m","messages":[{"role":"user","content":"One?"}]}}
{"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":{"model":"none","messages":[{"role":"user","content":"Two?"}]}}
`
	ctx := t.Context()
	file, err := c.Files.New(ctx, openai.FileNewParams{File: openai.File(strings.NewReader(lines), "in.jsonl", "application/jsonl"), Purpose: openai.FilePurposeBatch,
		ExpiresAfter: openai.FileNewParamsExpiresAfter{Seconds: 3600}})
	if err != nil || file.Filename != "in.jsonl" || file.Bytes != int64(len(lines)) || file.ExpiresAt != file.CreatedAt+3600 {
		t.Fatalf("%v, %+v", err, file)
	}
	b, err := c.Batches.New(ctx, openai.BatchNewParams{InputFileID: file.ID, Endpoint: openai.BatchNewParamsEndpointV1ChatCompletions,
		CompletionWindow: openai.BatchNewParamsCompletionWindow24h, Metadata: shared.Metadata{"a": "b"}})
	for err == nil && b.Status != openai.BatchStatusCompleted && b.Status != openai.BatchStatusFailed {
		b, err = c.Batches.Get(ctx, b.ID)
	}
	if err != nil || b.Status != openai.BatchStatusCompleted || b.RequestCounts.Completed != 1 || b.RequestCounts.Failed != 1 || b.Metadata["a"] != "b" {
		t.Fatalf("%v, %s", err, b.RawJSON())
	}
	for id, want := range map[string]string{b.OutputFileID: `"content":"and so on."`, b.ErrorFileID: `"code":"model_not_found"`} {
		r, err := c.Files.Content(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r.Body)
		if r.Body.Close(); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%v, %s, want %s", err, text, want)
		}
	}
	files, n := c.Files.ListAutoPaging(ctx, openai.FileListParams{Limit: openai.Int(1)}), 0
	for files.Next() {
		n++
	}
	list, err := c.Batches.List(ctx, openai.BatchListParams{})
	if files.Err() != nil || n != 3 || err != nil || len(list.Data) != 1 {
		t.Errorf("%v: %d files; %v: %d batches", files.Err(), n, err, len(list.Data))
	}
	if b, err = c.Batches.Cancel(ctx, b.ID); err != nil || b.Status != openai.BatchStatusCompleted {
		t.Errorf("%v, %s", err, b.RawJSON())
	}
	if gone, err := c.Files.Delete(ctx, file.ID); err != nil || !gone.Deleted {
		t.Errorf("%v, %+v", err, gone)
	}
}

func TestErrors(t *testing.T) {
	c := client(t, "no answer")
	p := question()
	p.Model = "gpt-4o"
	for _, want := range []struct {
		status      int
		code, param string
	}{{404, "model_not_found", "model"}, {400, "invalid_value", "top_p"}} {
		_, err := c.Chat.Completions.New(t.Context(), p)
		var e *openai.Error
		if !errors.As(err, &e) || e.StatusCode != want.status || e.Code != want.code || e.Param != want.param {
			t.Errorf("%v, want %+v", err, want)
		}
		p.Model, p.TopP = "org/m", openai.Float(3)
	}
}
