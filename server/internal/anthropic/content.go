package anthropic

import (
	"fmt"
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/wire"
)

// A message is a message of a request.
type message struct {
	Role    string   `json:"role"`
	Content wire.Raw `json:"content"`
}

// A block is a part of a message's content.
type block struct {
	Type      string   `json:"type"`
	Text      *string  `json:"text"`
	Thinking  *string  `json:"thinking"`
	ID        *string  `json:"id"`
	Name      *string  `json:"name"`
	Input     wire.Raw `json:"input"`
	ToolUseID *string  `json:"tool_use_id"`
	Content   wire.Raw `json:"content"`
	IsError   *bool    `json:"is_error"`
	Title     *string  `json:"title"`
	Source    wire.Raw `json:"source"` // of a document; of a search result a text
}

// chat converts the system prompt and the messages of a request.
func chat(system wire.Raw, messages []message) ([]chord.Message, error) {
	if len(messages) == 0 {
		return nil, wire.Errorf("messages", "empty, want at least one message")
	}
	var list []chord.Message
	text, err := textOf("system", system)
	if err != nil {
		return nil, err
	}
	if text != "" {
		list = append(list, chord.Message{Role: "system", Content: text})
	}
	names := map[string]string{} // of the tools that were called
	for i, m := range messages {
		at := fmt.Sprintf("messages[%d]", i)
		blocks, err := blocksOf(at+".content", m.Content)
		if err != nil {
			return nil, err
		}
		switch m.Role {
		case "user", "system":
			list, err = appendUser(list, m.Role, at+".content", blocks, names)
		case "assistant":
			list, err = appendAssistant(list, at+".content", blocks, names)
		default:
			err = wire.Errorf(at+".role", "%.40q, want user or assistant", m.Role)
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// blocksOf returns the blocks of a content; a text is one block.
func blocksOf(at string, raw wire.Raw) ([]block, error) {
	switch raw.Kind() {
	case 0:
		return nil, wire.Errorf(at, "missing")
	case '[':
		var list []block
		err := wire.DecodeAt(at, raw, &list)
		return list, err
	case '"':
		b := block{Type: "text"}
		err := wire.DecodeAt(at, raw, &b.Text)
		return []block{b}, err
	}
	return nil, wire.Errorf(at, "want a string or an array of blocks")
}

// textOf returns the text of a system prompt or of a tool's result, "" if there is none.
func textOf(at string, raw wire.Raw) (string, error) {
	if raw == nil {
		return "", nil
	}
	list, err := blocksOf(at, raw)
	if err != nil {
		return "", err
	}
	var texts []string
	for i := range list {
		text, err := list[i].text(fmt.Sprintf("%s[%d]", at, i))
		if err != nil {
			return "", err
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "\n"), nil
}

// text returns the text of a block that a user or a tool writes.
func (b *block) text(at string) (string, error) {
	switch b.Type {
	case "text":
		if b.Text == nil {
			return "", wire.Errorf(at+".text", "missing")
		}
		return *b.Text, nil
	case "document":
		return b.document(at)
	case "search_result":
		text, err := textOf(at+".content", b.Content)
		return titled(b.Title, text), err
	case "tool_reference":
		return "", nil
	}
	return "", wire.Errorf(at+".type", "%.40q, only text can be read here", b.Type)
}

// document returns the text of a document that is plain text or made of blocks.
func (b *block) document(at string) (string, error) {
	var s struct {
		Type    string   `json:"type"`
		Data    *string  `json:"data"`
		Content wire.Raw `json:"content"`
	}
	if err := wire.DecodeAt(at+".source", b.Source, &s); b.Source != nil && err != nil {
		return "", err
	}
	switch {
	case s.Type == "text" && s.Data != nil:
		return titled(b.Title, *s.Data), nil
	case s.Type == "content":
		text, err := textOf(at+".source.content", s.Content)
		return titled(b.Title, text), err
	}
	return "", wire.Errorf(at+".source.type", "%.40q, only plain text can be read", s.Type)
}

// titled returns a text below its title.
func titled(title *string, text string) string {
	if deref(title) == "" {
		return text
	}
	return *title + "\n" + text
}

// appendUser appends a user's message to list: the results of tools as messages of their
// own, the text around them as the user's.
func appendUser(list []chord.Message, role, at string, blocks []block, names map[string]string) ([]chord.Message, error) {
	var texts []string
	var parts []chord.Part // texts and pictures, if there are pictures
	flush := func() {
		if texts != nil || parts != nil {
			list = append(list, chord.Message{Role: role, Content: strings.Join(texts, "\n"), Parts: parts})
			texts, parts = nil, nil
		}
	}
	for i := range blocks {
		b, at := &blocks[i], fmt.Sprintf("%s[%d]", at, i)
		if b.Type == "image" {
			picture, err := b.picture(at)
			if err != nil {
				return nil, err
			}
			if parts == nil {
				parts = textParts(texts)
			}
			parts = append(parts, chord.Part{Image: picture})
			continue
		}
		if b.Type != "tool_result" {
			text, err := b.text(at)
			if err != nil {
				return nil, err
			}
			texts = append(texts, text)
			if parts != nil {
				parts = append(parts, chord.Part{Text: text})
			}
			continue
		}
		id := deref(b.ToolUseID)
		if id == "" {
			return nil, wire.Errorf(at+".tool_use_id", "missing")
		}
		text, err := textOf(at+".content", b.Content)
		if err != nil {
			return nil, err
		}
		if deref(b.IsError) && !strings.HasPrefix(strings.ToLower(text), "error") {
			text = "error: " + text
		}
		flush()
		list = append(list, chord.Message{Role: "tool", Content: text, ToolCallID: id, Name: names[id]})
	}
	flush()
	return list, nil
}

// textParts returns texts as parts.
func textParts(texts []string) (parts []chord.Part) {
	for _, text := range texts {
		parts = append(parts, chord.Part{Text: text})
	}
	return parts
}

// picture returns the picture of a block.
func (b *block) picture(at string) ([]byte, error) {
	var s struct {
		Type string  `json:"type"`
		Data *string `json:"data"`
	}
	at += ".source"
	if b.Source.Kind() != '{' {
		return nil, wire.Errorf(at, "want an object with type and data")
	}
	if err := wire.DecodeAt(at, b.Source, &s); err != nil {
		return nil, err
	}
	if s.Type != "base64" {
		return nil, wire.Errorf(at+".type", "%.40q, want base64: nothing is fetched", s.Type)
	}
	return wire.Picture(at+".data", deref(s.Data))
}

// appendAssistant appends an assistant's message to list. Blocks of tools that a server
// runs itself say nothing to a model that has none, and are left out.
func appendAssistant(list []chord.Message, at string, blocks []block, names map[string]string) ([]chord.Message, error) {
	m := chord.Message{Role: "assistant"}
	var texts, thoughts []string
	for i := range blocks {
		b, at := &blocks[i], fmt.Sprintf("%s[%d]", at, i)
		switch b.Type {
		case "text":
			if b.Text == nil {
				return nil, wire.Errorf(at+".text", "missing")
			}
			texts = append(texts, *b.Text)
		case "thinking":
			if s := deref(b.Thinking); s != "" {
				thoughts = append(thoughts, s)
			}
		case "tool_use":
			call, err := b.call(at)
			if err != nil {
				return nil, err
			}
			names[call.ID] = call.Function.Name
			m.ToolCalls = append(m.ToolCalls, call)
		case "":
			return nil, wire.Errorf(at+".type", "missing")
		case "image", "document":
			return nil, wire.Errorf(at+".type", "%.40q, only text can be read", b.Type)
		}
	}
	m.Content, m.ReasoningContent = strings.Join(texts, "\n"), strings.Join(thoughts, "\n")
	return append(list, m), nil
}

// call returns the call of a tool_use block.
func (b *block) call(at string) (c chord.ToolCall, err error) {
	switch {
	case deref(b.Name) == "":
		return c, wire.Errorf(at+".name", "missing")
	case deref(b.ID) == "":
		return c, wire.Errorf(at+".id", "missing")
	case b.Input != nil && b.Input.Kind() != '{':
		return c, wire.Errorf(at+".input", "want an object")
	}
	c = chord.ToolCall{ID: *b.ID, Type: "function", Function: chord.FunctionCall{Name: *b.Name, Arguments: "{}"}}
	if b.Input != nil {
		c.Function.Arguments = string(b.Input)
	}
	return c, nil
}
