package langchaingo

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/tmc/langchaingo/llms"

	"github.com/querent-ai/chord"
)

func equal(a, b []float32) bool { return len(a) > 0 && slices.Equal(a, b) }

// TestParams wants each option to set its field, and no option to set any.
func TestParams(t *testing.T) {
	base := chord.ChatParams{Params: chord.Params{Temperature: 0.3, Seed: 5, Stop: []string{"x"}}, Vars: map[string]any{"a": 1}}
	for _, c := range []struct {
		name    string
		options []llms.CallOption
		want    func(p *chord.ChatParams)
	}{
		{"nothing", nil, func(p *chord.ChatParams) {}},
		{"greedy", []llms.CallOption{llms.WithTemperature(0)}, func(p *chord.ChatParams) { p.Temperature = chord.Greedy }},
		{"sampling", []llms.CallOption{llms.WithTemperature(0.5), llms.WithTopK(3), llms.WithTopP(0.25), llms.WithSeed(9)},
			func(p *chord.ChatParams) { p.Temperature, p.TopK, p.TopP, p.Seed = 0.5, 3, 0.25, 9 }},
		{"penalties", []llms.CallOption{llms.WithRepetitionPenalty(1.5), llms.WithFrequencyPenalty(0.5), llms.WithPresencePenalty(0.25)},
			func(p *chord.ChatParams) { p.RepeatPenalty, p.FrequencyPenalty, p.PresencePenalty = 1.5, 0.5, 0.25 }},
		{"lengths", []llms.CallOption{llms.WithMinLength(2), llms.WithMaxLength(9)}, func(p *chord.ChatParams) { p.MinTokens, p.MaxTokens = 2, 9 }},
		{"tokens", []llms.CallOption{llms.WithMaxLength(9), llms.WithMaxTokens(8)}, func(p *chord.ChatParams) { p.MaxTokens = 8 }},
		{"stop", []llms.CallOption{llms.WithStopWords([]string{"y"})}, func(p *chord.ChatParams) { p.Stop = []string{"y"} }},
		{"no thinking", []llms.CallOption{llms.WithThinkingMode(llms.ThinkingModeNone)}, func(p *chord.ChatParams) { p.EnableThinking = new(false) }},
		{"thinking", []llms.CallOption{llms.WithThinkingMode(llms.ThinkingModeHigh), llms.WithThinkingBudget(7)},
			func(p *chord.ChatParams) {
				p.Vars, p.ReasoningBudget = map[string]any{"a": 1, "reasoning_effort": "high"}, new(7)
			}},
		{"required", []llms.CallOption{llms.WithToolChoice("required")}, func(p *chord.ChatParams) { p.ToolChoice = "required" }},
		{"function", []llms.CallOption{llms.WithFunctions([]llms.FunctionDefinition{{Name: "f"}}), llms.WithFunctionCallBehavior("none")},
			func(p *chord.ChatParams) { p.Tools, p.ToolChoice = []chord.Tool{{Name: "f"}}, "none" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := base
			c.want(&want)
			o := callOptions(c.options)
			got, err := chatParams(base, &o)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
			}
		})
	}
	if len(base.Vars) != 1 {
		t.Errorf("the variables of the model became %v", base.Vars)
	}
}

// TestMessages converts a chat of every role.
func TestMessages(t *testing.T) {
	call := llms.ToolCall{ID: "1", Type: "function", FunctionCall: &llms.FunctionCall{Name: "f", Arguments: "{}"}}
	got, err := chatMessages([]llms.MessageContent{
		llms.TextParts(llms.ChatMessageTypeSystem, "Be brief."),
		llms.TextParts(llms.ChatMessageTypeHuman, "a", "b"),
		{Role: llms.ChatMessageTypeAI, Parts: []llms.ContentPart{llms.TextPart("Wait."), call}},
		{Role: llms.ChatMessageTypeTool, Parts: []llms.ContentPart{
			llms.ToolCallResponse{ToolCallID: "1", Name: "f", Content: "x"}, llms.ToolCallResponse{ToolCallID: "2", Name: "g", Content: "y"},
		}},
		llms.TextParts(llms.ChatMessageTypeGeneric),
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"role":"system","content":"Be brief."},{"role":"user","content":"a\nb"},` +
		`{"role":"assistant","content":"Wait.","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},` +
		`{"role":"tool","content":"x","name":"f","tool_call_id":"1"},{"role":"tool","content":"y","name":"g","tool_call_id":"2"},` +
		`{"role":"user","content":""}]`
	if b, err := json.Marshal(got); err != nil || string(b) != want {
		t.Errorf("got  %s, %v\nwant %s", b, err, want)
	}
}
