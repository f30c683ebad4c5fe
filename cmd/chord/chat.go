package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
)

// chatCommand returns chord chat.
func (a *app) chatCommand() *cobra.Command {
	var g answering
	verbose := false
	cmd := &cobra.Command{
		Use:   "chat [message]",
		Short: "Talk with a model",
		Long: "Talk with a model that is made for chats, which means that it has a chat template.\n" +
			"A line is a message; several lines stand between \"\"\" and \"\"\", or end with a\n" +
			"backslash. /help lists the commands. From a pipe, each line is a message.\n\n" +
			"Ctrl-C stops the answer, a second one leaves; Ctrl-D leaves too.",
		Example: `  chord chat -m model.gguf
  chord chat -m model.gguf --system-prompt "Answer in one sentence."
  echo "Why is the sky blue?" | chord chat -m model.gguf`,
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error {
		if err := modelAsText(cmd.Flags(), args); err != nil {
			return err
		}
		return g.chat(cmd.Context(), a, cmd.Flags(), strings.Join(args, " "), verbose)
	})
	f := cmd.Flags()
	f.SortFlags = false
	g.modelFlags(cmd)
	g.chatFlags(cmd)
	g.textFlags(f)
	g.draft.flags(f)
	f.BoolVar(&verbose, "stats", false, "print the speed of each answer to stderr")
	return cmd
}

// chat opens the model and talks until the user leaves.
func (g *answering) chat(ctx context.Context, a *app, f *pflag.FlagSet, first string, verbose bool) error {
	if err := g.check(); err != nil {
		return err
	}
	rules, err := g.within.grammar()
	if err != nil {
		return err
	}
	m, closeModel, err := g.open(a)
	if err != nil {
		return err
	}
	defer closeModel()
	if !m.Info().Chat {
		return usagef("%s continues texts (chord run) and is not made for chats: name another model with -m, or give it a --chat-template", m.Info().Name)
	}
	if _, _, err := g.params(m.Tokenizer().Len(), rules); err != nil {
		return err
	}
	c := &conversation{app: a, answering: g, flags: f, m: m, session: m.NewSession(), rules: rules, verbose: verbose, lines: a.newLines()}
	defer c.session.Close()
	defer c.lines.close()
	if c.pictures, err = readPictures(m, "--image", g.images); err != nil {
		return err
	}
	c.terminal = isTerminal(a.in)
	a.chatting.Store(c)
	defer a.chatting.Store(nil)
	if c.terminal {
		c.say("%s, a context of %d tokens", m.Info().Name, m.Context())
		c.say("/help lists the commands, Ctrl-D leaves")
	}
	return c.loop(ctx, first)
}

// loop takes inputs until the user leaves; first is one already, or "". On a terminal
// an error is told, elsewhere it ends the chat.
func (c *conversation) loop(ctx context.Context, first string) error {
	for input := first; ; {
		if strings.TrimSpace(input) != "" {
			leave, err := c.input(ctx, input)
			if leave || err != nil && (!c.terminal || ctx.Err() != nil) {
				return err
			}
			if err != nil {
				c.tell(err)
			}
		}
		var err error
		switch input, err = readInput(c.lines); {
		case err == nil:
			c.interrupted.Store(false)
		case err == io.EOF:
			if c.terminal {
				fmt.Fprintln(c.err)
			}
			return nil
		case !errors.Is(err, errInterrupted):
			return err
		case c.interrupted.Swap(true):
			return signalError{interruptSignal}
		default:
			c.say(leaveHint)
		}
	}
}

// input takes a message or a command, and reports whether the user leaves.
func (c *conversation) input(ctx context.Context, input string) (leave bool, err error) {
	if name, rest, ok := cutCommand(input); ok {
		return c.command(ctx, name, rest)
	}
	c.messages = append(c.messages, withPictures(c.pictures, input))
	c.pictures = nil
	c.again = 0
	return false, c.answer(ctx)
}

// tell prints an error of the chat to stderr, and what can be done about it.
func (c *conversation) tell(err error) {
	fmt.Fprintln(c.err, firstLine(strings.TrimPrefix(err.Error(), "chord: ")))
	if errors.Is(err, chord.ErrContextFull) {
		c.say("/set trim on drops the oldest turns, /clear all of them,\nand -c asks for a longer context")
	}
}

// say prints a dim line to stderr.
func (c *conversation) say(format string, args ...any) {
	fmt.Fprintln(c.err, painter(c.colored(c.err)).paint(dim, fmt.Sprintf(format, args...)))
}
