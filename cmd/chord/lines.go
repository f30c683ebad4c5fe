package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/peterh/liner"
)

// errInterrupted is Ctrl-C where a line is typed.
var errInterrupted = errors.New("interrupted")

// A lineReader reads what the user types, by lines.
type lineReader interface {
	// line returns the next line without its end. The errors are io.EOF and
	// errInterrupted, and those of the system.
	line(prompt string) (string, error)
	// keep adds a line to the history.
	keep(line string)
	// close writes the history and gives the terminal back. It may be called
	// twice.
	close()
}

// newLines returns a reader of stdin: with line editing on a terminal.
func (a *app) newLines() lineReader {
	if a.in == io.Reader(os.Stdin) && isTerminal(a.in) && isTerminal(a.out) {
		return newEditor()
	}
	p := &plainLines{r: bufio.NewReader(a.in)}
	if isTerminal(a.in) {
		p.prompts = a.err
	}
	return p
}

// plainLines are those of a pipe or a file.
type plainLines struct {
	r       *bufio.Reader
	prompts io.Writer // nil: none are printed
}

func (p *plainLines) line(prompt string) (string, error) {
	if p.prompts != nil {
		fmt.Fprint(p.prompts, prompt)
	}
	s, err := p.r.ReadString('\n')
	if s != "" && err == io.EOF {
		err = nil
	}
	return dropLineEnd(s), err
}

func (p *plainLines) keep(string) {}
func (p *plainLines) close()      {}

// An editor edits lines on a terminal. Its history is a file of the state.
type editor struct {
	state   *liner.State
	paster  *paster // nil: the terminal does not mark what is pasted
	history string
	closing sync.Once
}

// newEditor returns an editor with the history of earlier chats.
func newEditor() *editor {
	e := &editor{history: stateFile("history")}
	terminal := os.Stdin
	if p, in := newPaster(terminal); p != nil {
		e.paster, os.Stdin = p, in
	}
	e.state = liner.NewLiner() // it keeps os.Stdin
	os.Stdin = terminal
	e.state.SetCtrlCAborts(true)
	e.state.SetMultiLineMode(true)
	e.state.SetCompleter(completeCommand)
	if f, err := os.Open(e.history); err == nil {
		_, _ = e.state.ReadHistory(f) // one that is damaged is none
		f.Close()
	}
	return e
}

func (e *editor) line(prompt string) (string, error) {
	if e.paster != nil {
		fmt.Print(askPastes)
		defer fmt.Print(endPastes)
		go e.paster.line()
	}
	s, err := e.state.Prompt(prompt)
	if err == liner.ErrPromptAborted {
		err = errInterrupted
	}
	return s, err
}

func (e *editor) keep(line string) { e.state.AppendHistory(line) }

func (e *editor) close() {
	e.closing.Do(func() {
		var s strings.Builder
		if _, err := e.state.WriteHistory(&s); err == nil && s.Len() > 0 {
			writeState(e.history, []byte(s.String()))
		}
		if e.paster != nil {
			fmt.Print(endPastes)
		}
		e.state.Close()
	})
}

// The marks of an input of several lines: it stands between quotes, or a line goes on
// after one that ends with a backslash.
const (
	quotes      = `"""`
	firstPrompt = ">>> "
	nextPrompt  = "... "
)

// readInput returns the next input of the user.
func readInput(r lineReader) (string, error) {
	s, err := r.line(firstPrompt)
	if err != nil {
		return "", err
	}
	r.keep(s)
	s = strings.TrimRight(fromSigns.Replace(s), "\n")
	more := func() (string, error) {
		line, err := r.line(nextPrompt)
		if err == nil {
			r.keep(line)
		}
		return fromSigns.Replace(line), err
	}
	if inside, ok := strings.CutPrefix(s, quotes); ok {
		return readQuoted(inside, more)
	}
	for strings.HasSuffix(s, `\`) && err == nil {
		var line string
		line, err = more()
		s = s[:len(s)-1] + "\n" + line
	}
	if err == io.EOF {
		err = nil
	}
	return s, err
}

// readQuoted returns the text up to the closing quotes; s is what the first line has
// of it.
func readQuoted(s string, more func() (string, error)) (string, error) {
	text := ""
	for {
		if inside, ok := strings.CutSuffix(strings.TrimRight(s, " \t"), quotes); ok {
			return strings.TrimPrefix(text+inside, "\n"), nil
		}
		text += s + "\n"
		var err error
		if s, err = more(); err == io.EOF {
			return strings.Trim(text, "\n"), nil
		} else if err != nil {
			return "", err
		}
	}
}
