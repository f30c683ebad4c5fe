package langchaingo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tmc/langchaingo/callbacks"
	"github.com/tmc/langchaingo/llms"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
)

var hello = []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, "Hello!")}

// TestStream wants a stream to be its answer.
func TestStream(t *testing.T) {
	const text = "It is a cat."
	var got, both strings.Builder
	r, err := New(chordtest.Model(t, text), chord.ChatParams{}).GenerateContent(t.Context(), hello,
		llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error {
			got.Write(chunk)
			return nil
		}),
		llms.WithStreamingReasoningFunc(func(_ context.Context, reasoning, chunk []byte) error {
			both.WriteString("[" + string(reasoning) + "]" + string(chunk))
			return nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	c := r.Choices[0]
	if got.String() != text || c.Content != text || c.StopReason != "stop" {
		t.Errorf("streamed %q, got %+v, want %q", &got, c, text)
	}
	if strings.ReplaceAll(both.String(), "[]", "") != text {
		t.Errorf("streamed %q with reasoning", &both)
	}
	info := c.GenerationInfo
	if info["PromptTokens"].(int)+info["CompletionTokens"].(int) != info["TotalTokens"] || info["CompletionTokens"].(int) < 2 {
		t.Errorf("usage %v", info)
	}
}

// scripted returns a model that always gives one answer, with a template.
func scripted(t *testing.T, answer, template string) *chord.Model {
	t.Helper()
	b, err := chordtest.File(answer)
	if err != nil {
		t.Fatal(err)
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(b), int64(len(b)), chord.Options{Threads: 1, ChatTemplate: template})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// TestReasoning tells reasoning from the answer.
func TestReasoning(t *testing.T) {
	reasoning := ""
	const template = "{% for m in messages %}{{ m.content }}{% endfor %}{# <think> </think> #}"
	r, err := New(scripted(t, "<think>Hm, hm.</think>Yes.", template), chord.ChatParams{}).GenerateContent(t.Context(), hello,
		llms.WithStreamingReasoningFunc(func(_ context.Context, piece, _ []byte) error {
			reasoning += string(piece)
			return nil
		}))
	if err != nil || r.Choices[0].ReasoningContent != "Hm, hm." || r.Choices[0].Content != "Yes." || reasoning != "Hm, hm." {
		t.Errorf("got %+v, %q, %v", r.Choices[0], reasoning, err)
	}
}

// TestChoices asks for several answers.
func TestChoices(t *testing.T) {
	r, err := New(chordtest.Model(t, "yes, it is"), chord.ChatParams{}).GenerateContent(t.Context(), hello, llms.WithN(3), llms.WithSeed(1))
	if err != nil || len(r.Choices) != 3 {
		t.Fatalf("got %+v, %v", r, err)
	}
	for i, c := range r.Choices {
		if c.Content != "yes, it is" || c.GenerationInfo["Seed"] != int64(i+1) {
			t.Errorf("choice %d: %+v", i, c)
		}
	}
}

// TestJSONMode makes a model that would say otherwise write an object.
func TestJSONMode(t *testing.T) {
	for _, option := range []llms.CallOption{llms.WithJSONMode(), llms.WithResponseMIMEType("application/json")} {
		r, err := New(chordtest.Model(t, `Well: {"a": 1}`), chord.ChatParams{}).GenerateContent(t.Context(), hello, option, llms.WithMaxTokens(200))
		if err != nil {
			t.Fatal(err)
		}
		if text := r.Choices[0].Content; !strings.HasPrefix(text, "{") {
			t.Errorf("got %q", text)
		}
	}
}

// look is a tool.
var look = llms.Tool{Type: "function", Function: &llms.FunctionDefinition{
	Name: "look", Description: "looks",
	Parameters: map[string]any{"type": "object", "properties": map[string]any{"at": map[string]any{"type": "string"}}, "required": []string{"at"}},
}}

// TestTools takes a call from the model and gives the answer of the tool back.
func TestTools(t *testing.T) {
	calls := New(chordtest.Model(t, "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": \"sky\"}}\n</tool_call>"), chord.ChatParams{})
	r, err := calls.GenerateContent(t.Context(), hello, llms.WithTools([]llms.Tool{look}),
		llms.WithToolChoice(llms.ToolChoice{Type: "function", Function: &llms.FunctionReference{Name: "look"}}))
	if err != nil {
		t.Fatal(err)
	}
	c := r.Choices[0]
	if len(c.ToolCalls) != 1 || c.StopReason != "tool_calls" || c.Content != "" || c.FuncCall.Name != "look" || c.ToolCalls[0].ID == "" {
		t.Fatalf("got %+v", c)
	}
	var arguments struct{ At string }
	if err := json.Unmarshal([]byte(c.FuncCall.Arguments), &arguments); err != nil || arguments.At != "sky" {
		t.Errorf("arguments %q, %v", c.FuncCall.Arguments, err)
	}
	answer := llms.ToolCallResponse{ToolCallID: c.ToolCalls[0].ID, Name: "look", Content: "blue"}
	chat := append(hello, llms.MessageContent{Role: llms.ChatMessageTypeAI, Parts: []llms.ContentPart{c.ToolCalls[0]}},
		llms.MessageContent{Role: llms.ChatMessageTypeTool, Parts: []llms.ContentPart{answer}})
	r, err = New(chordtest.Model(t, "It is blue."), chord.ChatParams{}).GenerateContent(t.Context(), chat, llms.WithTools([]llms.Tool{look}))
	if err != nil || r.Choices[0].Content != "It is blue." {
		t.Errorf("got %+v, %v", r, err)
	}
}

// TestCancel ends an answer from within, by the context and by an error.
func TestCancel(t *testing.T) {
	m := New(chordtest.Model(t, strings.Repeat("again and again, ", 1000)), chord.ChatParams{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := m.GenerateContent(ctx, hello, llms.WithStreamingFunc(func(context.Context, []byte) error {
		cancel()
		return nil
	}))
	if !errors.Is(err, context.Canceled) || !llms.IsCanceledError(err) {
		t.Errorf("cancelled: %v", err)
	}
	stop := errors.New("enough")
	_, err = m.GenerateContent(t.Context(), hello, llms.WithStreamingFunc(func(context.Context, []byte) error { return stop }))
	if err != stop {
		t.Errorf("got %v, want the function's error", err)
	}
}

// TestErrors gives each kind of error its code, and keeps chord's own.
func TestErrors(t *testing.T) {
	open := chordtest.Model(t, "yes")
	closed := chordtest.Model(t, "yes")
	closed.Close()
	image := []llms.MessageContent{{Role: llms.ChatMessageTypeHuman, Parts: []llms.ContentPart{llms.ImageURLPart("cat.png")}}}
	long := []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, strings.Repeat("yes ", open.Context()))}
	stream := llms.WithStreamingFunc(func(context.Context, []byte) error { return nil })
	for _, c := range []struct {
		name     string
		model    *chord.Model
		messages []llms.MessageContent
		option   llms.CallOption
		code     llms.ErrorCode
		kind     error // nil: none of chord's
	}{
		{"temperature", open, hello, llms.WithTemperature(1e300), llms.ErrCodeInvalidRequest, chord.ErrInvalid},
		{"tool choice", open, hello, llms.WithToolChoice(7), llms.ErrCodeInvalidRequest, nil},
		{"no such tool", open, hello, llms.WithToolChoice("look"), llms.ErrCodeInvalidRequest, chord.ErrInvalid},
		{"no function", open, hello, llms.WithTools([]llms.Tool{{Type: "search"}}), llms.ErrCodeInvalidRequest, nil},
		{"role", open, []llms.MessageContent{{Role: "ghost"}}, nil, llms.ErrCodeInvalidRequest, nil},
		{"image", open, image, nil, llms.ErrCodeNotImplemented, nil},
		{"too long", open, long, nil, llms.ErrCodeTokenLimit, chord.ErrContextFull},
		{"closed", closed, hello, nil, llms.ErrCodeProviderUnavailable, chord.ErrClosed},
		{"streams", open, hello, func(o *llms.CallOptions) { o.N = 2; stream(o) }, llms.ErrCodeInvalidRequest, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var options []llms.CallOption
			if c.option != nil {
				options = append(options, c.option)
			}
			_, err := New(c.model, chord.ChatParams{}).GenerateContent(t.Context(), c.messages, options...)
			if !errors.Is(err, &llms.Error{Code: c.code}) || c.kind != nil && !errors.Is(err, c.kind) {
				t.Errorf("got %v, want code %s of %v", err, c.code, c.kind)
			}
		})
	}
	err := mapError(&chord.BusyError{Queued: 3})
	if !llms.IsRateLimitError(err) || err.(*llms.Error).Details["retry_after"] == nil || !errors.Is(err, chord.ErrBusy) {
		t.Errorf("busy: %v", err)
	}
}

// A counter counts what a handler is told.
type counter struct {
	callbacks.SimpleHandler
	began, ended, failed int
}

func (c *counter) HandleLLMGenerateContentStart(context.Context, []llms.MessageContent) { c.began++ }
func (c *counter) HandleLLMGenerateContentEnd(context.Context, *llms.ContentResponse)   { c.ended++ }
func (c *counter) HandleLLMError(context.Context, error)                                { c.failed++ }

func TestCallbacks(t *testing.T) {
	c := &counter{}
	m := New(chordtest.Model(t, "yes"), chord.ChatParams{})
	m.CallbacksHandler = c
	if text, err := m.Call(t.Context(), "Is it?"); text != "yes" || err != nil {
		t.Errorf("got %q, %v", text, err)
	}
	_, _ = m.GenerateContent(t.Context(), []llms.MessageContent{{Role: "ghost"}})
	if c.began != 2 || c.ended != 1 || c.failed != 1 {
		t.Errorf("told of %d begins, %d ends, %d errors", c.began, c.ended, c.failed)
	}
}

// TestEmbedder compares vectors with those of chord.
func TestEmbedder(t *testing.T) {
	m := chordtest.Model(t, "the cat sat")
	e := &Embedder{Model: m, QueryPrefix: "the ", DocumentPrefix: "cat "}
	want, err := m.Embed(t.Context(), []string{"the sat", "cat sat", "sat"}, chord.EmbedOptions{})
	if err != nil {
		t.Fatal(err)
	}
	query, err := e.EmbedQuery(t.Context(), "sat")
	documents, err1 := e.EmbedDocuments(t.Context(), []string{"sat"})
	plain, err2 := e.CreateEmbedding(t.Context(), []string{"sat"})
	if err := errors.Join(err, err1, err2); err != nil {
		t.Fatal(err)
	}
	for i, got := range [][]float32{query, documents[0], plain[0]} {
		if !equal(got, want[i]) {
			t.Errorf("vector %d differs", i)
		}
	}
	e.Options.Pooling = "none of them"
	if _, err := e.EmbedQuery(t.Context(), "sat"); !llms.IsInvalidRequestError(err) {
		t.Errorf("bad pooling: %v", err)
	}
}
