// Package node tests chord's server with clients for JavaScript, which npm installs.
package node

import (
	"bytes"
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
)

// packages are the clients, in the versions that are tested.
var packages = []string{"@anthropic-ai/sdk@1.14.0", "ollama@0.6.4"}

const template = `{%- if tools %}{{ tools|tojson }} <tool_call>{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{% for c in m.tool_calls or [] %}<tool_call>
{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments|tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`

// install installs the packages in a folder and returns it. Without node or a network
// the test is left out.
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
	o := server.Options{Version: "1.2.3", Keys: []string{"key"}}
	for _, m := range []struct{ name, text string }{
		{"text", "Because it is not red."},
		{"thinks", "<think>Let me see.</think>It is blue."},
		{"calls", "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Rome\"}}\n</tool_call>"},
	} {
		b, err := chordtest.File(m.text)
		if err != nil {
			t.Fatal(err)
		}
		open, err := chord.OpenReaderAt(bytes.NewReader(b), int64(len(b)), chord.Options{Threads: 1, ChatTemplate: template})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { open.Close() })
		o.Models = append(o.Models, server.Model{Name: m.name, Loaded: open})
	}
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s.Handler())
	t.Cleanup(h.Close)
	return h.URL
}

// TestClients runs the programs in testdata.
func TestClients(t *testing.T) {
	dir := install(t)
	programs, err := filepath.Glob("testdata/*.mjs")
	if err != nil || len(programs) == 0 {
		t.Fatalf("no programs: %v", err)
	}
	for _, path := range programs {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".mjs"), func(t *testing.T) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			program := filepath.Join(dir, filepath.Base(path)) // where its packages are found
			if err := os.WriteFile(program, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), "node", program, serve(t)).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
