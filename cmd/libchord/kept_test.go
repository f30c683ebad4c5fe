//go:build cgo && linux

package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// lost are the lines of an interface that another does not have, unless that says in
// CHORD_ABI that programs have to be compiled anew.
func lost(before, after string) []string {
	const abi = "#define CHORD_ABI "
	have := strings.Split(after, "\n")
	var missing []string
	for line := range strings.SplitSeq(before, "\n") {
		// The last of an enum has no comma until another follows.
		if !slices.Contains(have, line) && !slices.Contains(have, line+",") {
			missing = append(missing, line)
		}
	}
	if slices.ContainsFunc(missing, func(line string) bool { return strings.HasPrefix(line, abi) }) {
		return nil
	}
	return missing
}

// What the last release has declared is still there, as it was.
func TestKept(t *testing.T) {
	tag, err := exec.Command("git", "describe", "--tags", "--abbrev=0", "--match", "v*").Output()
	if err != nil {
		t.Skip("there is no release to compare with")
	}
	name := strings.TrimSpace(string(tag))
	before, err := exec.Command("git", "show", name+":./testdata/abi.txt").Output()
	if err != nil {
		t.Skipf("%s has no C library", name)
	}
	after, err := os.ReadFile("testdata/abi.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lost(string(before), string(after)) {
		t.Errorf("%s has %q, which is gone or another now: CHORD_ABI has to grow", name, line)
	}
}

func TestLost(t *testing.T) {
	const before = "#define CHORD_ABI 1\nCHORD_A = 0,\nCHORD_B = 1\nint chord_abi(void);\n"
	for _, c := range []struct {
		name, after string
		want        []string
	}{
		{"the same", before, nil},
		{"more", "#define CHORD_ABI 1\nCHORD_A = 0,\nCHORD_B = 1,\nCHORD_C = 2\nint chord_abi(void);\nint chord_more(int n);\n", nil},
		{"a function less", "#define CHORD_ABI 1\nCHORD_A = 0,\nCHORD_B = 1\n", []string{"int chord_abi(void);"}},
		{"another function", strings.Replace(before, "(void)", "(int n)", 1), []string{"int chord_abi(void);"}},
		{"another number", strings.Replace(before, "B = 1", "B = 2", 1), []string{"CHORD_B = 1"}},
		{"another number, said aloud", "#define CHORD_ABI 2\nCHORD_A = 0,\nCHORD_B = 2\n", nil},
	} {
		if got := lost(before, c.after); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
