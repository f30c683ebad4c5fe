package adk

import (
	"encoding/json"
	"reflect"
	"testing"

	"google.golang.org/adk/model"
	"google.golang.org/genai"

	"github.com/querent-ai/chord"
)

// TestParams wants each field of a configuration to set its own, and none to set any.
func TestParams(t *testing.T) {
	base := chord.ChatParams{Params: chord.Params{Temperature: 0.3, Seed: 5}, Tools: []chord.Tool{{Name: "base"}}}
	functions := []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{{Name: "f", Description: "does"}, {Name: "g"}}}}
	calling := func(mode genai.FunctionCallingConfigMode, names ...string) *genai.ToolConfig {
		return &genai.ToolConfig{FunctionCallingConfig: &genai.FunctionCallingConfig{Mode: mode, AllowedFunctionNames: names}}
	}
	for _, c := range []struct {
		name   string
		config *genai.GenerateContentConfig
		want   func(p *chord.ChatParams)
	}{
		{"none", nil, func(p *chord.ChatParams) {}},
		{"nothing", &genai.GenerateContentConfig{}, func(p *chord.ChatParams) {}},
		{"greedy", &genai.GenerateContentConfig{Temperature: new(float32(0))}, func(p *chord.ChatParams) { p.Temperature = chord.Greedy }},
		{"sampling", &genai.GenerateContentConfig{Temperature: new(float32(0.5)), TopK: new(float32(3)), TopP: new(float32(0.25)), Seed: new(int32(9))},
			func(p *chord.ChatParams) { p.Temperature, p.TopK, p.TopP, p.Seed = 0.5, 3, 0.25, 9 }},
		{"penalties", &genai.GenerateContentConfig{PresencePenalty: new(float32(0.5)), FrequencyPenalty: new(float32(0.25))},
			func(p *chord.ChatParams) { p.PresencePenalty, p.FrequencyPenalty = 0.5, 0.25 }},
		{"ends", &genai.GenerateContentConfig{MaxOutputTokens: 7, StopSequences: []string{"x"}}, func(p *chord.ChatParams) { p.MaxTokens, p.Stop = 7, []string{"x"} }},
		{"no thinking", &genai.GenerateContentConfig{ThinkingConfig: &genai.ThinkingConfig{ThinkingBudget: new(int32(0))}}, func(p *chord.ChatParams) { p.EnableThinking = new(false) }},
		{"thinking", &genai.GenerateContentConfig{ThinkingConfig: &genai.ThinkingConfig{ThinkingBudget: new(int32(9))}}, func(p *chord.ChatParams) { p.ReasoningBudget = new(9) }},
		{"tools", &genai.GenerateContentConfig{Tools: functions, ToolConfig: calling(genai.FunctionCallingConfigModeAuto)},
			func(p *chord.ChatParams) {
				p.Tools, p.ToolChoice = []chord.Tool{{Name: "f", Description: "does"}, {Name: "g"}}, "auto"
			}},
		{"one tool", &genai.GenerateContentConfig{Tools: functions, ToolConfig: calling(genai.FunctionCallingConfigModeAny, "g")},
			func(p *chord.ChatParams) { p.Tools, p.ToolChoice = []chord.Tool{{Name: "g"}}, "required" }},
		{"no tools", &genai.GenerateContentConfig{ToolConfig: calling(genai.FunctionCallingConfigModeNone)}, func(p *chord.ChatParams) { p.ToolChoice = "none" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := base
			c.want(&want)
			got, err := chatParams(base, c.config)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
			}
		})
	}
}

// TestSchema converts what a genai.Schema can say.
func TestSchema(t *testing.T) {
	s := &genai.Schema{
		Type:             genai.TypeObject,
		Description:      "a cat",
		PropertyOrdering: []string{"name", "absent"},
		Required:         []string{"name"},
		Properties: map[string]*genai.Schema{
			"age":  {Type: genai.TypeInteger, Minimum: new(0.0), Nullable: new(true)},
			"kind": {Type: genai.TypeString, Enum: []string{"tabby"}, Nullable: new(true)},
			"name": {Type: genai.TypeString, MaxLength: new(int64(9)), Pattern: "^[a-z]+$"},
			"toys": {Type: genai.TypeArray, MinItems: new(int64(1)), Items: &genai.Schema{AnyOf: []*genai.Schema{{Type: genai.TypeBoolean}}, Nullable: new(true)}},
		},
	}
	const want = `{"type":"object","description":"a cat","properties":{"name":{"type":"string","maxLength":9,"pattern":"^[a-z]+$"},` +
		`"age":{"type":["integer","null"],"minimum":0},"kind":{"type":["string","null"],"enum":["tabby",null]},` +
		`"toys":{"type":"array","items":{"anyOf":[{"type":"boolean"},{"type":"null"}]},"minItems":1}},"required":["name"]}`
	if got, err := schemaOf(nil, s); err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

// TestMessages converts a chat of every role.
func TestMessages(t *testing.T) {
	got, err := chatMessages(&model.LLMRequest{
		Config: &genai.GenerateContentConfig{SystemInstruction: genai.NewContentFromText("Be brief.", genai.RoleUser)},
		Contents: []*genai.Content{
			{Parts: []*genai.Part{{Text: "a"}, {Text: "b"}}},
			{Role: genai.RoleModel, Parts: []*genai.Part{{Text: "r", Thought: true}, {Text: "Wait."}, {FunctionCall: &genai.FunctionCall{ID: "1", Name: "f", Args: map[string]any{"x": 1}}}, {FunctionCall: &genai.FunctionCall{ID: "2", Name: "g"}}}},
			nil,
			{Role: genai.RoleUser, Parts: []*genai.Part{
				{FunctionResponse: &genai.FunctionResponse{ID: "1", Name: "f", Response: map[string]any{"result": "x"}}},
				{FunctionResponse: &genai.FunctionResponse{ID: "2", Name: "g"}},
			}},
			{Role: genai.RoleModel, Parts: []*genai.Part{{Text: "Done."}}},
		},
	})
	const want = `[{"role":"system","content":"Be brief."},{"role":"user","content":"ab"},` +
		`{"role":"assistant","content":"Wait.","reasoning_content":"r","tool_calls":[` +
		`{"id":"1","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"2","type":"function","function":{"name":"g","arguments":"{}"}}]},` +
		`{"role":"tool","content":"{\"result\":\"x\"}","name":"f","tool_call_id":"1"},{"role":"tool","content":"{}","name":"g","tool_call_id":"2"},` +
		`{"role":"assistant","content":"Done."},{"role":"user","content":"Continue as instructed."}]`
	if b, _ := json.Marshal(got); err != nil || string(b) != want {
		t.Errorf("got  %s, %v\nwant %s", b, err, want)
	}
}
