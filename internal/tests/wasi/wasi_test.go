// Package wasi tests the command as a program for WASI, in wazero and in Node.
package wasi

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// build links the command, without chord batch, which needs a network.
func build(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "chord.wasm")
	c := exec.CommandContext(t.Context(), "go", "build", "-tags", "nobatch", "-ldflags", "-s -w", "-o", file, "./cmd/chord")
	c.Dir, c.Env = "../../..", append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return file
}

// A host runs the command with arguments, and returns its exit status and what it prints.
type host func(args ...string) (int, string)

// inNode is Node as a host that shows a folder.
func inNode(t *testing.T, program, folder string) host {
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") == "true" && runtime.GOOS == "linux" { // .ci/run installs it
			t.Fatal(err)
		}
		t.Skip("no node")
	}
	return func(args ...string) (int, string) {
		c := exec.CommandContext(t.Context(), "node", append([]string{"--no-warnings", "testdata/wasi.mjs", program, folder}, args...)...)
		out, err := c.CombinedOutput()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return c.ProcessState.ExitCode(), string(out)
	}
}

// inWazero is wazero as a host that shows a folder.
func inWazero(t *testing.T, program, folder string) host {
	b, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	ctx := experimental.WithCompilationWorkers(context.Background(), runtime.GOMAXPROCS(0))
	r := wazero.NewRuntime(ctx)
	t.Cleanup(func() { r.Close(ctx) })
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	module, err := r.CompileModule(ctx, b)
	if err != nil {
		t.Fatal(err)
	}
	return func(args ...string) (int, string) {
		var out bytes.Buffer
		_, err := r.InstantiateModule(ctx, module, wazero.NewModuleConfig().WithName("").WithArgs(append([]string{"chord"}, args...)...).
			WithEnv("CHORD_NO_STATE", "1").WithStdout(&out).WithStderr(&out).WithSysNanotime().WithSysWalltime().
			WithFSConfig(wazero.NewFSConfig().WithDirMount(folder, "/")))
		exit := (*sys.ExitError)(nil)
		switch {
		case err == nil:
			return 0, out.String()
		case !errors.As(err, &exit):
			t.Fatal(err)
		}
		return int(exit.ExitCode()), out.String()
	}
}

// The command says its version and tells the story that it tells everywhere, from the
// model in it and from a file of the host, and says which file is missing.
func TestCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("it links and compiles the command")
	}
	folder := t.TempDir()
	model, err := tales.FS.ReadFile(tales.Name)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "model.gguf"), model, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const prompt = "Once upon a time"
	r, err := m.Complete(t.Context(), prompt, chord.Params{Seed: 7, MaxTokens: 20})
	if err != nil {
		t.Fatal(err)
	}
	program := build(t)
	for name, in := range map[string]func(t *testing.T, program, folder string) host{"node": inNode, "wazero": inWazero} {
		t.Run(name, func(t *testing.T) {
			chord := in(t, program, folder)
			for _, c := range []struct {
				name, want string
				status     int
				args       []string
			}{
				{"version", "wasip1/wasm", 0, []string{"version"}},
				{"story", prompt + r.Text, 0, []string{"run", "--seed", "7", "-n", "20", prompt}},
				{"story of a file", prompt + r.Text, 0, []string{"run", "--raw", "-m", "/model.gguf", "--seed", "7", "-n", "20", prompt}},
				{"no network", "a program for wasip1 has no network", 1, []string{"serve"}},
				{"no file", "/none.gguf", 1, []string{"run", "-m", "/none.gguf", prompt}},
			} {
				if status, out := chord(c.args...); status != c.status || !strings.Contains(out, c.want) {
					t.Errorf("%s: status %d, %q; want %d, %q", c.name, status, out, c.status, c.want)
				}
			}
		})
	}
}
