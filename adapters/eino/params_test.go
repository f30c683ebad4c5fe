package eino

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/cloudwego/eino/components/model"
	"github.com/cloudwego/eino/schema"

	"github.com/querent-ai/chord"
)

// TestParams wants each option to set its field, and no option to set any.
func TestParams(t *testing.T) {
	f, g := &schema.ToolInfo{Name: "f", Desc: "does"}, &schema.ToolInfo{Name: "g"}
	base := chord.ChatParams{Params: chord.Params{Temperature: 0.3, Stop: []string{"x"}}, Tools: []chord.Tool{{Name: "base"}}}
	for _, c := range []struct {
		name    string
		options []model.Option
		want    func(p *chord.ChatParams)
	}{
		{"nothing", nil, func(p *chord.ChatParams) {}},
		{"greedy", []model.Option{model.WithTemperature(0)}, func(p *chord.ChatParams) { p.Temperature = chord.Greedy }},
		{"sampling", []model.Option{model.WithTemperature(0.5), model.WithTopP(0.25), model.WithMaxTokens(7)},
			func(p *chord.ChatParams) { p.Temperature, p.TopP, p.MaxTokens = 0.5, 0.25, 7 }},
		{"stop", []model.Option{model.WithStop([]string{"y"})}, func(p *chord.ChatParams) { p.Stop = []string{"y"} }},
		{"tools", []model.Option{model.WithTools([]*schema.ToolInfo{f, g}), model.WithToolChoice(schema.ToolChoiceForced, "g")},
			func(p *chord.ChatParams) { p.Tools, p.ToolChoice = []chord.Tool{{Name: "g"}}, "required" }},
		{"no tools", []model.Option{model.WithTools(nil), model.WithToolChoice(schema.ToolChoiceForbidden)},
			func(p *chord.ChatParams) { p.Tools, p.ToolChoice = []chord.Tool{}, "none" }},
		{"any", []model.Option{WithParams(func(p *chord.ChatParams) { p.TopK++ }), WithParams(func(p *chord.ChatParams) { p.TopK++ }), model.WithToolChoice(schema.ToolChoiceAllowed)},
			func(p *chord.ChatParams) { p.TopK, p.ToolChoice = 2, "auto" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := base
			c.want(&want)
			got, err := chatParams(base, c.options)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
			}
		})
	}
}

// TestToolSchema converts the parameters of a tool.
func TestToolSchema(t *testing.T) {
	var p chord.ChatParams
	err := setTools(&p, []*schema.ToolInfo{{Name: "f", ParamsOneOf: schema.NewParamsOneOfByParams(map[string]*schema.ParameterInfo{
		"at": {Type: schema.String, Required: true, Enum: []string{"a", "b"}},
	})}})
	const want = `{"properties":{"at":{"enum":["a","b"],"type":"string"}},"required":["at"],"type":"object"}`
	if err != nil || string(p.Tools[0].Parameters) != want {
		t.Errorf("got %s, %v, want %s", p.Tools[0].Parameters, err, want)
	}
	if err := setTools(&p, []*schema.ToolInfo{nil}); err == nil {
		t.Error("a nil tool is none")
	}
}

// older returns a message as older programs make it.
func older(text string) *schema.Message {
	//lint:ignore SA1019 older programs have it
	parts := []schema.ChatMessagePart{{Type: schema.ChatMessagePartTypeText, Text: text}}
	return &schema.Message{Role: schema.User, MultiContent: parts}
}

// TestMessages converts a chat of every role.
func TestMessages(t *testing.T) {
	call := schema.ToolCall{ID: "1", Function: schema.FunctionCall{Name: "f", Arguments: "{}"}}
	text := func(s string) schema.MessageInputPart {
		return schema.MessageInputPart{Type: schema.ChatMessagePartTypeText, Text: s}
	}
	got, err := chatMessages([]*schema.Message{
		schema.SystemMessage("Be brief."),
		{Role: schema.User, UserInputMultiContent: []schema.MessageInputPart{text("a"), text("b")}},
		schema.AssistantMessage("Wait.", []schema.ToolCall{call}),
		schema.ToolMessage("x", "1", schema.WithToolName("f")),
		{Role: schema.Assistant, AssistantGenMultiContent: []schema.MessageOutputPart{{Type: schema.ChatMessagePartTypeText, Text: "c"}}, ReasoningContent: "r"},
		older("d"),
	})
	const want = `[{"role":"system","content":"Be brief."},{"role":"user","content":"a\nb"},` +
		`{"role":"assistant","content":"Wait.","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},` +
		`{"role":"tool","content":"x","name":"f","tool_call_id":"1"},{"role":"assistant","content":"c","reasoning_content":"r"},` +
		`{"role":"user","content":"d"}]`
	if b, _ := json.Marshal(got); err != nil || string(b) != want {
		t.Errorf("got  %s, %v\nwant %s", b, err, want)
	}
}
