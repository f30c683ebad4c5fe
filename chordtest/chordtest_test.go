package chordtest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
)

func TestModel(t *testing.T) {
	for _, answer := range []string{
		"It is a cat.", "xy", "", "the the the the cat the the", "żółw 🐢 a\nb\tc", "  two  spaces  ",
		strings.Repeat("All work and no play makes Jack a dull boy. ", 50),
		strings.Repeat("a b ", 300), "ab ab", `<tool_call>{"name": "f"}</tool_call>`,
	} {
		m := chordtest.Model(t, answer)
		for _, p := range []chord.Params{{Temperature: chord.Greedy}, {}, {Temperature: 2, TopK: chord.Off, TopP: chord.Off, MinP: chord.Off, Seed: 7}} {
			r, err := m.Complete(t.Context(), "Say something about the cat, please.", p)
			if err != nil || r.Text != answer || r.Finish != chord.FinishEOG {
				t.Errorf("got %q, %q, %v, want %q", r.Text, r.Finish, err, answer)
			}
		}
		reply, err := m.Reply(t.Context(), []chord.Message{{Role: "user", Content: answer}}, chord.ChatParams{})
		if want := strings.TrimSpace(answer); err != nil || strings.TrimSpace(reply[0].Content) != want {
			t.Errorf("chat: got %+v, %v, want %q", reply, err, want)
		}
	}
}

// A program's test that needs a model, but no download and no luck.
func Example() {
	file, err := chordtest.File("It is a cat.")
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := chord.OpenReaderAt(strings.NewReader(string(file)), int64(len(file)), chord.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	r, err := m.Complete(context.Background(), "What is in the picture?", chord.Params{})
	fmt.Println(r.Text, r.Finish, err)
	// Output: It is a cat. eog <nil>
}
