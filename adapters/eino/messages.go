package eino

import (
	"fmt"

	"github.com/cloudwego/eino/schema"

	"github.com/querent-ai/chord"
)

// chatMessages converts messages, whose roles have the same names.
func chatMessages(input []*schema.Message) ([]chord.Message, error) {
	list := make([]chord.Message, len(input))
	for i, m := range input {
		if m == nil {
			return nil, fmt.Errorf("chord: messages[%d] is nil", i)
		}
		text, err := content(m)
		if err != nil {
			return nil, fmt.Errorf("chord: messages[%d]: %w", i, err)
		}
		out := chord.Message{Role: string(m.Role), Content: text, ReasoningContent: m.ReasoningContent, Name: m.Name, ToolCallID: m.ToolCallID}
		if m.ToolName != "" {
			out.Name = m.ToolName
		}
		for _, c := range m.ToolCalls {
			out.ToolCalls = append(out.ToolCalls, chord.ToolCall{ID: c.ID, Type: "function",
				Function: chord.FunctionCall{Name: c.Function.Name, Arguments: c.Function.Arguments}})
		}
		list[i] = out
	}
	return list, nil
}

// content returns the text of a message, the texts of its parts one a line.
func content(m *schema.Message) (string, error) {
	var texts []part
	for _, p := range m.UserInputMultiContent {
		texts = append(texts, part{p.Type, p.Text})
	}
	for _, p := range m.AssistantGenMultiContent {
		texts = append(texts, part{p.Type, p.Text})
	}
	if len(texts) == 0 {
		for _, p := range m.MultiContent {
			texts = append(texts, part{p.Type, p.Text})
		}
	}
	if len(texts) == 0 {
		return m.Content, nil
	}
	all := ""
	for i, p := range texts {
		if p.kind != schema.ChatMessagePartTypeText {
			return "", fmt.Errorf("part %d is of type %q, only text can be read: %w", i, p.kind, chord.ErrUnsupported)
		}
		if i > 0 {
			all += "\n"
		}
		all += p.text
	}
	return all, nil
}

// A part is a part of a message.
type part struct {
	kind schema.ChatMessagePartType
	text string
}
