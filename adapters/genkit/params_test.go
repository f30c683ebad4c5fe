package genkit

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/firebase/genkit/go/ai"

	"github.com/querent-ai/chord"
)

// TestParams wants each field of a request to set its own, and none to set any.
func TestParams(t *testing.T) {
	base := chord.ChatParams{Params: chord.Params{Temperature: 0.3, Seed: 5}}
	other := chord.ChatParams{Params: chord.Params{TopK: 4}}
	for _, c := range []struct {
		name string
		req  ai.ModelRequest
		want func(p *chord.ChatParams)
	}{
		{"nothing", ai.ModelRequest{}, func(p *chord.ChatParams) {}},
		{"common", ai.ModelRequest{Config: &ai.GenerationCommonConfig{Temperature: 0.5, TopK: 3, TopP: 0.25, MaxOutputTokens: 7, StopSequences: []string{"x"}}},
			func(p *chord.ChatParams) {
				p.Temperature, p.TopK, p.TopP, p.MaxTokens, p.Stop = 0.5, 3, 0.25, 7, []string{"x"}
			}},
		{"common, empty", ai.ModelRequest{Config: ai.GenerationCommonConfig{}}, func(p *chord.ChatParams) {}},
		{"chord's", ai.ModelRequest{Config: other}, func(p *chord.ChatParams) { *p = other }},
		{"chord's, by pointer", ai.ModelRequest{Config: &other}, func(p *chord.ChatParams) { *p = other }},
		{"nil pointers", ai.ModelRequest{Config: (*chord.ChatParams)(nil)}, func(p *chord.ChatParams) {}},
		{"JSON", ai.ModelRequest{Config: map[string]any{"temperature": 0, "maxOutputTokens": 7, "stopSequences": []any{"x"}, "topK": 3.0, "topP": 0.25, "min_p": 0.5}},
			func(p *chord.ChatParams) {
				p.Temperature, p.TopK, p.TopP, p.MaxTokens, p.Stop, p.MinP = chord.Greedy, 3, 0.25, 7, []string{"x"}, 0.5
			}},
		{"tools", ai.ModelRequest{Tools: []*ai.ToolDefinition{{Name: "g"}, {Name: "f", InputSchema: map[string]any{"type": "object"}}}, ToolChoice: ai.ToolChoiceNone},
			func(p *chord.ChatParams) {
				p.Tools, p.ToolChoice = []chord.Tool{{Name: "f", Parameters: json.RawMessage(`{"type":"object"}`)}, {Name: "g"}}, "none"
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := base
			c.want(&want)
			got, err := chatParams(base, &c.req)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
			}
		})
	}
	_, err := chatParams(base, &ai.ModelRequest{Output: &ai.ModelOutputConfig{Constrained: true, Schema: map[string]any{"type": 7}}})
	if err == nil {
		t.Error("a type of 7")
	}
}

// TestMessages converts a chat of every role.
func TestMessages(t *testing.T) {
	got, err := chatMessages([]*ai.Message{
		ai.NewSystemTextMessage("Be brief."),
		ai.NewUserMessage(ai.NewTextPart("a"), ai.NewTextPart("b")),
		ai.NewModelMessage(ai.NewReasoningPart("r", nil), ai.NewTextPart("Wait."), ai.NewToolRequestPart(&ai.ToolRequest{Ref: "1", Name: "f", Input: map[string]any{"x": 1}}),
			ai.NewToolRequestPart(&ai.ToolRequest{Ref: "2", Name: "g"})),
		ai.NewMessage(ai.RoleTool, nil, ai.NewToolResponsePart(&ai.ToolResponse{Ref: "1", Name: "f", Output: "x"}),
			ai.NewToolResponsePart(&ai.ToolResponse{Ref: "2", Name: "g", Output: map[string]any{"y": true}})),
		ai.NewModelTextMessage(""),
	})
	const want = `[{"role":"system","content":"Be brief."},{"role":"user","content":"ab"},` +
		`{"role":"assistant","content":"Wait.","reasoning_content":"r","tool_calls":[` +
		`{"id":"1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"2","type":"function","function":{"name":"g","arguments":"{}"}}]},` +
		`{"role":"tool","content":"x","name":"f","tool_call_id":"1"},{"role":"tool","content":"{\"y\":true}","name":"g","tool_call_id":"2"},` +
		`{"role":"assistant","content":""}]`
	if b, _ := json.Marshal(got); err != nil || string(b) != want {
		t.Errorf("got  %s, %v\nwant %s", b, err, want)
	}
}
