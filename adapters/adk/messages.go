package adk

import (
	"encoding/json"
	"fmt"

	"google.golang.org/adk/model"
	"google.golang.org/genai"

	"github.com/querent-ai/chord"
)

// goOn is what the model is asked where a request ends without a question, as when an
// agent follows another. Templates want one.
const goOn = "Continue as instructed."

// chatMessages converts the contents of a request, with the system instruction first.
func chatMessages(req *model.LLMRequest) ([]chord.Message, error) {
	var list []chord.Message
	if c := req.Config; c != nil && c.SystemInstruction != nil {
		text := ""
		for i, p := range c.SystemInstruction.Parts {
			if unreadable(p) || p.Text == "" && (p.FunctionCall != nil || p.FunctionResponse != nil) {
				return nil, fmt.Errorf("chord: system instruction: part %d: only text can be read: %w", i, chord.ErrUnsupported)
			}
			text += p.Text
		}
		list = append(list, chord.Message{Role: "system", Content: text})
	}
	for i, c := range req.Contents {
		messages, err := chatMessage(c)
		if err != nil {
			return nil, fmt.Errorf("chord: contents[%d]: %w", i, err)
		}
		list = append(list, messages...)
	}
	if n := len(list); n == 0 || list[n-1].Role == "system" || list[n-1].Role == "assistant" {
		list = append(list, chord.Message{Role: "user", Content: goOn})
	}
	return list, nil
}

// chatMessage converts one content. Several answers of tools become as many messages.
func chatMessage(c *genai.Content) ([]chord.Message, error) {
	if c == nil {
		return nil, nil
	}
	out := chord.Message{Role: "user"}
	switch c.Role {
	case genai.RoleModel:
		out.Role = "assistant"
	case genai.RoleUser, "":
	default:
		return nil, fmt.Errorf("role %q, want user or model", c.Role)
	}
	var list []chord.Message
	for i, p := range c.Parts {
		switch {
		case unreadable(p):
			return nil, fmt.Errorf("part %d: only text can be read: %w", i, chord.ErrUnsupported)
		case p.FunctionCall != nil:
			b, err := object(p.FunctionCall.Args)
			if err != nil {
				return nil, fmt.Errorf("part %d: %w", i, err)
			}
			out.ToolCalls = append(out.ToolCalls, chord.ToolCall{ID: p.FunctionCall.ID, Type: "function",
				Function: chord.FunctionCall{Name: p.FunctionCall.Name, Arguments: b}})
		case p.FunctionResponse != nil:
			b, err := object(p.FunctionResponse.Response)
			if err != nil {
				return nil, fmt.Errorf("part %d: %w", i, err)
			}
			list = append(list, chord.Message{Role: "tool", Content: b, Name: p.FunctionResponse.Name, ToolCallID: p.FunctionResponse.ID})
		case p.Thought:
			out.ReasoningContent += p.Text
		default:
			out.Content += p.Text
		}
	}
	if len(list) == 0 || out.Content != "" || len(out.ToolCalls) > 0 {
		list = append(list, out)
	}
	return list, nil
}

// unreadable reports whether a part has something else than text and calls.
func unreadable(p *genai.Part) bool {
	return p == nil || p.FileData != nil || p.InlineData != nil || p.ExecutableCode != nil || p.CodeExecutionResult != nil
}

// object returns the JSON of an object, {} of nil.
func object(m map[string]any) (string, error) {
	if m == nil {
		return "{}", nil
	}
	b, err := json.Marshal(m)
	return string(b), err
}
