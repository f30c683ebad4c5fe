package langchaingo

import (
	"encoding/json"

	"github.com/tmc/langchaingo/llms"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/grammar"
)

// unset is the temperature of a call that sets none: LangChain's own 0 is greedy.
const unset = -1

// callOptions applies options.
func callOptions(options []llms.CallOption) llms.CallOptions {
	o := llms.CallOptions{Temperature: unset}
	for _, set := range options {
		set(&o)
	}
	return o
}

// chatParams returns p with what a call sets. Lengths are in tokens.
func chatParams(p chord.ChatParams, o *llms.CallOptions) (chord.ChatParams, error) {
	switch {
	case o.Temperature == 0:
		p.Temperature = chord.Greedy
	case o.Temperature > 0:
		p.Temperature = float32(o.Temperature)
	}
	set(&p.TopK, o.TopK)
	set(&p.TopP, float32(o.TopP))
	set(&p.Seed, int64(o.Seed))
	set(&p.MinTokens, o.MinLength)
	set(&p.MaxTokens, o.MaxLength)
	set(&p.MaxTokens, o.MaxTokens)
	set(&p.RepeatPenalty, float32(o.RepetitionPenalty))
	set(&p.FrequencyPenalty, float32(o.FrequencyPenalty))
	set(&p.PresencePenalty, float32(o.PresencePenalty))
	if o.StopWords != nil {
		p.Stop = o.StopWords
	}
	if p.Grammar == nil && (o.JSONMode || o.ResponseMIMEType == "application/json") {
		p.Grammar = grammar.JSONObject()
	}
	think(&p, o)
	if err := addTools(&p, o); err != nil {
		return p, err
	}
	return p, chooseTool(&p, o)
}

// set sets *to unless value is the zero value, which says nothing.
func set[T comparable](to *T, value T) {
	if value != *new(T) {
		*to = value
	}
}

// think sets how much the model reasons.
func think(p *chord.ChatParams, o *llms.CallOptions) {
	c := llms.GetThinkingConfig(o)
	if c == nil {
		return
	}
	switch c.Mode {
	case llms.ThinkingModeNone:
		p.EnableThinking = new(false)
	case llms.ThinkingModeLow, llms.ThinkingModeMedium, llms.ThinkingModeHigh:
		vars := map[string]any{"reasoning_effort": string(c.Mode)}
		for name, value := range p.Vars {
			vars[name] = value
		}
		p.Vars = vars
	}
	if c.BudgetTokens > 0 {
		p.ReasoningBudget = new(c.BudgetTokens)
	}
}

// addTools sets the tools, those of LangChain's older option among them.
func addTools(p *chord.ChatParams, o *llms.CallOptions) error {
	if len(o.Tools)+len(o.Functions) > 0 {
		p.Tools = nil
	}
	tools := o.Tools
	for i := range o.Functions {
		tools = append(tools, llms.Tool{Type: "function", Function: &o.Functions[i]})
	}
	for i, t := range tools {
		if t.Function == nil {
			return invalid("tools[%d]: type %q, want a function", i, t.Type)
		}
		f := chord.Tool{Name: t.Function.Name, Description: t.Function.Description, Strict: t.Function.Strict}
		if t.Function.Parameters != nil {
			var err error
			if f.Parameters, err = json.Marshal(t.Function.Parameters); err != nil {
				return invalid("tools[%d]: parameters: %v", i, err)
			}
		}
		p.Tools = append(p.Tools, f)
	}
	return nil
}

// chooseTool sets which tool is to be called: a word, or an object as in OpenAI's API.
func chooseTool(p *chord.ChatParams, o *llms.CallOptions) error {
	choice := o.ToolChoice
	if choice == nil && o.FunctionCallBehavior != "" {
		choice = string(o.FunctionCallBehavior)
	}
	if choice == nil {
		return nil
	}
	b, err := json.Marshal(map[string]any{"tool_choice": choice})
	if err == nil {
		err = json.Unmarshal(b, p)
	}
	if err != nil {
		return invalid("tool choice: %v", err)
	}
	return nil
}
