package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// slashHelp is the text of /help.
const slashHelp = `/help              this text (also /?)
/set               what can be set, with its values
/set NAME VALUE    set it, such as /set temp 0.2
/show              the model and the state of the chat
/system [TEXT]     show or set the system prompt, or off
/save FILE         write the chat, as JSON
/load FILE         go on with such a chat
/image FILE        show a picture with the next message
/clear             forget the messages
/regenerate        answer the last message again
/bye               leave (also Ctrl-D)

Several lines stand between """ and """, or end with a
backslash, or are pasted. Ctrl-C stops the answer, a
second one leaves.
`

// slashCommands are the names of the commands.
var slashCommands = []string{"/help", "/set", "/show", "/system", "/save", "/load", "/image", "/clear", "/regenerate", "/bye"}

// completeCommand completes the name of a command.
func completeCommand(line string) []string {
	var list []string
	for _, name := range slashCommands {
		if strings.HasPrefix(name, line) && line != "" {
			list = append(list, name)
		}
	}
	return list
}

var slashCommand = regexp.MustCompile(`^/([a-z]+|\?)(\s+(?s:.*))?$`)

// cutCommand returns the name of a command and the rest. A path such as /etc/hosts is
// none.
func cutCommand(input string) (name, rest string, ok bool) {
	m := slashCommand.FindStringSubmatch(input)
	if m == nil {
		return "", "", false
	}
	return m[1], strings.TrimSpace(m[2]), true
}

// command runs a command, and reports whether the user leaves.
func (c *conversation) command(ctx context.Context, name, rest string) (leave bool, err error) {
	switch name {
	case "help", "?":
		fmt.Fprint(c.err, slashHelp)
	case "bye", "exit", "quit":
		return true, nil
	case "set":
		return false, c.set(rest)
	case "show":
		c.show()
	case "system":
		c.setSystem(rest)
	case "save":
		return false, c.save(ctx, rest)
	case "load":
		return false, c.load(rest)
	case "image":
		return false, c.image(rest)
	case "clear":
		c.messages, c.pictures = nil, nil
		c.say("the messages are forgotten")
	case "regenerate":
		return false, c.regenerate(ctx)
	default:
		return false, usagef("unknown command /%s, /help lists them", name)
	}
	return false, nil
}

// image shows a picture with the next message.
func (c *conversation) image(file string) error {
	if file == "" {
		return usagef("/image: name a file")
	}
	pictures, err := readPictures(c.m, "/image", []string{file})
	if err != nil {
		return err
	}
	c.pictures = append(c.pictures, pictures...)
	c.say("the next message shows it")
	return nil
}

// regenerate answers the last message of the user again.
func (c *conversation) regenerate(ctx context.Context) error {
	i := len(c.messages) - 1
	for i >= 0 && c.messages[i].Role != "user" {
		i--
	}
	if i < 0 {
		return usagef("/regenerate: there is no message yet")
	}
	c.messages = c.messages[:i+1]
	c.again++
	return c.answer(ctx)
}

// setSystem shows or sets the system prompt.
func (c *conversation) setSystem(text string) {
	switch text {
	case "":
		if text = c.system; text == "" {
			text = "there is no system prompt"
		}
		c.say("%s", text)
		return
	case "off":
		text = ""
	}
	c.system = text
	c.say("the next answer follows it")
}

// show prints the model and the state of the chat.
func (c *conversation) show() {
	i := c.m.Info()
	c.say("model     %s (%s, %d layers, vocabulary of %d)", i.Name, i.Arch, i.Layers, i.Vocab)
	if c.model.path != "" {
		c.say("file      %s", c.model.path)
	}
	c.say("weights   %s, threads %d, %s", bytesText(i.WeightSize), i.Threads, i.Tier)
	c.say("context   %d of %d tokens", c.session.Len(), i.Context)
	c.say("messages  %d", len(c.messages))
	if c.system != "" {
		c.say("system    %s", c.system)
	}
}
