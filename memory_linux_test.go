package chord_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/synth"
)

// resident returns the bytes of this process's own memory.
func resident(t *testing.T) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "RssAnon:")
	var kb int64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

// TestCloseGivesMemoryBack checks that a closed model that is still referenced
// leaves no more than its vocabulary behind. It runs in a process of its own.
func TestCloseGivesMemoryBack(t *testing.T) {
	const name, limit = "CHORD_MEMORY_TEST", 8 << 20
	if testing.Short() {
		t.Skip("memory is not what it is under the race detector")
	}
	path := os.Getenv(name)
	if path == "" {
		path = filepath.Join(t.TempDir(), "model.gguf")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w := bufio.NewWriter(f)
		shape := synth.Shape{Name: "memory", Title: "Memory", Dim: 256, HiddenDim: 704, Layers: 6, Heads: 16, KVHeads: 8, HeadDim: 64,
			Vocab: 128256, Context: 8192, RopeBase: 10000, NormEps: 1e-5}
		if err := synth.Write(t.Context(), w, shape, synth.Options{Type: "Q4_0", Seed: 1}); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "-test.run", "^TestCloseGivesMemoryBack$")
		cmd.Env = append(os.Environ(), name+"="+path)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	debug.FreeOSMemory()
	before := resident(t)
	m, err := chord.Open(path, chord.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if _, err := m.Complete(t.Context(), strings.Repeat("a b c ", 20*(i+1)), chord.Params{MaxTokens: 10, IgnoreEOS: true}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	open := resident(t)
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	after := int64(0)
	for range 3 { // what a pool or an old stack still refers to takes another collection
		debug.FreeOSMemory()
		if after = resident(t); after-before <= limit {
			break
		}
	}
	t.Logf("%d KiB before, %d open, %d after", before>>10, open>>10, after>>10)
	if open-before < 4*limit {
		t.Error("the model takes so little that the test shows nothing")
	}
	if after-before > limit {
		t.Errorf("%d bytes are left, at most %d", after-before, limit)
	}
	if m.Context() == 0 { // it is still referenced
		t.Error("no context")
	}
}
