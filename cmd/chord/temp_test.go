package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// deadPID returns the pid of a process that has ended.
func deadPID(t *testing.T) int {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "CHORD_TEST_PRINT=x")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

// TestStale wants temporary files for the same file, left by processes that no longer
// exist, to be removed when it is written, and no others.
func TestStale(t *testing.T) {
	if runtime.GOOS == "js" || runtime.GOOS == "wasip1" {
		t.Skip("this system has no processes")
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "m.gguf")
	temp := func(name string, pid int, place uint32, random string) string {
		return fmt.Sprintf("%s.%d-%08x-%s%s", name, pid, place, random, incomplete)
	}
	own, err := temps.open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer temps.remove(own.Name())
	defer own.Close()
	dead := deadPID(t)
	kept := map[string]bool{name: true, own.Name(): true}
	for _, c := range []struct {
		file string
		kept bool
	}{
		{temp(name, dead, place(), "00000001"), false},
		{temp(name, dead, place(), "00000002"), false},
		{temp(name, os.Getpid(), place(), "00000003"), false}, // a dead process had our number
		{temp(name, os.Getppid(), place(), "00000004"), true},
		{temp(name, dead, place()+1, "00000005"), true},
		{temp(name, dead, place(), "0000005"), true},
		{temp(filepath.Join(dir, "n.gguf"), dead, place(), "00000006"), true},
		{temp(name, -dead, place(), "00000007"), true},
		{name + incomplete, true},
		{name + ".0badcafe" + incomplete, true},
		{temp(name, dead, place(), "00000008") + ".old", true},
	} {
		if err := os.WriteFile(c.file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if c.kept {
			kept[c.file] = true
		}
	}
	folder := temp(name, dead, place(), "00000009")
	kept[folder] = true
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	a := newApp(nil, nil, nil)
	if err := a.create(t.Context(), name, func(w io.Writer) error { _, err := io.WriteString(w, "x"); return err }); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		file := filepath.Join(dir, e.Name())
		if !kept[file] {
			t.Errorf("%s is still there", e.Name())
		}
		delete(kept, file)
	}
	for file := range kept {
		t.Errorf("%s is gone", filepath.Base(file))
	}
}

// TestLeavingRemovesFiles wants no temporary files of a process that exits at once.
func TestLeavingRemovesFiles(t *testing.T) {
	dir := t.TempDir()
	f, err := temps.open(filepath.Join(dir, "m.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil { // Windows removes no open files
		t.Fatal(err)
	}
	a := newApp(nil, nil, nil)
	a.exit = func(int) {}
	a.signals <- syscall.SIGTERM
	a.watch(nil, nil)
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestPanicLeavesNothing wants no file after a panic while it was written.
func TestPanicLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	cause := errors.New("cause")
	func() {
		defer func() {
			if r := recover(); r != cause {
				t.Errorf("got a panic with %v, want %v", r, cause)
			}
		}()
		_, err := newApp(nil, nil, nil).createAll(t.Context(), []string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}, func(w io.Writer, i int) error {
			if i == 1 {
				panic(cause)
			}
			_, err := io.WriteString(w, "x")
			return err
		})
		t.Error(err)
	}()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
