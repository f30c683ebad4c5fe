package chord_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/grammar"
)

// chatText returns what a chat says, in its parts.
func chatText(t *testing.T, deltas func(func(chord.Delta, error) bool)) (content string, r chord.Result) {
	t.Helper()
	for d, err := range deltas {
		if err != nil {
			t.Fatal(err)
		}
		content += d.Content
		if d.Result != nil {
			r = *d.Result
		}
	}
	return content, r
}

var hello = []chord.Message{{Role: "system", Content: "You tell stories."}, {Role: "user", Content: "Tell me one about a cat."}}

// TestChat checks that a chat is the text that continues its prompt, and the same
// from a session, which does not compute again what it has.
func TestChat(t *testing.T) {
	m := story(t)
	prompt, err := m.ApplyTemplate(hello, chord.ChatOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want, err := m.Complete(t.Context(), prompt, seeded(4, 30))
	if err != nil {
		t.Fatal(err)
	}
	p := chord.ChatParams{Params: seeded(4, 30)}
	got, r := chatText(t, m.Chat(t.Context(), hello, p))
	if got != want.Text || r.Finish != want.Finish || r.Generated != want.Generated {
		t.Errorf("got %q, %+v, want %q", got, r, want.Text)
	}
	answer, err := m.Reply(t.Context(), hello, p)
	if err != nil || len(answer) != 1 || answer[0].Role != "assistant" || answer[0].Content != want.Text {
		t.Errorf("reply %+v, %v", answer, err)
	}
	s := m.NewSession()
	defer s.Close()
	if got, _ := chatText(t, s.Chat(t.Context(), hello, p)); got != want.Text {
		t.Errorf("session: got %q, want %q", got, want.Text)
	}
	more := append(append([]chord.Message{}, hello...), answer[0], chord.Message{Role: "user", Content: "And then?"})
	cold, _ := chatText(t, m.Chat(t.Context(), more, p))
	if warm, r := chatText(t, s.Chat(t.Context(), more, p)); warm != cold || r.Prompt < 30 {
		t.Errorf("session, second turn: got %q, want %q, %+v", warm, cold, r)
	}
}

func TestChatErrors(t *testing.T) {
	m := story(t)
	tool := []chord.Tool{{Name: "f"}}
	bytes, err := grammar.Literal("\xff").Grammar() // which no receipt can hold
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		p  chord.ChatParams
		is error
	}{
		`ToolChoice: "all"`:     {chord.ChatParams{ToolChoice: "all", Tools: tool}, chord.ErrInvalid},
		"there are no Tools":    {chord.ChatParams{ToolChoice: "required"}, chord.ErrInvalid},
		"but a Grammar":         {chord.ChatParams{Tools: tool, ToolChoice: "f", Params: chord.Params{Grammar: grammar.JSONObject()}}, chord.ErrInvalid},
		`Tools[0].Name: "a b"`:  {chord.ChatParams{Tools: []chord.Tool{{Name: "a b"}}}, chord.ErrInvalid},
		"name of two tools":     {chord.ChatParams{Tools: []chord.Tool{{Name: "a"}, {Name: "a"}}}, chord.ErrInvalid},
		"ReasoningFormat":       {chord.ChatParams{ReasoningFormat: "x"}, chord.ErrInvalid},
		"Receipt":               {chord.ChatParams{Params: chord.Params{Receipt: true, Grammar: bytes}}, chord.ErrInvalid},
		"Params.TopK: -2":       {chord.ChatParams{Params: chord.Params{TopK: -2}}, chord.ErrInvalid},
		"Tools[0].Parameters: ": {chord.ChatParams{Tools: []chord.Tool{{Name: "f", Parameters: json.RawMessage("{")}}}, chord.ErrInvalid},
	} {
		n := 0
		for d, err := range m.Chat(t.Context(), hello, c.p) {
			if n++; err == nil || !errors.Is(err, c.is) || !strings.Contains(err.Error(), want) || d.Result == nil {
				t.Errorf("got %+v, %v, want %q", d, err, want)
			}
		}
		if n != 1 {
			t.Errorf("%q: %d elements", want, n)
		}
	}
	if _, _, err := complete(m, chord.ChatParams{Tools: tool, ToolChoice: "none", Params: seeded(1, 3)}); err != nil {
		t.Errorf("tools that are left out: %v", err)
	}
}

// complete returns the answer to hello.
func complete(m *chord.Model, p chord.ChatParams) (string, *chord.Result, error) {
	text := ""
	for d, err := range m.Chat(context.Background(), hello, p) {
		text += d.Content
		if d.Result != nil {
			return text, d.Result, err
		}
	}
	return text, nil, nil
}

// TestChatTrim drops the oldest turns of a chat that is too long, and reports
// one that stays so with both numbers.
func TestChatTrim(t *testing.T) {
	m := openTales(t, chord.Options{Context: 120})
	defer m.Close()
	long := []chord.Message{}
	for range 10 {
		long = append(long, chord.Message{Role: "user", Content: "Tell me one about a cat."}, chord.Message{Role: "assistant", Content: "No."})
	}
	long = append(long, hello[1])
	p := chord.ChatParams{Params: seeded(1, 3)}
	for _, err := range m.Chat(t.Context(), long, p) {
		if !errors.Is(err, chord.ErrContextFull) || !strings.Contains(err.Error(), "context of 120") {
			t.Errorf("got %v", err)
		}
	}
	p.Trim = func(messages []chord.Message) []chord.Message { return messages[2:] }
	if _, r := chatText(t, m.Chat(t.Context(), long, p)); r.Prompt > 120 || r.Prompt < 60 {
		t.Errorf("%+v", r)
	}
	p.Trim = func(messages []chord.Message) []chord.Message { return messages }
	for _, err := range m.Chat(t.Context(), long, p) {
		if !errors.Is(err, chord.ErrContextFull) {
			t.Errorf("a Trim that leaves all: %v", err)
		}
	}
}

// TestParamsJSON takes a 0 that is present at its word, and leaves what is absent
// as it was.
func TestParamsJSON(t *testing.T) {
	p := chord.Params{TopP: 0.5, MaxTokens: 3}
	if err := json.Unmarshal([]byte(`{"temperature":0,"top_k":0,"min_p":0,"seed":0,"frequency_penalty":1}`), &p); err != nil {
		t.Fatal(err)
	}
	if p.Temperature != chord.Greedy || p.TopK != chord.Off || p.MinP != chord.Off || p.Seed == 0 || p.TopP != 0.5 || p.MaxTokens != 3 || p.FrequencyPenalty != 1 {
		t.Errorf("%+v", p)
	}
	var c chord.ChatParams
	if err := json.Unmarshal([]byte(`{"temperature":0,"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"none","trust_content":true,"parallel_tool_calls":false,"enable_thinking":false,"reasoning_budget":0,"reasoning_format":"none"}`), &c); err != nil {
		t.Fatal(err)
	}
	if c.Temperature != chord.Greedy || len(c.Tools) != 1 || c.Tools[0].Name != "f" || c.ToolChoice != "none" || !c.TrustContent || *c.ParallelToolCalls || *c.EnableThinking || *c.ReasoningBudget != 0 || c.ReasoningFormat != "none" {
		t.Errorf("%+v", c)
	}
	for text, want := range map[string]string{`{"tool_choice":{"type":"function","function":{"name":"g"}}}`: "g", `{"tool_choice":{"type":"function","name":"h"}}`: "h"} {
		if err := json.Unmarshal([]byte(text), &c); err != nil || c.ToolChoice != want {
			t.Errorf("%s: got %q, %v", text, c.ToolChoice, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"tool_choice":{"type":"custom"}}`), &c); err == nil {
		t.Error("a tool_choice without a name is one")
	}
	if err := json.Unmarshal([]byte(`{}`), &p); err != nil || p.Temperature != chord.Greedy {
		t.Errorf("an empty object: %+v, %v", p, err)
	}
	greedy, seeded := chord.Params{}, chord.Params{}
	_ = json.Unmarshal([]byte(`{"temperature":0,"max_tokens":8}`), &greedy)
	_ = json.Unmarshal([]byte(`{"temperature":0,"max_tokens":8,"seed":5}`), &seeded)
	if a, b := result(t, story(t), greedy), result(t, story(t), seeded); a.Text != b.Text {
		t.Errorf("temperature 0 is not greedy: %q, %q", a.Text, b.Text)
	}
}

// toolTemplate is a template of the Hermes kind.
const toolTemplate = `{%- if tools %}{{ tools|tojson }} <tool_call>{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>{{ c.function.name }}</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// TestReplyTools lets a real model call a tool, again and again: it says the same
// whatever it is told.
func TestReplyTools(t *testing.T) {
	file, err := chordtest.File(`<tool_call>
{"name": "add", "arguments": {"a": 2, "b": 3}}
</tool_call>`)
	if err != nil {
		t.Fatal(err)
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(file), int64(len(file)), chord.Options{Threads: 1, ChatTemplate: toolTemplate})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	sums := 0
	add, err := chord.ToolOf("add", "adds", func(_ context.Context, n struct {
		A int `json:"a"`
		B int `json:"b"`
	}) (string, error) {
		sums++
		return fmt.Sprint(n.A + n.B), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Reply(t.Context(), hello, chord.ChatParams{Tools: []chord.Tool{add}, MaxToolRounds: 2})
	if !errors.Is(err, chord.ErrIncomplete) || len(got) != 4 || sums != 2 {
		t.Fatalf("got %+v, %v, %d calls", got, err, sums)
	}
	ids := map[string]bool{}
	for i := 0; i < 4; i += 2 {
		id := got[i].ToolCalls[0].ID
		if ids[id] = true; len(id) != 9 || got[i+1].ToolCallID != id || got[i+1].Content != "5" {
			t.Errorf("got %+v, %+v", got[i], got[i+1])
		}
	}
	if len(ids) != 2 {
		t.Errorf("ids %v", ids)
	}
}
