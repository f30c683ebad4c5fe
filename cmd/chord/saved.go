package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/querent-ai/chord"
)

// A savedChat is a chat in a file: a request of OpenAI's API.
type savedChat struct {
	Model    string          `json:"model,omitempty"`
	Messages []chord.Message `json:"messages"`
}

// save writes the chat to a file.
func (c *conversation) save(ctx context.Context, name string) error {
	if name == "" {
		return usagef("/save: name a file")
	}
	err := c.create(ctx, name, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(savedChat{c.m.Info().Name, c.prompt()})
	})
	if err == nil {
		c.say("%s has the chat", name)
	}
	return err
}

// load goes on with a chat in a file.
func (c *conversation) load(name string) error {
	if name == "" {
		return usagef("/load: name a file")
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	messages, _, err := readChat(b)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	c.system = ""
	if len(messages) > 0 && messages[0].Role == "system" {
		c.system, messages = messages[0].Content, messages[1:]
	}
	c.messages = messages
	c.say("%d messages; /regenerate answers your last one again", len(messages))
	return nil
}
