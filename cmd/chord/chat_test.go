package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
)

// converse runs chord chat with these lines.
func converse(t *testing.T, lines []string, flags ...string) result {
	t.Helper()
	return do(t, strings.Join(lines, "\n")+"\n", append([]string{"chat", "--seed", "3", "-n", "20"}, flags...)...)
}

// saved returns the messages of a file of /save.
func saved(t *testing.T, name string) []chord.Message {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var s savedChat
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s.Messages
}

// TestChat talks from a pipe: every answer is that to the whole chat so far.
func TestChat(t *testing.T) {
	file, out := talesFile(t), filepath.Join(t.TempDir(), "chat.json")
	r := converse(t, []string{"Tell a story", `One line\`, "and another", `"""`, "Quoted", "", `text"""`, "/save " + out}, "-m", file, "-sys", "Be kind.")
	if r.code != 0 {
		t.Fatalf("%+v", r)
	}
	messages := saved(t, out)
	var said []string
	want := ""
	for i, m := range messages {
		said = append(said, m.Role)
		if m.Role == "assistant" {
			answer := answered(t, file, messages[:i], "--seed", "3", "-n", "20")
			if answer != m.Content+"\n" {
				t.Errorf("answer %d is %q, want %q", i, m.Content, answer)
			}
			want += answer
		}
	}
	if got := strings.Join(said, " "); got != "system user assistant user assistant user assistant" {
		t.Errorf("%s has said: %s", out, got)
	}
	if messages[3].Content != "One line\nand another" || messages[5].Content != "Quoted\n\ntext" {
		t.Errorf("messages of several lines: %q, %q", messages[3].Content, messages[5].Content)
	}
	if r.out != want {
		t.Errorf("stdout is %q, want %q", r.out, want)
	}
}

// TestChatCommands gives commands.
func TestChatCommands(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "1.json"), filepath.Join(dir, "2.json")
	r := converse(t, []string{"Tell a story", "/save " + first, "/regenerate", "/save " + second, "/clear", "/load " + first, "/save " + second + "x",
		"/system Be kind.", "/clear", "Hello", "/save " + second + "y", "/show", "/set", "/set temp 0", "/set verbose", "Hello", "/?", "/bye", "not this"})
	if r.code != 0 {
		t.Fatalf("%+v", r)
	}
	one, two := saved(t, first), saved(t, second)
	if len(one) != 2 || len(two) != 2 || one[0].Content != two[0].Content || one[1].Content == two[1].Content {
		t.Errorf("regenerated: %q after %q", two, one)
	}
	a, _ := os.ReadFile(first)
	if b, _ := os.ReadFile(second + "x"); string(a) != string(b) {
		t.Errorf("loaded and saved: %s, want %s", b, a)
	}
	if y := saved(t, second+"y"); len(y) != 3 || y[0].Content != "Be kind." || y[1].Content != "Hello" {
		t.Errorf("with a system prompt: %q", y)
	}
	if strings.Count(r.out, "\n") < 4 || strings.Contains(r.out, "/") {
		t.Errorf("stdout %q", r.out)
	}
	for _, want := range []string{"chord-tales", "of 512 tokens", "temp                 0.8", "tokens/s", "/regenerate", "system    Be kind."} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("stderr lacks %q:\n%s", want, r.stderr)
		}
	}
	for _, line := range strings.Split(slashHelp, "\n") {
		if len(line) > 60 {
			t.Errorf("/help is wider than 60 columns: %q", line)
		}
	}
	for _, name := range slashCommands {
		if !strings.Contains(slashHelp, name) {
			t.Errorf("/help has no %s", name)
		}
	}
	if got := completeCommand("/s"); strings.Join(got, " ") != "/set /show /system /save" {
		t.Errorf("/s completes to %q", got)
	}
}

// TestChatErrors wants an error from a pipe to end the chat, and to say what is wrong.
func TestChatErrors(t *testing.T) {
	long := strings.Repeat("word ", 600)
	for _, c := range []struct {
		line string
		code int
		want string
	}{
		{"/nosuch", exitUsage, "/nosuch"},
		{"/set nosuch 1", exitUsage, "/set nosuch"},
		{"/set temp hot", exitUsage, "/set temp hot"},
		{"/set top-p 2", exitUsage, "TopP"},
		{"/set trim perhaps", exitUsage, "want on or off"},
		{"/regenerate", exitUsage, "no message"},
		{"/save", exitUsage, "name a file"},
		{"/load", exitUsage, "name a file"},
		{"/load nosuch.json", exitFailure, "nosuch.json"},
		{"/load chat_test.go", exitFailure, "chat_test.go"},
		{long, exitFailure, "context of 512"},
	} {
		if r := converse(t, []string{c.line, "/bye"}); r.code != c.code || !strings.Contains(r.stderr, c.want) || r.out != "" {
			t.Errorf("%.20s: %+v", c.line, r)
		}
	}
	if r := converse(t, []string{"/etc/hosts is a file"}); r.code != 0 || r.out == "" {
		t.Errorf("a path is no command: %+v", r)
	}
	text := filepath.Join(t.TempDir(), "text.gguf")
	if r := do(t, "", "synth", "--shape", "tiny", text); r.code != 0 {
		t.Fatal(r.stderr)
	}
	if r := converse(t, []string{"a"}, "-m", text); r.code != exitUsage || !strings.Contains(r.stderr, "--chat-template") {
		t.Errorf("a model for texts: %+v", r)
	}
}

// TestChatTrim drops the oldest turns when the context is full, and only when asked.
func TestChatTrim(t *testing.T) {
	out := filepath.Join(t.TempDir(), "chat.json")
	lines := []string{"/set trim on", "/system Be kind."}
	for range 8 {
		lines = append(lines, "Tell me a story about a dog and a cat who live in a house by the sea, and about their friends")
	}
	r := converse(t, append(lines, "/save "+out), "-c", "256")
	if r.code != 0 || !strings.Contains(r.stderr, "oldest turns dropped: 1; ") || !strings.Contains(r.stderr, "of 256 tokens") {
		t.Errorf("%+v", r)
	}
	m := saved(t, out)
	if len(m) >= 17 || len(m) < 5 || m[0].Role != "system" || m[1].Role != "user" || m[len(m)-1].Role != "assistant" {
		t.Errorf("%d messages: %q", len(m), m)
	}
	if r := converse(t, lines[1:], "-c", "256"); r.code != exitFailure || !strings.Contains(r.stderr, "context of 256") {
		t.Errorf("without: %+v", r)
	}
}
