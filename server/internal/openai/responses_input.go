package openai

import (
	"fmt"
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/wire"
)

// An inputItem is an item of input, of any type that becomes a message.
type inputItem struct {
	Type      *string  `json:"type"`
	Role      string   `json:"role"`
	Content   wire.Raw `json:"content"`
	Summary   wire.Raw `json:"summary"`
	CallID    *string  `json:"call_id"`
	Name      *string  `json:"name"`
	Arguments *string  `json:"arguments"`
	Output    wire.Raw `json:"output"`
}

// addInput adds input, a text or items, to a chat.
func addInput(chat []chord.Message, raw wire.Raw) ([]chord.Message, error) {
	const at = "input"
	switch raw.Kind() {
	case 0:
		return chat, nil
	case '"':
		var text string
		if err := wire.DecodeAt(at, raw, &text); err != nil || text == "" {
			return chat, err
		}
		return append(chat, chord.Message{Role: "user", Content: text}), nil
	case '[':
	default:
		return nil, wire.Errorf(at, "want a string or an array of items")
	}
	var list []wire.Raw
	if err := wire.DecodeAt(at, raw, &list); err != nil {
		return nil, err
	}
	c := conversation{messages: chat}
	for i := range list {
		at := fmt.Sprintf("%s[%d]", at, i)
		var kind struct {
			Type *string `json:"type"`
			Role *string `json:"role"`
		}
		if err := wire.DecodeAt(at, list[i], &kind); err != nil {
			return nil, err
		}
		name := deref(kind.Type)
		if name == "" && kind.Role != nil {
			name = "message"
		}
		add := itemKinds[name]
		if add == nil { // of a tool that is not ours
			continue
		}
		var item inputItem
		if err := wire.DecodeAt(at, list[i], &item); err != nil {
			return nil, err
		}
		if err := add(&c, at, &item); err != nil {
			return nil, err
		}
	}
	return c.messages, nil
}

// A conversation grows by items.
type conversation struct {
	messages  []chord.Message
	reasoning string // for the assistant's next message
	open      bool   // the last message is the assistant's, and calls may join it
}

// itemKinds are the types of items that become messages; others are skipped.
var itemKinds = map[string]func(c *conversation, at string, item *inputItem) error{
	"message":                 (*conversation).message,
	"reasoning":               (*conversation).thought,
	"function_call":           (*conversation).call,
	"custom_tool_call":        (*conversation).call,
	"function_call_output":    (*conversation).result,
	"custom_tool_call_output": (*conversation).result,
}

// message adds a message.
func (c *conversation) message(at string, item *inputItem) error {
	m := message{Role: item.Role, Content: item.Content}
	var to chord.Message
	if err := m.convert(at, &to); err != nil {
		return err
	}
	c.open = to.Role == "assistant"
	if c.open {
		to.ReasoningContent, c.reasoning = c.reasoning, ""
	}
	c.messages = append(c.messages, to)
	return nil
}

// thought keeps reasoning for the message that follows it.
func (c *conversation) thought(at string, item *inputItem) error {
	for _, raw := range []wire.Raw{item.Content, item.Summary} {
		var parts []struct {
			Text *string `json:"text"`
		}
		if raw == nil {
			continue
		}
		if err := wire.DecodeAt(at, raw, &parts); err != nil {
			return err
		}
		var texts []string
		for _, p := range parts {
			texts = append(texts, deref(p.Text))
		}
		if c.reasoning = strings.Join(texts, "\n"); c.reasoning != "" {
			break
		}
	}
	c.open = false
	return nil
}

// call adds a call of a tool to the assistant's message.
func (c *conversation) call(at string, item *inputItem) error {
	if deref(item.Name) == "" {
		return wire.Errorf(at+".name", "missing")
	}
	if !c.open {
		c.messages = append(c.messages, chord.Message{Role: "assistant", ReasoningContent: c.reasoning})
		c.reasoning, c.open = "", true
	}
	last := &c.messages[len(c.messages)-1]
	last.ToolCalls = append(last.ToolCalls[:len(last.ToolCalls):len(last.ToolCalls)], chord.ToolCall{ID: deref(item.CallID), Type: "function",
		Function: chord.FunctionCall{Name: *item.Name, Arguments: deref(item.Arguments)}})
	return nil
}

// result adds the result of a call.
func (c *conversation) result(at string, item *inputItem) error {
	text, err := contentText(at+".output", item.Output)
	if err != nil {
		return err
	}
	c.open = false
	m := chord.Message{Role: "tool", Content: text, ToolCallID: deref(item.CallID)}
	for i := len(c.messages) - 1; i >= 0 && m.Name == ""; i-- {
		for _, call := range c.messages[i].ToolCalls {
			if call.ID == m.ToolCallID {
				m.Name = call.Function.Name
			}
		}
	}
	c.messages = append(c.messages, m)
	return nil
}

// withInstructions returns a chat with instructions and the system messages at its
// beginning as one system message, since many templates take no more.
func withInstructions(chat []chord.Message, instructions string) []chord.Message {
	var texts []string
	if instructions != "" {
		texts = append(texts, instructions)
	}
	for len(chat) > 0 && chat[0].Role == "system" {
		texts = append(texts, chat[0].Content)
		chat = chat[1:]
	}
	if len(texts) == 0 {
		return chat
	}
	return append([]chord.Message{{Role: "system", Content: strings.Join(texts, "\n\n")}}, chat...)
}
