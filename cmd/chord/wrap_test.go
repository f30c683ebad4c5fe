package main

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// onTerminal returns what a terminal of so many columns shows of what is printed to it.
func onTerminal(t *testing.T, printed string, columns int) string {
	t.Helper()
	lines := [][]rune{nil}
	for printed != "" {
		last := &lines[len(lines)-1]
		if rest, ok := strings.CutPrefix(printed, "\x1b["); ok {
			n, i := 0, 0
			for ; rest[i] >= '0' && rest[i] <= '9'; i++ {
				n = 10*n + int(rest[i]-'0')
			}
			switch rest[i] {
			case 'D':
				*last = (*last)[:len(*last)-n] // what is behind is erased next
			case 'K':
			default:
				t.Fatalf("unknown escape %q", rest[:i+1])
			}
			printed = rest[i+1:]
			continue
		}
		r := []rune(printed)[0]
		printed = printed[len(string(r)):]
		if r == '\n' {
			lines = append(lines, nil)
			continue
		}
		if *last = append(*last, r); len(*last) >= columns {
			t.Fatalf("a line has %d of %d columns: %q", len(*last), columns, string(*last))
		}
	}
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(string(line), " "))
	}
	return b.String()
}

func TestWrap(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"one two three", "one two\nthree"},
		{"exactly 9", "exactly 9"},
		{"exactly ten", "exactly\nten"},
		{"a longestwordofall b", "a\nlongestwo\nrdofall b"},
		{"one\n\ntwo three four", "one\n\ntwo three\nfour"},
		{"  indented text", "  indented\ntext"},
		{"123456789 next", "123456789\nnext"},
		{"", ""},
	} {
		w := wrapper{columns: 10}
		if c.text[:min(2, len(c.text))] == "  " {
			w.columns = 11
		}
		if got := onTerminal(t, w.text(c.text), w.columns); got != c.want {
			t.Errorf("%q shows %q, want %q", c.text, got, c.want)
		}
	}
	w := wrapper{columns: 10}
	const code = "```go\nfunc main() { println() }\n```\nand so on and on"
	if got, want := w.text(code), "```go\nfunc main() { println() }\n```\nand so on\nand on"; got != want {
		t.Errorf("code shows %q, want %q", got, want)
	}
	w = wrapper{columns: 10}
	if got, want := w.text("日本語日本語"), "日本語日\n本語"; got != want {
		t.Errorf("wide characters show %q, want %q", got, want)
	}
	w = wrapper{}
	if got := w.text("one two three four"); got != "one two three four" {
		t.Errorf("without a terminal %q", got)
	}
}

// TestWrapPieces wants the same screen however a text is cut into pieces, and no word
// broken that fits a line.
func TestWrapPieces(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var words []string
		for range 1 + r.IntN(30) {
			words = append(words, strings.Repeat(string(rune('a'+r.IntN(26))), 1+r.IntN(9)))
		}
		text, columns := strings.Join(words, " "), 12+r.IntN(40)
		whole := wrapper{columns: columns}
		want := onTerminal(t, whole.text(text), columns)
		if got := strings.Fields(want); strings.Join(got, " ") != text {
			t.Fatalf("%q at %d columns shows %q", text, columns, want)
		}
		pieces, printed := wrapper{columns: columns}, ""
		for rest := text; rest != ""; {
			n := 1 + r.IntN(len(rest))
			printed += pieces.text(rest[:n])
			rest = rest[n:]
		}
		if got := onTerminal(t, printed, columns); got != want {
			t.Fatalf("in pieces %q, want %q", got, want)
		}
	}
}
