package genkit

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/firebase/genkit/go/ai"
	"github.com/firebase/genkit/go/core"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/grammar"
)

// chatParams returns p with what a request sets.
func chatParams(p chord.ChatParams, req *ai.ModelRequest) (chord.ChatParams, error) {
	if err := configure(&p, req.Config); err != nil {
		return p, err
	}
	if len(req.Tools) > 0 {
		if err := setTools(&p, req.Tools); err != nil {
			return p, err
		}
	}
	if req.ToolChoice != "" {
		p.ToolChoice = string(req.ToolChoice)
	}
	if o := req.Output; o != nil && o.Constrained && o.Schema != nil {
		b, err := json.Marshal(o.Schema)
		if err == nil {
			p.Grammar, err = grammar.JSONSchema(b)
		}
		if err != nil {
			return p, fail(core.INVALID_ARGUMENT, err, "output schema: %v", err)
		}
	}
	return p, nil
}

// configure sets what the configuration of a request has.
func configure(p *chord.ChatParams, config any) error {
	switch c := config.(type) {
	case nil:
	case chord.ChatParams:
		*p = c
	case *chord.ChatParams:
		if c != nil {
			*p = *c
		}
	case ai.GenerationCommonConfig:
		common(p, &c)
	case *ai.GenerationCommonConfig:
		if c != nil {
			common(p, c)
		}
	case map[string]any:
		return fromMap(p, c)
	default:
		return fail(core.INVALID_ARGUMENT, nil, "a configuration of type %T", config)
	}
	return nil
}

// common sets what Genkit's common configuration has; its zeros say nothing.
func common(p *chord.ChatParams, c *ai.GenerationCommonConfig) {
	if c.Temperature != 0 {
		p.Temperature = float32(c.Temperature)
	}
	if c.TopP != 0 {
		p.TopP = float32(c.TopP)
	}
	p.TopK = cmp.Or(c.TopK, p.TopK)
	p.MaxTokens = cmp.Or(c.MaxOutputTokens, p.MaxTokens)
	if c.StopSequences != nil {
		p.Stop = c.StopSequences
	}
}

// names are chord's names of Genkit's common configuration.
var names = map[string]string{"maxOutputTokens": "max_tokens", "stopSequences": "stop", "topK": "top_k", "topP": "top_p"}

// fromMap sets what a configuration from JSON has.
func fromMap(p *chord.ChatParams, config map[string]any) error {
	renamed := make(map[string]any, len(config))
	for name, value := range config {
		renamed[cmp.Or(names[name], name)] = value
	}
	b, err := json.Marshal(renamed)
	if err == nil {
		err = json.Unmarshal(b, p)
	}
	if err != nil {
		return fail(core.INVALID_ARGUMENT, err, "configuration: %v", err)
	}
	return nil
}

// setTools sets the tools, sorted: Genkit's order changes from call to call, and
// prompts that begin alike share their cache.
func setTools(p *chord.ChatParams, tools []*ai.ToolDefinition) error {
	p.Tools = make([]chord.Tool, len(tools))
	for i, t := range tools {
		out := chord.Tool{Name: t.Name, Description: t.Description}
		if t.InputSchema != nil {
			var err error
			if out.Parameters, err = json.Marshal(t.InputSchema); err != nil {
				return fail(core.INVALID_ARGUMENT, err, "tool %q: %v", t.Name, err)
			}
		}
		p.Tools[i] = out
	}
	slices.SortFunc(p.Tools, func(a, b chord.Tool) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}
