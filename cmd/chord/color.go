package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// A colorMode says when output is coloured; "" is auto.
type colorMode string

// String returns the mode's name.
func (m *colorMode) String() string {
	if *m == "" {
		return "auto"
	}
	return string(*m)
}

// Type names the values in help texts.
func (m *colorMode) Type() string { return "when" }

// Set takes auto, always or never.
func (m *colorMode) Set(s string) error {
	switch s {
	case "auto", "always", "never":
		*m = colorMode(s)
		return nil
	}
	return fmt.Errorf("want auto, always or never")
}

// isTerminal reports whether w is a terminal.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colored reports whether output to w has colours: on a terminal that supports
// them, unless NO_COLOR, CLICOLOR=0 or a flag forbids it.
func (a *app) colored(w io.Writer) bool {
	switch a.color {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("CLICOLOR") != "0" &&
		os.Getenv("TERM") != "dumb" && isTerminal(w) && ansi(w)
}

// The colours used, as ANSI escapes.
const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	green = "\x1b[32m"
	plain = "\x1b[0m"
)

// A painter says whether to colour text.
type painter bool

// paint returns s in the colour c.
func (p painter) paint(c, s string) string {
	if !p || s == "" {
		return s
	}
	return c + s + plain
}
