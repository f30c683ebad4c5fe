package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
)

// talesFile writes the model in the binary to a file: as such it is one for chats.
func talesFile(t *testing.T) string {
	t.Helper()
	data, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "tales.gguf")
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// answered returns what the model in file says to messages, by the way of a prompt in
// the form of text.
func answered(t *testing.T, file string, messages []chord.Message, flags ...string) string {
	t.Helper()
	b, err := json.Marshal(messages)
	if err != nil {
		t.Fatal(err)
	}
	prompt := ok(t, string(b), "apply-template", "-m", file)
	args := append([]string{"run", "-m", file, "--raw", "--no-display-prompt", "-p", prompt}, flags...)
	return ok(t, "", args...)
}

// TestRunAnswers wants a model that has a chat template to answer, with the prompt that
// the template makes, and to continue a text with --raw.
func TestRunAnswers(t *testing.T) {
	file := talesFile(t)
	flags := []string{"--seed", "3", "-n", "24"}
	user := func(text string) []chord.Message { return []chord.Message{{Role: "user", Content: text}} }
	for _, c := range []struct {
		name, stdin string
		args        []string
		want        []chord.Message
	}{
		{"an argument", "", []string{"Tell a story"}, user("Tell a story")},
		{"-p", "", []string{"-p", "Tell a story"}, user("Tell a story")},
		{"a pipe", "Tell a story\n", nil, user("Tell a story")},
		{"an argument and a pipe", "A dog.\nA cat.\n", []string{"Tell a story"}, user("Tell a story\n\nA dog.\nA cat.")},
		{"-p and a pipe", "A dog.\r\n", []string{"-p", "Tell a story"}, user("Tell a story\n\nA dog.")},
		{"an argument and an empty pipe", "\n", []string{"Tell a story"}, user("Tell a story")},
		{"-sys", "", []string{"-sys", "Be kind.", "Tell a story"}, append([]chord.Message{{Role: "system", Content: "Be kind."}}, user("Tell a story")...)},
		{"-sysf", "", []string{"-sysf", write(t, "Be kind.\n"), "Tell a story"}, append([]chord.Message{{Role: "system", Content: "Be kind."}}, user("Tell a story")...)},
	} {
		want := answered(t, file, c.want, flags...)
		got := ok(t, c.stdin, append(append([]string{"run", "-m", file}, flags...), c.args...)...)
		if got != want {
			t.Errorf("%s: got %q, want %q", c.name, got, want)
		}
	}
	story := ok(t, "", append([]string{"run", once}, flags...)...)
	for _, raw := range []string{"--raw", "-no-cnv", "--no-conversation"} {
		if got := ok(t, "", append([]string{"run", "-m", file, raw, once}, flags...)...); got != story {
			t.Errorf("%s: got %q, want %q", raw, got, story)
		}
	}
	with := ok(t, "", append([]string{"run", "--chat-template", "chatml", "Tell a story"}, flags...)...)
	if want := answered(t, file, user("Tell a story"), flags...); with != want {
		t.Errorf("--chat-template: got %q, want %q", with, want)
	}
	for _, args := range [][]string{{"--raw", "-sys", "x", "a"}, {"-sys", "x", "-sysf", file, "a"}, {"--chat-template", "nosuch", "a"},
		{"--reasoning-budget", "-2", "a"}, {"--reasoning-format", "x", "a"}} {
		if r := do(t, "", append([]string{"run"}, args...)...); r.code != exitUsage || r.out != "" || !strings.Contains(r.stderr, args[0]) && !strings.Contains(r.stderr, "--system-prompt") {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

// thinkingTemplate is a template of a model that thinks; says makes the model do so.
const (
	thinkingTemplate = `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}<|im_start|>assistant
{% if enable_thinking is defined and not enable_thinking %}<think>

</think>

{% endif %}`
	thinkingAnswer = `root ::= "<think>" [a-z ]{5,30} "</think>" "Yes."`
)

// TestRunThinks leaves reasoning out where no terminal is, unless it shall stay in the
// answer.
func TestRunThinks(t *testing.T) {
	args := []string{"run", "--seed", "1", "-n", "40", "--chat-template", thinkingTemplate, "--grammar", thinkingAnswer, "Hello"}
	if got := ok(t, "", args...); got != "Yes.\n" {
		t.Errorf("got %q", got)
	}
	if got := ok(t, "", append(args, "--reasoning-format", "none")...); !strings.HasPrefix(got, "<think>") || !strings.HasSuffix(got, "</think>Yes.\n") {
		t.Errorf("in the answer: got %q", got)
	}
	for _, off := range [][]string{{"--no-thinking"}, {"--reasoning-budget", "0"}, {"--reasoning-budget", "3"}} {
		if got := ok(t, "", append(args, off...)...); got != "Yes.\n" {
			t.Errorf("%v: got %q", off, got)
		}
	}
}

// TestAnswerLooks prints answers as a terminal shows them.
func TestAnswerLooks(t *testing.T) {
	deltas := []chord.Delta{{Reasoning: "So"}, {Reasoning: " be it.\x1b[2J"}, {Content: "Yes\x1b]52;c;eA==\a,"}, {Content: " at\tonce\n"}, {Result: &chord.Result{Generated: 4}}}
	for _, c := range []struct {
		name            string
		terminal, paint bool
		want            string
	}{
		{"a pipe", false, false, "Yes\x1b]52;c;eA==\a, at\tonce\n"},
		{"a terminal", true, false, "(thinking)\nSo be it.�[2J\n(end of thinking)\n\nYes�]52;c;eA==�, at\tonce\n"},
		{"with colours", true, true, dim + "So" + plain + dim + " be it.�[2J" + plain + "\n\nYes�]52;c;eA==�, at\tonce\n"},
	} {
		var out bytes.Buffer
		a := &answer{w: &lineWriter{w: &out}, terminal: c.terminal, paint: painter(c.paint)}
		err := a.print(func(yield func(chord.Delta, error) bool) {
			for _, d := range deltas {
				if !yield(d, nil) {
					return
				}
			}
		})
		if err != nil || out.String() != c.want || a.result.Generated != 4 {
			t.Errorf("%s: %v, got %q, want %q", c.name, err, out.String(), c.want)
		}
		if m := a.message(); m.Content != "Yes\x1b]52;c;eA==\a, at\tonce\n" || m.ReasoningContent != "So be it.\x1b[2J" {
			t.Errorf("%s: the message is %+v", c.name, m)
		}
	}
}
