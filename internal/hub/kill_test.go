package hub

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// pullForTestKilled is the process that TestKilled kills.
func pullForTestKilled() {
	c := &Client{Endpoint: os.Getenv("CHORD_TEST_PULL"), Token: token, Cache: Cache{os.Getenv("CHORD_TEST_DIR")}, Chunk: 4096}
	r, err := ParseRef("org/name")
	if err == nil {
		var m *Model
		if m, err = c.Find(context.Background(), r); err == nil {
			_, err = c.Pull(context.Background(), m, nil)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestKilled kills pulls at any moment: a blob is whole, and the last pull, which is
// left alone, goes on to the right file.
func TestKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	kills := 200
	if testing.Short() {
		kills = 20
	}
	data := noise(1<<20, 1)
	h := newHub(t, map[string][]byte{"model.gguf": data})
	random := rand.New(rand.NewPCG(1, 2))
	dir, whole, pulls := t.TempDir(), 0, 1
	for range kills {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), "CHORD_TEST_PULL="+h.URL, "CHORD_TEST_DIR="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(time.Duration(random.IntN(60))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // killed, or through before
		kill.Stop()
		if b, err := os.ReadFile(Cache{dir}.repo("org/name").blob(hexSum(data))); err == nil {
			if whole++; hexSum(b) != hexSum(data) {
				t.Fatalf("a blob of %d bytes is broken", len(b))
			}
			dir = t.TempDir()
			pulls++
		}
	}
	t.Logf("%d kills in %d pulls, %d of which came to an end", kills, pulls, whole)
	c := h.client(t)
	c.Cache.Dir = dir
	pulled(t, c, "org/name", data)
	if left, _ := filepath.Glob(filepath.Join(dir, "models--org--name", "*", "*incomplete")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
