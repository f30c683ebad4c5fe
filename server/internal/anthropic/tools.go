package anthropic

import (
	"encoding/json"
	"fmt"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A tool is a tool of a request. Types other than "custom" are tools that a server runs,
// or that a model knows without a schema: they are left out.
type tool struct {
	Type        *string  `json:"type"`
	Name        string   `json:"name"`
	Description *string  `json:"description"`
	Schema      wire.Raw `json:"input_schema"`
}

// maxTools bounds the tools of a request.
const maxTools = 1024

// tools converts the tools of a request.
func tools(list []tool) ([]chord.Tool, error) {
	if len(list) > maxTools {
		return nil, wire.Errorf("tools", "%d tools, at most %d", len(list), maxTools)
	}
	var out []chord.Tool
	for i, t := range list {
		at := fmt.Sprintf("tools[%d]", i)
		switch {
		case t.Type != nil && *t.Type != "custom":
			continue
		case t.Name == "":
			return nil, wire.Errorf(at+".name", "missing")
		case t.Schema.Kind() != '{':
			return nil, wire.Errorf(at+".input_schema", "want an object, a JSON Schema")
		}
		out = append(out, chord.Tool{Name: t.Name, Description: deref(t.Description), Parameters: json.RawMessage(t.Schema)})
	}
	return out, nil
}

// A toolChoice says which tools an answer calls.
type toolChoice struct {
	Type     string  `json:"type"`
	Name     *string `json:"name"`
	Disabled *bool   `json:"disable_parallel_tool_use"`
}

// set sets what the choice says; nil leaves it to the model.
func (c *toolChoice) set(p *chord.ChatParams) error {
	if c == nil {
		return nil
	}
	if deref(c.Disabled) {
		p.ParallelToolCalls = new(bool)
	}
	switch c.Type {
	case "auto", "none":
		p.ToolChoice = c.Type
		return nil
	case "any":
		if len(p.Tools) == 0 {
			return wire.Errorf("tool_choice", "any, and there are no tools with a schema")
		}
		p.ToolChoice = "required"
		return nil
	case "tool":
		for _, t := range p.Tools {
			if t.Name == deref(c.Name) {
				p.ToolChoice = t.Name
				return nil
			}
		}
		return wire.Errorf("tool_choice.name", "there is no tool %.100q with a schema", deref(c.Name))
	}
	return wire.Errorf("tool_choice.type", "%.40q, want auto, any, tool or none", c.Type)
}
