package adk

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/adk/agent"
	"google.golang.org/adk/agent/llmagent"
	"google.golang.org/adk/model"
	"google.golang.org/adk/runner"
	"google.golang.org/adk/session"
	"google.golang.org/adk/tool"
	"google.golang.org/adk/tool/functiontool"
	"google.golang.org/genai"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
)

const call = "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": \"sky\"}}\n</tool_call>"

// ask returns a request with one question.
func ask(text string) *model.LLMRequest {
	return &model.LLMRequest{Contents: []*genai.Content{genai.NewContentFromText(text, genai.RoleUser)}}
}

// collect returns all responses to a request.
func collect(t *testing.T, m *chord.Model, req *model.LLMRequest, stream bool) ([]*model.LLMResponse, error) {
	t.Helper()
	var all []*model.LLMResponse
	for r, err := range New("m", m, chord.ChatParams{}).GenerateContent(t.Context(), req, stream) {
		if err != nil {
			return all, err
		}
		all = append(all, r)
	}
	return all, nil
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

// TestStream wants the partial pieces of a stream to be the answer that ends it, which
// is the one that comes without a stream.
func TestStream(t *testing.T) {
	m := scripted(t, "<think>Hm, hm.</think>It is a cat.", "{% for m in messages %}{{ m.content }}{% endfor %}{# <think> </think> #}")
	whole, err := collect(t, m, ask("What is it?"), false)
	if err != nil || len(whole) != 1 {
		t.Fatalf("%d responses, %v", len(whole), err)
	}
	all, err := collect(t, m, ask("What is it?"), true)
	if err != nil || len(all) < 4 {
		t.Fatalf("%d responses, %v", len(all), err)
	}
	texts := map[bool]string{}
	for _, r := range all[:len(all)-1] {
		if p := r.Content.Parts[0]; r.Partial && r.Content.Role == "model" {
			texts[p.Thought] += p.Text
		}
	}
	last := all[len(all)-1]
	parts := last.Content.Parts
	if last.Partial || !last.TurnComplete || last.FinishReason != genai.FinishReasonStop || last.ModelVersion != "m" || len(parts) != 2 {
		t.Fatalf("last: %+v", last)
	}
	if texts[true] != "Hm, hm." || parts[0].Text != texts[true] || !parts[0].Thought || texts[false] != "It is a cat." || parts[1].Text != texts[false] {
		t.Errorf("streamed %v, last %q, %q", texts, parts[0].Text, parts[1].Text)
	}
	if u := last.UsageMetadata; u.PromptTokenCount == 0 || u.CandidatesTokenCount == 0 || u.TotalTokenCount != u.PromptTokenCount+u.CandidatesTokenCount {
		t.Errorf("usage %+v", u)
	}
	last.UsageMetadata.CachedContentTokenCount = whole[0].UsageMetadata.CachedContentTokenCount
	if !reflect.DeepEqual(last, whole[0]) {
		t.Errorf("streamed %+v\nwhole %+v", last, whole[0])
	}
}

// A relay answers with one model until a tool has answered, then with another.
type relay struct{ first, then model.LLM }

func (r relay) Name() string { return "relay" }

func (r relay) GenerateContent(ctx context.Context, req *model.LLMRequest, stream bool) iter.Seq2[*model.LLMResponse, error] {
	last := req.Contents[len(req.Contents)-1]
	if last.Parts[0].FunctionResponse != nil {
		return r.then.GenerateContent(ctx, req, stream)
	}
	return r.first.GenerateContent(ctx, req, stream)
}

// TestAgent lets an agent run a tool that the model calls.
func TestAgent(t *testing.T) {
	type place struct {
		At string `json:"at"`
	}
	type colour struct {
		Colour string `json:"colour"`
	}
	var calls []string
	look, err := functiontool.New(functiontool.Config{Name: "look", Description: "looks"}, func(_ tool.Context, p place) (colour, error) {
		calls = append(calls, p.At)
		return colour{"blue"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []agent.StreamingMode{agent.StreamingModeNone, agent.StreamingModeSSE} {
		calls = nil
		m := relay{New("a", chordtest.Model(t, call), chord.ChatParams{}), New("b", chordtest.Model(t, "It is blue."), chord.ChatParams{})}
		a, err := llmagent.New(llmagent.Config{Name: "guide", Model: m, Instruction: "Look.", Tools: []tool.Tool{look}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := runner.New(runner.Config{AppName: "app", Agent: a, SessionService: session.InMemoryService(), AutoCreateSession: true})
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for event, err := range r.Run(t.Context(), "user", "session", genai.NewContentFromText("Hi", genai.RoleUser), agent.RunConfig{StreamingMode: mode}) {
			if err != nil {
				t.Fatal(err)
			}
			if event.IsFinalResponse() && !event.Partial {
				said = event.Content.Parts[0].Text
			}
		}
		if said != "It is blue." || !slices.Equal(calls, []string{"sky"}) {
			t.Errorf("mode %v: said %q after calls %q", mode, said, calls)
		}
	}
}

// TestFormat constrains an answer to a schema, and to any object.
func TestFormat(t *testing.T) {
	m := chordtest.Model(t, "Well, yes.")
	for _, c := range []*genai.GenerateContentConfig{
		{ResponseSchema: &genai.Schema{Type: genai.TypeString, Enum: []string{"no"}}},
		{ResponseJsonSchema: map[string]any{"const": "no"}},
	} {
		req := ask("Is it?")
		req.Config = c
		all, err := collect(t, m, req, false)
		if err != nil || all[0].Content.Parts[0].Text != `"no"` {
			t.Errorf("got %+v, %v", all, err)
		}
	}
	req := ask("Is it?")
	req.Config = &genai.GenerateContentConfig{ResponseMIMEType: "application/json", MaxOutputTokens: 20}
	all, err := collect(t, m, req, false)
	if err != nil || !strings.HasPrefix(all[0].Content.Parts[0].Text, "{") {
		t.Errorf("got %+v, %v", all, err)
	}
}

// TestCancel ends an answer by the context and by leaving the loop.
func TestCancel(t *testing.T) {
	m := New("m", chordtest.Model(t, strings.Repeat("again and again, ", 1000)), chord.ChatParams{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range m.GenerateContent(ctx, ask("Hi"), true) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("cancelled: %v", last)
	}
	n := 0
	for range m.GenerateContent(t.Context(), ask("Hi"), true) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d elements", n)
	}
}

// TestErrors keeps chord's errors and says where others are.
func TestErrors(t *testing.T) {
	open, closed := chordtest.Model(t, "yes"), chordtest.Model(t, "yes")
	closed.Close()
	with := func(c genai.GenerateContentConfig) *model.LLMRequest {
		req := ask("Hi")
		req.Config = &c
		return req
	}
	contents := func(c *genai.Content) *model.LLMRequest { return &model.LLMRequest{Contents: []*genai.Content{c}} }
	bytes := &genai.Part{InlineData: &genai.Blob{}}
	for _, c := range []struct {
		name  string
		model *chord.Model
		req   *model.LLMRequest
		kind  error // nil: none of chord's
		says  string
	}{
		{"temperature", open, with(genai.GenerateContentConfig{Temperature: new(float32(-3))}), chord.ErrInvalid, "Temperature"},
		{"candidates", open, with(genai.GenerateContentConfig{CandidateCount: 2}), chord.ErrUnsupported, "2 candidates"},
		{"search", open, with(genai.GenerateContentConfig{Tools: []*genai.Tool{{GoogleSearch: &genai.GoogleSearch{}}}}), chord.ErrUnsupported, "tools[0]"},
		{"mode", open, with(genai.GenerateContentConfig{ToolConfig: &genai.ToolConfig{FunctionCallingConfig: &genai.FunctionCallingConfig{Mode: "maybe"}}}), nil, "maybe"},
		{"schema", open, with(genai.GenerateContentConfig{ResponseJsonSchema: map[string]any{"type": 7}}), nil, "response schema"},
		{"instruction", open, with(genai.GenerateContentConfig{SystemInstruction: &genai.Content{Parts: []*genai.Part{bytes}}}), chord.ErrUnsupported, "part 0"},
		{"bytes", open, contents(genai.NewContentFromParts([]*genai.Part{{Text: "a"}, bytes}, genai.RoleUser)), chord.ErrUnsupported, "contents[0]: part 1"},
		{"role", open, contents(&genai.Content{Role: "ghost"}), nil, "ghost"},
		{"too long", open, ask(strings.Repeat("yes ", open.Context())), chord.ErrContextFull, ""},
		{"closed", closed, ask("Hi"), chord.ErrClosed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, stream := range []bool{false, true} {
				all, err := collect(t, c.model, c.req, stream)
				if err == nil || c.kind != nil && !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) || len(all) > 0 {
					t.Errorf("got %v after %d responses, want %v with %q", err, len(all), c.kind, c.says)
				}
			}
		})
	}
}
