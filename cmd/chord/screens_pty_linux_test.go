package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBenchScreen wants a table with bars on a terminal, drawn anew after each row, and
// rows for programs if a format is named.
func TestBenchScreen(t *testing.T) {
	args := append(quick, "-r", "1", "--draft-max", "3", "--draft-prompt", "cat cat cat cat cat")
	c := openConsole(t, nil, args...)
	c.wants(bold + "TEST ")
	c.wants("\x1b[5A\x1b[J")
	c.wants("pp6 ")
	c.wants("tg3 ")
	c.wants(green)
	c.wants(dim + "measured once")
	c.wants("accepted: share of the drafted tokens")
	c.ends(0)
	c = openConsole(t, []string{"TERM=dumb"}, args...)
	c.wants("\r\nTEST ")
	c.wants("tg3 ")
	c.wants("bar: share of the fastest row")
	c.ends(0)
	if s := c.screen.String(); strings.Contains(s, "\x1b") || strings.Count(s, "TEST") != 1 {
		t.Errorf("got %q", s)
	}
	c = openConsole(t, nil, append(args, "-o", "md")...)
	c.wants("| llama 4.5M Q4_0 ")
	c.ends(0)
}

// TestChatPaste wants a text of several lines that is pasted to be one message, and the
// terminal to mark nothing after the chat.
func TestChatPaste(t *testing.T) {
	file := filepath.Join(t.TempDir(), "chat.json")
	c := openConsole(t, nil, "chat", "-n", "1", "--seed", "1")
	c.wants(askPastes)
	c.types("Look: " + pasteBegins + "one\rtwo\tthree\r\n" + pasteEnds)
	c.wants("one␊two␉three␊")
	c.types("\r")
	c.wants(">>> ")
	c.types("/save " + file + "\r")
	c.wants("has the chat")
	c.wants(askPastes)
	c.types(ctrlD)
	c.ends(0)
	b, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(b), `"content": "Look: one\ntwo\tthree"`) {
		t.Errorf("got %s, %v", b, err)
	}
}
