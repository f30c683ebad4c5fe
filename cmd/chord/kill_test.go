package main

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestKilled kills quantize and split at any moment. A file with its final name must
// be whole; if the first part of a model has it, all parts have; and temporary
// files are removed by the next command that writes the same file.
func TestKilled(t *testing.T) {
	in := taleFile(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CHORD_TEST_RUN", "1")
	dir := t.TempDir()
	want := map[string]string{}
	commands := [][]string{
		{"quantize", "--allow-requantize", in, "q.gguf", "Q4_0"},
		{"split", "--split-max-tensors", "5", in, "s"},
	}
	for _, args := range commands { // unharmed
		cmd := exec.Command(self, args...)
		cmd.Dir = dir
		if b, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v, %s", args, err, b)
		}
	}
	whole, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, name := range whole {
		want[filepath.Base(name)] = fileBytes(t, name)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 10 {
		args, dir := commands[i%2], t.TempDir()
		cmd := exec.Command(self, args...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(time.Duration(random.IntN(40))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // killed, or through before
		kill.Stop()
		first := false
		found, _ := filepath.Glob(filepath.Join(dir, "*.gguf"))
		for _, name := range found {
			first = first || filepath.Base(name) == "s-00001-of-00010.gguf"
			if fileBytes(t, name) != want[filepath.Base(name)] {
				t.Errorf("%q: %s is broken", args, filepath.Base(name))
			}
		}
		if first && len(found) != 10 {
			t.Errorf("%q: the first part is there, but of all only %d", args, len(found))
		}
		left, _ := os.ReadDir(dir)
		t.Logf("%s: %d files, %d whole", args[0], len(left), len(found))
		again := exec.Command(self, args...)
		again.Dir = dir
		if b, err := again.CombinedOutput(); err != nil {
			t.Fatalf("%q again: %v, %s", args, err, b)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*incomplete")); len(left) > 0 {
			t.Errorf("%q again leaves %v", args, left)
		}
	}
}
