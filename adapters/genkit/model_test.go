package genkit

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/firebase/genkit/go/ai"
	"github.com/firebase/genkit/go/core"
	"github.com/firebase/genkit/go/genkit"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
)

const call = "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": \"sky\"}}\n</tool_call>"

// app returns a Genkit with a model called m.
func app(t *testing.T, m *chord.Model) *genkit.Genkit {
	t.Helper()
	return genkit.Init(t.Context(), genkit.WithPlugins(&Plugin{Models: map[string]*chord.Model{"m": m}}), genkit.WithDefaultModel("chord/m"))
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

// TestStream wants a stream to be its answer.
func TestStream(t *testing.T) {
	const template = "{% for m in messages %}{{ m.content }}{% endfor %}{# <think> </think> #}"
	g := app(t, scripted(t, "<think>Hm, hm.</think>It is a cat.", template))
	text, reasoning := "", ""
	r, err := genkit.Generate(t.Context(), g, ai.WithPrompt("What is it?"), ai.WithStreaming(func(_ context.Context, c *ai.ModelResponseChunk) error {
		if c.Reasoning() == "" { // Text has the reasoning too
			text += c.Text()
		}
		reasoning += c.Reasoning()
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if text != "It is a cat." || r.Text() != text || reasoning != "Hm, hm." || r.Reasoning() != reasoning || r.FinishReason != ai.FinishReasonStop {
		t.Errorf("streamed %q, %q, got %q, %q, %s", text, reasoning, r.Text(), r.Reasoning(), r.FinishReason)
	}
	if u := r.Usage; u.InputTokens == 0 || u.OutputTokens == 0 || u.TotalTokens != u.InputTokens+u.OutputTokens {
		t.Errorf("usage %+v", u)
	}
	r, err = genkit.Generate(t.Context(), g, ai.WithPrompt("What is it?"), ai.WithConfig(&ai.GenerationCommonConfig{MaxOutputTokens: 2}))
	if err != nil || r.FinishReason != ai.FinishReasonLength || r.Usage.OutputTokens != 2 {
		t.Errorf("got %+v, %v", r, err)
	}
}

// TestTools lets Genkit run a tool that the model calls until it has had enough turns,
// and takes the call itself.
func TestTools(t *testing.T) {
	g := app(t, chordtest.Model(t, call))
	type place struct {
		At string `json:"at"`
	}
	var calls []string
	look := genkit.DefineTool(g, "look", "looks", func(_ *ai.ToolContext, p place) (string, error) {
		calls = append(calls, p.At)
		return "blue", nil
	})
	_, err := genkit.Generate(t.Context(), g, ai.WithPrompt("Hi"), ai.WithTools(look), ai.WithMaxTurns(2))
	if err == nil || !strings.Contains(err.Error(), "exceeded") || !slices.Equal(calls, []string{"sky", "sky"}) {
		t.Errorf("%v after calls %q", err, calls)
	}
	streamed := 0
	r, err := genkit.Generate(t.Context(), g, ai.WithPrompt("Hi"), ai.WithTools(look), ai.WithReturnToolRequests(true), ai.WithToolChoice(ai.ToolChoiceRequired),
		ai.WithStreaming(func(_ context.Context, c *ai.ModelResponseChunk) error {
			for _, p := range c.Content {
				if p.IsToolRequest() {
					streamed++
				}
			}
			return nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	requests := r.ToolRequests()
	if len(requests) == 0 || requests[0].Name != "look" || requests[0].Ref == "" || requests[0].Input.(map[string]any)["at"] == nil || streamed != len(requests) {
		t.Errorf("%d streamed, got %+v", streamed, requests)
	}
	r, err = genkit.Generate(t.Context(), app(t, chordtest.Model(t, "It is blue.")), ai.WithMessages(
		ai.NewUserTextMessage("Hi"), r.Message, ai.NewMessage(ai.RoleTool, nil, ai.NewToolResponsePart(&ai.ToolResponse{Name: "look", Ref: requests[0].Ref, Output: "blue"}))))
	if err != nil || r.Text() != "It is blue." {
		t.Errorf("got %+v, %v", r, err)
	}
}

// TestOutput constrains an answer to the schema of a type.
func TestOutput(t *testing.T) {
	type verdict struct {
		Cat bool `json:"cat"`
	}
	got, _, err := genkit.GenerateData[verdict](t.Context(), app(t, chordtest.Model(t, `Well: {"cat":true}`)), ai.WithPrompt("Is it a cat?"))
	if err != nil || got == nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestCancel ends an answer by the context and by an error of the callback.
func TestCancel(t *testing.T) {
	g := app(t, chordtest.Model(t, strings.Repeat("again and again, ", 1000)))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := genkit.Generate(ctx, g, ai.WithPrompt("Hi"), ai.WithStreaming(func(context.Context, *ai.ModelResponseChunk) error {
		cancel()
		return nil
	}))
	if status(err) != core.CANCELLED || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, %s", err, status(err))
	}
	stop := errors.New("enough")
	_, err = genkit.Generate(t.Context(), g, ai.WithPrompt("Hi"), ai.WithStreaming(func(context.Context, *ai.ModelResponseChunk) error { return stop }))
	if !errors.Is(err, stop) {
		t.Errorf("got %v, want the callback's error", err)
	}
}

// status returns the status of an error.
func status(err error) core.StatusName {
	var e *core.GenkitError
	if errors.As(err, &e) {
		return e.Status
	}
	return ""
}

// TestErrors gives each kind of error its status, and keeps chord's own.
func TestErrors(t *testing.T) {
	open, closed := chordtest.Model(t, "yes"), chordtest.Model(t, "yes")
	closed.Close()
	hi := ai.WithPrompt("Hi")
	for _, c := range []struct {
		name    string
		model   *chord.Model
		options []ai.GenerateOption
		status  core.StatusName
		kind    error // nil: none of chord's
	}{
		{"top_p", open, []ai.GenerateOption{hi, ai.WithConfig(map[string]any{"top_p": 7})}, core.INVALID_ARGUMENT, chord.ErrInvalid},
		{"wrong type", open, []ai.GenerateOption{hi, ai.WithConfig(map[string]any{"temperature": "hot"})}, core.INVALID_ARGUMENT, nil},
		{"configuration", open, []ai.GenerateOption{hi, ai.WithConfig(7)}, core.INVALID_ARGUMENT, nil},
		{"too long", open, []ai.GenerateOption{ai.WithPrompt(strings.Repeat("yes ", open.Context()))}, core.INVALID_ARGUMENT, chord.ErrContextFull},
		{"closed", closed, []ai.GenerateOption{hi}, core.UNAVAILABLE, chord.ErrClosed},
		{"role", open, []ai.GenerateOption{ai.WithMessages(ai.NewMessage("ghost", nil))}, core.INVALID_ARGUMENT, nil},
		{"part", open, []ai.GenerateOption{ai.WithMessages(ai.NewUserMessage(ai.NewCustomPart(nil)))}, core.INVALID_ARGUMENT, chord.ErrUnsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := genkit.Generate(t.Context(), app(t, c.model), c.options...)
			if status(err) != c.status || c.kind != nil && !errors.Is(err, c.kind) {
				t.Errorf("got %v, %s, want %s, %v", err, status(err), c.status, c.kind)
			}
		})
	}
	if err := mapError(&chord.BusyError{}); status(err) != core.RESOURCE_EXHAUSTED || !errors.Is(err, chord.ErrBusy) {
		t.Errorf("busy: %v, %s", err, status(err))
	}
}

// TestEmbed compares vectors with those of chord.
func TestEmbed(t *testing.T) {
	m := chordtest.Model(t, "the cat sat")
	g := app(t, m)
	want, err := m.Embed(t.Context(), []string{"the cat", "sat"}, chord.EmbedOptions{Raw: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, config := range []any{chord.EmbedOptions{Raw: true}, &chord.EmbedOptions{Raw: true}, map[string]any{"raw": true}} {
		r, err := genkit.Embed(t.Context(), g, ai.WithEmbedderName("chord/m"), ai.WithTextDocs("the cat", "sat"), ai.WithConfig(config))
		if err != nil || len(r.Embeddings) != 2 {
			t.Fatalf("%T: %v", config, err)
		}
		for i, e := range r.Embeddings {
			if !slices.Equal(e.Embedding, want[i]) {
				t.Errorf("%T: vector %d differs", config, i)
			}
		}
	}
	for _, config := range []any{map[string]any{"pooling": "?"}, map[string]any{"raw": 1}} {
		if _, err := genkit.Embed(t.Context(), g, ai.WithEmbedderName("chord/m"), ai.WithTextDocs("sat"), ai.WithConfig(config)); status(err) != core.INVALID_ARGUMENT {
			t.Errorf("%v: %v", config, err)
		}
	}
}
