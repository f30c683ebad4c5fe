// Package npm tests chord's server with OpenAI's client for JavaScript and with the
// Vercel AI SDK, which npm installs.
package npm

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/server"
	"github.com/querent-ai/chord/server/batch"
)

// packages are the clients, in the versions that are tested.
var packages = []string{"openai@6.49.0", "ai@6.0.326", "@ai-sdk/openai-compatible@2.0.92"}

const template = `{%- if tools %}{{ tools|tojson }} <tool_call>{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{% for c in m.tool_calls or [] %}<tool_call>
{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments|tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// install installs the clients in a folder and returns it. Without node or a network the
// test is left out.
func install(t *testing.T) string {
	t.Helper()
	leave := t.Skipf
	if os.Getenv("CI") == "true" && runtime.GOOS == "linux" { // .ci/run installs what it needs
		leave = t.Fatalf
	}
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			leave("no %s: %v", program, err)
		}
	}
	dir := t.TempDir()
	c := exec.CommandContext(t.Context(), "npm", append([]string{"install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", dir}, packages...)...)
	if out, err := c.CombinedOutput(); err != nil {
		leave("npm cannot install the clients: %v\n%s", err, out)
	}
	return dir
}

// serve starts a server whose models always answer the same.
func serve(t *testing.T) string {
	t.Helper()
	o := server.Options{Keys: []string{"key"}}
	for _, m := range []struct{ name, text string }{
		{"text", "Because it is not red."},
		{"thinks", "<think>Let me see.</think>It is blue."},
		{"calls", "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>"},
	} {
		b, err := chordtest.File(m.text)
		if err != nil {
			t.Fatal(err)
		}
		open, err := chord.OpenReaderAt(strings.NewReader(string(b)), int64(len(b)), chord.Options{Threads: 1, ChatTemplate: template})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { open.Close() })
		o.Models = append(o.Models, server.Model{Name: m.name, Loaded: open})
	}
	o.Batches = batch.NewStore(t.TempDir(), batch.StoreOptions{})
	t.Cleanup(o.Batches.Close)
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(h.Close)
	return h.URL + "/v1"
}

// TestClients runs the programs in testdata.
func TestClients(t *testing.T) {
	dir, url := install(t), serve(t)
	programs, err := filepath.Glob("testdata/*.mjs")
	if err != nil || len(programs) != 2 {
		t.Fatalf("%v, %v", programs, err)
	}
	for _, name := range programs {
		t.Run(filepath.Base(name), func(t *testing.T) {
			program, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			at := filepath.Join(dir, filepath.Base(name)) // where its imports are found
			if err := os.WriteFile(at, program, 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), "node", at, url).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
