package openai

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A message is a message of a request.
type message struct {
	Role             string     `json:"role"`
	Content          wire.Raw   `json:"content"`
	ReasoningContent *string    `json:"reasoning_content"`
	Reasoning        *string    `json:"reasoning"`
	Name             *string    `json:"name"`
	ToolCalls        []toolCall `json:"tool_calls"`
	ToolCallID       *string    `json:"tool_call_id"`
}

// A toolCall is a call in a message of a request.
type toolCall struct {
	ID       string  `json:"id"`
	Type     *string `json:"type"`
	Function struct {
		Name      string   `json:"name"`
		Arguments wire.Raw `json:"arguments"`
	} `json:"function"`
}

// maxRole bounds the name of a role: templates know a few more than OpenAI does.
const maxRole = 64

// chat converts the messages of a request.
func chat(messages []message) ([]chord.Message, error) {
	if len(messages) == 0 {
		return nil, wire.Errorf("messages", "empty, want at least one message")
	}
	list := make([]chord.Message, len(messages))
	for i := range messages {
		at := fmt.Sprintf("messages[%d]", i)
		if err := messages[i].convert(at, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// convert converts a message, the field at.
func (m *message) convert(at string, to *chord.Message) error {
	if m.Role == "" || len(m.Role) > maxRole {
		return wire.Errorf(at+".role", "want system, developer, user, assistant or tool")
	}
	if m.Content == nil { // templates tell null from ""
		if err := json.Unmarshal([]byte(`{"content":null}`), to); err != nil {
			return err
		}
	}
	text, parts, err := contentParts(at+".content", m.Content)
	if err != nil {
		return err
	}
	to.Role, to.Content, to.Parts = m.Role, text, parts
	if to.Role == "developer" {
		to.Role = "system"
	}
	to.Name, to.ToolCallID = deref(m.Name), deref(m.ToolCallID)
	if to.ReasoningContent = deref(m.ReasoningContent); to.ReasoningContent == "" {
		to.ReasoningContent = deref(m.Reasoning)
	}
	for i, c := range m.ToolCalls {
		at := fmt.Sprintf("%s.tool_calls[%d].function", at, i)
		if c.Function.Name == "" {
			return wire.Errorf(at+".name", "missing")
		}
		call := chord.ToolCall{ID: c.ID, Type: "function", Function: chord.FunctionCall{Name: c.Function.Name}}
		switch c.Function.Arguments.Kind() {
		case 0:
		case '{':
			call.Function.Arguments = string(c.Function.Arguments)
		default:
			if err := wire.DecodeAt(at+".arguments", c.Function.Arguments, &call.Function.Arguments); err != nil {
				return err
			}
		}
		to.ToolCalls = append(to.ToolCalls, call)
	}
	return nil
}

// contentText returns the text of content without pictures.
func contentText(at string, raw wire.Raw) (string, error) {
	text, parts, err := contentParts(at, raw)
	if err == nil && parts != nil {
		err = wire.Errorf(at, "a picture, only text can be read here")
	}
	return text, err
}

// A part is a part of content.
type part struct {
	Type  string   `json:"type"`
	Text  *string  `json:"text"`
	Image wire.Raw `json:"image_url"`
}

// contentParts returns the text of content: a string, null or parts, one a line; and its
// parts if there are pictures among them.
func contentParts(at string, raw wire.Raw) (text string, parts []chord.Part, err error) {
	if raw.Kind() != '[' {
		if raw == nil {
			return "", nil, nil
		}
		err := wire.DecodeAt(at, raw, &text)
		return text, nil, err
	}
	var in []part
	if err := wire.DecodeAt(at, raw, &in); err != nil {
		return "", nil, err
	}
	list, texts, pictures := make([]chord.Part, len(in)), []string{}, false
	for i := range in {
		if list[i], err = in[i].convert(fmt.Sprintf("%s[%d]", at, i)); err != nil {
			return "", nil, err
		}
		if list[i].Image != nil {
			pictures = true
		} else {
			texts = append(texts, list[i].Text)
		}
	}
	if text = strings.Join(texts, "\n"); pictures {
		return text, list, nil
	}
	return text, nil, nil
}

// convert converts a part, the field at. A picture's URL is a text in the Responses API,
// and in an object in that of chats.
func (p *part) convert(at string) (to chord.Part, err error) {
	switch p.Type {
	case "text", "input_text", "output_text":
		if p.Text == nil {
			return to, wire.Errorf(at+".text", "missing")
		}
		to.Text = *p.Text
		return to, nil
	case "image_url", "input_image":
		at += ".image_url"
		var object struct {
			URL string `json:"url"`
		}
		switch p.Image.Kind() {
		case '{':
			at, err = at+".url", wire.DecodeAt(at, p.Image, &object)
		case '"':
			err = wire.DecodeAt(at, p.Image, &object.URL)
		default:
			err = wire.Errorf(at, "want an object with a url")
		}
		if err == nil {
			to.Image, err = wire.PictureURL(at, object.URL)
		}
		return to, err
	}
	return to, wire.Errorf(at+".type", "%.40q, only text and pictures can be read", p.Type)
}

// deref returns *p, or the zero value of nil.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
