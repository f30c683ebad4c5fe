package genkit

import (
	"encoding/json"

	"github.com/firebase/genkit/go/ai"
	"github.com/firebase/genkit/go/core"

	"github.com/querent-ai/chord"
)

// roles are chord's names of Genkit's roles.
var roles = map[ai.Role]string{
	ai.RoleSystem: "system", ai.RoleUser: "user", ai.RoleModel: "assistant", ai.RoleTool: "tool",
}

// chatMessages converts messages. Several answers of tools in one message become as
// many messages; the texts of a message are one text, as Genkit itself reads them.
func chatMessages(messages []*ai.Message) ([]chord.Message, error) {
	var list []chord.Message
	for i, m := range messages {
		role, ok := roles[m.Role]
		if !ok {
			return nil, fail(core.INVALID_ARGUMENT, nil, "messages[%d]: role %q", i, m.Role)
		}
		out, answers := chord.Message{Role: role}, 0
		for j, p := range m.Content {
			switch {
			case p.IsText(), p.IsData():
				out.Content += p.Text
			case p.IsReasoning():
				out.ReasoningContent += p.Text
			case p.IsToolRequest():
				call, err := toolCall(p.ToolRequest)
				if err != nil {
					return nil, fail(core.INVALID_ARGUMENT, err, "messages[%d]: part %d: %v", i, j, err)
				}
				out.ToolCalls = append(out.ToolCalls, call)
			case p.IsToolResponse():
				answer, err := toolAnswer(p.ToolResponse)
				if err != nil {
					return nil, fail(core.INVALID_ARGUMENT, err, "messages[%d]: part %d: %v", i, j, err)
				}
				answers++
				list = append(list, answer)
			default:
				return nil, fail(core.INVALID_ARGUMENT, chord.ErrUnsupported, "messages[%d]: part %d: only text can be read", i, j)
			}
		}
		if answers == 0 || out.Content != "" || len(out.ToolCalls) > 0 {
			list = append(list, out)
		}
	}
	return list, nil
}

// toolCall converts a call that the model has made.
func toolCall(r *ai.ToolRequest) (chord.ToolCall, error) {
	arguments, err := text(r.Input)
	if r.Input == nil {
		arguments = "{}"
	}
	return chord.ToolCall{ID: r.Ref, Type: "function", Function: chord.FunctionCall{Name: r.Name, Arguments: arguments}}, err
}

// toolAnswer converts the answer of a tool, with the texts of its other parts.
func toolAnswer(r *ai.ToolResponse) (chord.Message, error) {
	out, err := text(r.Output)
	for _, p := range r.Content {
		if !p.IsText() {
			return chord.Message{}, chord.ErrUnsupported
		}
		out += p.Text
	}
	return chord.Message{Role: "tool", Content: out, Name: r.Name, ToolCallID: r.Ref}, err
}

// text returns a string as it is, and other values as JSON.
func text(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}
