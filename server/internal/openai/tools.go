package openai

import (
	"encoding/json"
	"fmt"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A tool is a tool of a request.
type tool struct {
	Type     string `json:"type"`
	Function *struct {
		Name        string   `json:"name"`
		Description *string  `json:"description"`
		Parameters  wire.Raw `json:"parameters"`
	} `json:"function"`
}

// maxTools bounds the tools of a request.
const maxTools = 128

// tools converts the tools of a request.
func tools(list []tool) ([]chord.Tool, error) {
	if len(list) > maxTools {
		return nil, wire.Errorf("tools", "%d tools, at most %d", len(list), maxTools)
	}
	var out []chord.Tool
	for i, t := range list {
		at := fmt.Sprintf("tools[%d]", i)
		switch {
		case t.Type != "function":
			return nil, wire.Errorf(at+".type", "%.40q, want function", t.Type)
		case t.Function == nil || t.Function.Name == "":
			return nil, wire.Errorf(at+".function.name", "missing")
		case t.Function.Parameters != nil && t.Function.Parameters.Kind() != '{':
			return nil, wire.Errorf(at+".function.parameters", "want an object, a JSON Schema")
		}
		out = append(out, chord.Tool{Name: t.Function.Name, Description: deref(t.Function.Description), Parameters: json.RawMessage(t.Function.Parameters)})
	}
	return out, nil
}

// choose sets what a tool_choice says: a word, or an object that names a tool.
func choose(p *chord.ChatParams, raw wire.Raw) error {
	const at = "tool_choice"
	switch raw.Kind() {
	case 0:
		return nil
	case '"':
		if err := wire.DecodeAt(at, raw, &p.ToolChoice); err != nil {
			return err
		}
		switch p.ToolChoice {
		case "none", "auto", "required":
		default:
			return wire.Errorf(at, "%.40q, want none, auto, required or a function", p.ToolChoice)
		}
		if p.ToolChoice == "required" && len(p.Tools) == 0 {
			return wire.Errorf(at, "required, and there are no tools")
		}
		return nil
	}
	var named struct {
		Type     string `json:"type"`
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}
	if err := wire.DecodeAt(at, raw, &named); err != nil {
		return err
	}
	if named.Type != "function" {
		return wire.Errorf(at+".type", "%.40q, want function", named.Type)
	}
	for _, t := range p.Tools {
		if t.Name == named.Function.Name {
			p.Tools, p.ToolChoice = []chord.Tool{t}, "required"
			return nil
		}
	}
	return wire.Errorf(at+".function.name", "there is no tool %.100q", named.Function.Name)
}
