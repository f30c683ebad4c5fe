package main

import (
	"context"
	"iter"
	"os"
	"strings"
	"unicode"

	"github.com/querent-ai/chord"
)

// An answer prints the answer of a chat while it comes, and keeps it.
//
// Reasoning is printed on terminals, dim or between two lines that say so, and
// nowhere else: what reads a pipe wants the answer.
type answer struct {
	w         *lineWriter
	terminal  bool
	lines     wrapper
	paint     painter
	thinks    bool // reasoning is the last that was printed
	content   strings.Builder
	reasoning strings.Builder
	result    chord.Result
}

// newAnswer returns an answer that is printed to stdout.
func (a *app) newAnswer() *answer {
	p := &answer{w: &lineWriter{w: a.out}, terminal: isTerminal(a.out), paint: painter(a.colored(a.out))}
	if p.terminal && os.Getenv("TERM") != "dumb" && ansi(a.out) {
		p.lines.columns = terminalWidth(a.out)
	}
	return p
}

// The lines around reasoning where there are no colours.
const (
	thinkingBegins = "(thinking)\n"
	thinkingEnds   = "(end of thinking)\n"
)

// print prints the deltas of an answer and ends its last line.
func (p *answer) print(deltas iter.Seq2[chord.Delta, error]) error {
	var err error
	for d, e := range deltas {
		if err = e; p.delta(d) != nil {
			break
		}
		if d.Result != nil {
			p.result = *d.Result
		}
	}
	if p.thinks {
		p.endThinking()
	}
	return firstError(p.w.end(), err)
}

// delta prints one piece.
func (p *answer) delta(d chord.Delta) error {
	p.content.WriteString(d.Content)
	p.reasoning.WriteString(d.Reasoning)
	if d.Reasoning != "" && p.terminal {
		p.think(d.Reasoning)
	}
	if d.Content == "" {
		return p.w.err
	}
	if p.thinks {
		p.endThinking()
		_ = p.w.print("\n", "\n") // kept in p.w.err
	}
	text := d.Content
	if p.terminal {
		text = withoutControls(text)
	}
	return p.w.print(text, p.lines.text(text))
}

// think prints a piece of reasoning; an error is kept in p.w.err.
func (p *answer) think(text string) {
	if !p.thinks && !bool(p.paint) {
		_ = p.w.print(thinkingBegins, thinkingBegins)
	}
	p.thinks = true
	text = withoutControls(text)
	_ = p.w.print(text, p.paint.paint(dim, p.lines.text(text)))
}

// endThinking ends the line of reasoning.
func (p *answer) endThinking() {
	p.thinks = false
	p.lines = wrapper{columns: p.lines.columns}
	_ = p.w.end()
	if !bool(p.paint) {
		_ = p.w.print(thinkingEnds, thinkingEnds)
	}
}

// message returns the answer as a message of the chat.
func (p *answer) message() chord.Message {
	return chord.Message{Role: "assistant", Content: p.content.String(), ReasoningContent: p.reasoning.String()}
}

// withoutControls returns text without control characters that a terminal would obey: a model
// may have learned escape sequences, or repeat those of its prompt.
func withoutControls(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// answer prints the model's answer to one message of the user.
func (g *generate) answer(ctx context.Context, a *app, m *chord.Model, text string, p chord.Params) (chord.Result, error) {
	pictures, err := readPictures(m, "--image", g.images)
	if err != nil {
		return chord.Result{}, err
	}
	a.graceful.Store(true)
	defer a.graceful.Store(false)
	printed := a.newAnswer()
	c := chord.ChatParams{Params: p}
	g.thinking.set(&c)
	err = printed.print(m.Chat(ctx, g.messages(text, pictures), c))
	return printed.result, err
}

// withMaterial returns text, which an argument or -p gives, with what is piped below
// it: text says what to do with that.
func (g *generate) withMaterial(a *app, text string) (string, error) {
	if isTerminal(a.in) || !piped(a.in) {
		return text, nil
	}
	material, err := readText(a.in)
	if strings.TrimSpace(material) == "" {
		return text, err
	}
	return text + "\n\n" + dropLineEnd(material), err
}
