package kernels

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/querent-ai/chord/gen/wasm"
)

// asm/wasm has what the generator writes.
func TestFiles(t *testing.T) {
	for _, v := range []wasm.Variant{wasm.Plain, wasm.Shared, wasm.Far} {
		want, _ := Kernels(v)
		got, err := os.ReadFile(filepath.Join("..", "..", "..", "asm", "wasm", v.Name+".wasm"))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("asm/wasm/%s.wasm is not what the generator writes (%v): run go generate ./...", v.Name, err)
		}
	}
}

// Every variant is valid, and nothing that is cut off is. Node has no second memory: far is
// tested in a browser, by internal/tests/wasmnpm.
func TestValid(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		if os.Getenv("CI") == "true" && runtime.GOOS == "linux" { // .ci/run installs it
			t.Fatal(err)
		}
		t.Skip("no node")
	}
	for _, c := range []struct {
		variant wasm.Variant
		flags   []string
	}{{wasm.Plain, nil}, {wasm.Shared, nil}, {wasm.Memory64, []string{"--experimental-wasm-memory64"}}} {
		module, _ := Kernels(c.variant)
		for _, m := range []struct {
			bytes []byte
			want  string
		}{{module, "true"}, {module[:len(module)-1], "false"}} {
			cmd := exec.Command(node, append(c.flags, "-e", `console.log(WebAssembly.validate(require("fs").readFileSync(0)))`)...)
			cmd.Stdin = bytes.NewReader(m.bytes)
			got, err := cmd.CombinedOutput()
			if err != nil || string(bytes.TrimSpace(got)) != m.want {
				t.Errorf("%s, %d bytes: got %s (%v), want %s", c.variant.Name, len(m.bytes), got, err, m.want)
			}
		}
	}
}
