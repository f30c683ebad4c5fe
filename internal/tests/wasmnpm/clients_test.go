package wasmnpm

import (
	"os"
	"testing"

	"github.com/querent-ai/chord/chordtest"
)

// Programs for the AI SDK, for OpenAI's client and for the browsers' LanguageModel get
// what the models say.
func TestClients(t *testing.T) {
	dir := project(t)
	installTools(t)
	for name, answer := range map[string]string{
		"text": "Because it is not red.", "thinks": "<think>Let me see.</think>It is blue.", "json": `{"age": 7}`,
		"calls": "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>",
	} {
		model, err := chordtest.File(answer)
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, name+".gguf", model)
	}
	program, err := os.ReadFile("testdata/clients.mjs")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "clients.mjs", program)
	if out := run(t, dir, "node", "clients.mjs"); out != "done\n" {
		t.Errorf("got %q", out)
	}
}
