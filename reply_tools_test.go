package chord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// weather is the arguments of a tool.
type weather struct {
	City string `json:"city"`
	Days int8   `json:"days,omitempty" jsonschema:"minimum=1,maximum=7"`
}

// forecast is a tool with a function.
func forecast(t *testing.T) Tool {
	t.Helper()
	tool, err := ToolOf("forecast", "The weather of the next days", func(_ context.Context, w weather) (string, error) {
		if w.City == "Atlantis" {
			return "", errors.New("no such city")
		}
		return fmt.Sprintf("%s: sun for %d days", w.City, w.Days), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tool
}

func TestToolOf(t *testing.T) {
	tool := forecast(t)
	want := `{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":1,"maximum":7}},"required":["city"],"additionalProperties":false}`
	if tool.Name != "forecast" || string(tool.Parameters) != want {
		t.Errorf("got %s %s", tool.Name, tool.Parameters)
	}
	if text, err := tool.Call(t.Context(), json.RawMessage(`{"city":"Rome","days":3}`)); err != nil || text != "Rome: sun for 3 days" {
		t.Errorf("got %q, %v", text, err)
	}
	if _, err := tool.Call(t.Context(), json.RawMessage(`{"city":5}`)); err == nil {
		t.Error("wrong arguments: no error")
	}
	if _, err := ToolOf[string]("f", "", nil); !errors.Is(err, ErrInvalid) {
		t.Errorf("no struct: %v", err)
	}
	if _, err := ToolOf[struct{ F func() }]("f", "", nil); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), ".F") {
		t.Errorf("a function: %v", err)
	}
}

// says returns a model of answers: each calls tools, or is text.
func says(answers ...Message) (answer func([]Message) (Message, error), seen *[][]Message) {
	seen = new([][]Message)
	return func(messages []Message) (Message, error) {
		*seen = append(*seen, messages)
		a := answers[min(len(*seen), len(answers))-1]
		a.Role = "assistant"
		return a, nil
	}, seen
}

func calling(id, name, arguments string) ToolCall {
	return ToolCall{ID: id, Type: "function", Function: FunctionCall{Name: name, Arguments: arguments}}
}

// Reply runs the tools that the model calls, in order, and lets it go on.
func TestReplyCallsTools(t *testing.T) {
	p := &ChatParams{Tools: []Tool{forecast(t), {Name: "manual"}}}
	user := []Message{{Role: "user", Content: "Rome and Atlantis?"}}
	answer, seen := says(
		Message{ToolCalls: []ToolCall{calling("a", "forecast", `{"city":"Rome","days":2}`), calling("b", "forecast", `{"city":"Atlantis"}`), calling("c", "nothing", `{}`)}},
		Message{Content: "Sun in Rome."})
	got, err := replies(t.Context(), user, p, answer)
	if err != nil || len(got) != 5 || got[4].Content != "Sun in Rome." || len(*seen) != 2 || len((*seen)[1]) != 5 {
		t.Fatalf("got %+v, %v", got, err)
	}
	for i, want := range []Message{{ToolCallID: "a", Content: "Rome: sun for 2 days"}, {ToolCallID: "b", Content: "error: no such city"}, {ToolCallID: "c", Content: `error: there is no tool "nothing"`}} {
		if m := got[i+1]; m.Role != "tool" || m.ToolCallID != want.ToolCallID || m.Content != want.Content || m.Name == "" {
			t.Errorf("got %+v, want %+v", m, want)
		}
	}
	answer, _ = says(Message{ToolCalls: []ToolCall{calling("a", "forecast", `{"city":"Rome"}`), calling("b", "manual", `{}`)}})
	if got, err := replies(t.Context(), user, p, answer); err != nil || len(got) != 1 || len(got[0].ToolCalls) != 2 {
		t.Errorf("a tool of the caller's: got %+v, %v", got, err)
	}
	p.MaxToolRounds = 3
	answer, seen = says(Message{ToolCalls: []ToolCall{calling("a", "forecast", `{"city":"Rome"}`)}})
	if got, err := replies(t.Context(), user, p, answer); !errors.Is(err, ErrIncomplete) || len(got) != 6 || len(*seen) != 3 {
		t.Errorf("calls without end: got %+v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.Tools[0].Call = func(context.Context, json.RawMessage) (string, error) { cancel(); return "", nil }
	if got, err := replies(ctx, user, p, answer); !errors.Is(err, context.Canceled) || len(got) != 1 {
		t.Errorf("cancelled: got %+v, %v", got, err)
	}
}
