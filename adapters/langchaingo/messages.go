package langchaingo

import (
	"fmt"

	"github.com/tmc/langchaingo/llms"

	"github.com/querent-ai/chord"
)

// roles are chord's names of LangChain's roles.
var roles = map[llms.ChatMessageType]string{
	llms.ChatMessageTypeSystem:   "system",
	llms.ChatMessageTypeHuman:    "user",
	llms.ChatMessageTypeGeneric:  "user",
	llms.ChatMessageTypeAI:       "assistant",
	llms.ChatMessageTypeTool:     "tool",
	llms.ChatMessageTypeFunction: "tool",
}

// chatMessages converts messages. Several answers of tools in one message become as
// many messages.
func chatMessages(messages []llms.MessageContent) ([]chord.Message, error) {
	var list []chord.Message
	for i, m := range messages {
		role, ok := roles[m.Role]
		if !ok {
			return nil, invalid("messages[%d]: role %q", i, m.Role)
		}
		out, answers := chord.Message{Role: role}, 0
		texts := 0
		for j, p := range m.Parts {
			switch p := p.(type) {
			case llms.TextContent:
				if texts++; texts > 1 {
					out.Content += "\n"
				}
				out.Content += p.Text
			case llms.ToolCall:
				out.ToolCalls = append(out.ToolCalls, toolCall(p))
			case llms.ToolCallResponse:
				answers++
				list = append(list, chord.Message{Role: "tool", Content: p.Content, Name: p.Name, ToolCallID: p.ToolCallID})
			default:
				return nil, failure(llms.ErrCodeNotImplemented, fmt.Errorf("messages[%d]: part %d is a %T, only text can be read", i, j, p))
			}
		}
		if texts > 0 || len(out.ToolCalls) > 0 || answers == 0 {
			list = append(list, out)
		}
	}
	return list, nil
}

// toolCall converts a call that the model has made.
func toolCall(c llms.ToolCall) chord.ToolCall {
	out := chord.ToolCall{ID: c.ID, Type: "function"}
	if f := c.FunctionCall; f != nil {
		out.Function = chord.FunctionCall{Name: f.Name, Arguments: f.Arguments}
	}
	return out
}
