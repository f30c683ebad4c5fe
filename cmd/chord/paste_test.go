package main

import (
	"strings"
	"testing"
)

// TestPaster wants what is pasted to be one line, and what is typed to stay as it is.
func TestPaster(t *testing.T) {
	for _, c := range []struct{ name, keys, want string }{
		{"typed", "a\tb\r", "a\tb\r"},
		{"an arrow key", "a\x1b[D\x1b[20~b\r", "a\x1b[D\x1b[20~b\r"},
		{"line ends", pasteBegins + "a\rb\nc\r\nd\r\re" + pasteEnds + "\r", pasteBegins + "a␊b␊c␊d␊␊e" + pasteEnds + "\r"},
		{"a tab and letters", pasteBegins + "\tä\x00\x04€\x7f" + pasteEnds + "\t", pasteBegins + "␉ä€" + pasteEnds + "\t"},
		{"two", pasteBegins + "\r" + pasteEnds + "x" + pasteBegins + "\r" + pasteEnds + "\r", pasteBegins + "␊" + pasteEnds + "x" + pasteBegins + "␊" + pasteEnds + "\r"},
		{"no end", pasteBegins + "a\r\x03b\r", pasteBegins + "a␊\x03b\r"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p paster
			var got strings.Builder
			for i := range len(c.keys) {
				got.WriteString(p.take(c.keys[i]))
			}
			if got.String() != c.want {
				t.Errorf("got %q, want %q", got.String(), c.want)
			}
		})
	}
}
