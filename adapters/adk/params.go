package adk

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"google.golang.org/genai"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/grammar"
)

// chatParams returns p with what a configuration sets.
func chatParams(p chord.ChatParams, c *genai.GenerateContentConfig) (chord.ChatParams, error) {
	if c == nil {
		return p, nil
	}
	if c.CandidateCount > 1 {
		return p, fmt.Errorf("chord: %d candidates, want one: %w", c.CandidateCount, chord.ErrUnsupported)
	}
	sampling(&p.Params, c)
	if t := c.ThinkingConfig; t != nil && t.ThinkingBudget != nil {
		switch n := int(*t.ThinkingBudget); {
		case n == 0:
			p.EnableThinking = new(false)
		case n > 0:
			p.ReasoningBudget = &n
		}
	}
	if err := setTools(&p, c); err != nil {
		return p, err
	}
	return p, setFormat(&p, c)
}

// sampling sets how tokens are chosen and where the answer ends.
func sampling(p *chord.Params, c *genai.GenerateContentConfig) {
	if t := c.Temperature; t != nil {
		p.Temperature = *t
		if *t == 0 {
			p.Temperature = chord.Greedy
		}
	}
	if c.TopK != nil {
		p.TopK = int(*c.TopK)
	}
	set(&p.TopP, c.TopP)
	set(&p.PresencePenalty, c.PresencePenalty)
	set(&p.FrequencyPenalty, c.FrequencyPenalty)
	if c.Seed != nil {
		p.Seed = int64(*c.Seed)
	}
	if c.MaxOutputTokens > 0 {
		p.MaxTokens = int(c.MaxOutputTokens)
	}
	if c.StopSequences != nil {
		p.Stop = c.StopSequences
	}
}

// set sets *to if there is a value.
func set(to *float32, value *float32) {
	if value != nil {
		*to = *value
	}
}

// setTools sets the functions that may be called, and whether one has to be.
func setTools(p *chord.ChatParams, c *genai.GenerateContentConfig) error {
	if len(c.Tools) > 0 {
		p.Tools = nil
	}
	for i, t := range c.Tools {
		if t == nil {
			continue
		}
		others := *t
		if others.FunctionDeclarations = nil; !reflect.ValueOf(others).IsZero() {
			return fmt.Errorf("chord: tools[%d]: only functions can be called: %w", i, chord.ErrUnsupported)
		}
		for _, f := range t.FunctionDeclarations {
			schema, err := schemaOf(f.ParametersJsonSchema, f.Parameters)
			if err != nil {
				return fmt.Errorf("chord: tool %q: %w", f.Name, err)
			}
			p.Tools = append(p.Tools, chord.Tool{Name: f.Name, Description: f.Description, Parameters: schema})
		}
	}
	if c.ToolConfig == nil || c.ToolConfig.FunctionCallingConfig == nil {
		return nil
	}
	return chooseTool(p, c.ToolConfig.FunctionCallingConfig)
}

// chooseTool sets whether functions may or have to be called.
func chooseTool(p *chord.ChatParams, f *genai.FunctionCallingConfig) error {
	switch f.Mode {
	case "", genai.FunctionCallingConfigModeUnspecified:
	case genai.FunctionCallingConfigModeAuto, genai.FunctionCallingConfigModeValidated:
		p.ToolChoice = "auto"
	case genai.FunctionCallingConfigModeNone:
		p.ToolChoice = "none"
	case genai.FunctionCallingConfigModeAny:
		p.ToolChoice = "required"
	default:
		return fmt.Errorf("chord: function calling mode %q", f.Mode)
	}
	if names := f.AllowedFunctionNames; len(names) > 0 {
		p.Tools = slices.DeleteFunc(slices.Clone(p.Tools), func(t chord.Tool) bool { return !slices.Contains(names, t.Name) })
	}
	return nil
}

// setFormat sets the form of the answer.
func setFormat(p *chord.ChatParams, c *genai.GenerateContentConfig) error {
	schema, err := schemaOf(c.ResponseJsonSchema, c.ResponseSchema)
	if err == nil && schema != nil {
		p.Grammar, err = grammar.JSONSchema(schema)
	}
	if err != nil {
		return fmt.Errorf("chord: response schema: %w", err)
	}
	if schema == nil && c.ResponseMIMEType == "application/json" && len(p.Tools) == 0 {
		p.Grammar = grammar.JSONObject()
	}
	return nil
}

// schemaOf returns the JSON of whichever schema there is, nil if there is none.
func schemaOf(schema any, old *genai.Schema) (json.RawMessage, error) {
	if schema == nil {
		if old == nil {
			return nil, nil
		}
		schema = jsonSchema(old)
	}
	return json.Marshal(schema)
}
