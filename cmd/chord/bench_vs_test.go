package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMain lets the test binary be another program: chord burn, with
// CHORD_TEST_RUN any chord, with signals if that is main, or with CHORD_TEST_PRINT one
// that prints that. The tests see no configuration and no state of the user.
func TestMain(m *testing.M) {
	if os.Getenv("CHORD_TEST_RUN") == "main" {
		main()
	}
	if len(os.Args) > 1 && (os.Args[1] == "burn" || os.Getenv("CHORD_TEST_RUN") != "") {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	if text := os.Getenv("CHORD_TEST_PRINT"); text != "" {
		fmt.Print(text)
		os.Exit(0)
	}
	os.Setenv("CHORD_NO_STATE", "1")
	os.Setenv("XDG_CONFIG_HOME", filepath.Join(os.TempDir(), "chord-tests-have-none"))
	os.Unsetenv("CHORD_CONFIG")
	os.Exit(m.Run())
}

// itself returns a command that runs the test binary.
func itself(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("'%s' -m 'a b.gguf'", self)
}

// TestBenchVs compares chord with a program that prints as llama-bench does.
func TestBenchVs(t *testing.T) {
	command := itself(t)
	t.Setenv("CHORD_TEST_PRINT", `[
  {"n_prompt": 6, "n_gen": 0, "n_threads": 1, "avg_ts": 0.125},
  {"n_prompt": 6, "n_gen": 0, "n_threads": 2, "avg_ts": 1e9},
  {"n_prompt": 0, "n_gen": 99, "n_threads": 1, "avg_ts": 1e9}
]`)
	var rows []struct {
		Test    string    `json:"test"`
		Rate    []float64 `json:"samples_ts"`
		Vs      float64   `json:"vs_ts"`
		Ratios  []float64 `json:"samples_vs_ratio"`
		Ratio   float64   `json:"vs_ratio"`
		Threads int       `json:"n_threads"`
	}
	if err := json.Unmarshal([]byte(ok(t, "", append(quick, "--vs", command, "-o", "json")...)), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[0].Vs != 0.125 || rows[1].Vs != 0 || len(rows[0].Ratios) != 2 {
		t.Fatalf("got %+v", rows)
	}
	for i, r := range rows[0].Ratios {
		if want := rows[0].Rate[i] / 0.125; r != want {
			t.Errorf("pair %d: got %g, want %g", i, r, want)
		}
	}
	out := ok(t, "", append(quick, "--vs", command)...)
	table := markdownTable(t, out)
	matchAll(t, column(t, table, "ratio")[:1], `\d+\.\d{3}`)
	matchAll(t, column(t, table, "ratio")[1:], "")
	if !regexp.MustCompile(`(?m)^pp6, threads 1: pair by pair \d+\.\d{3} \d+\.\d{3}$`).MatchString(out) {
		t.Errorf("no pairs in\n%s", out)
	}
}

// TestBenchVsErrors wants an error that says what is wrong with the other program.
func TestBenchVsErrors(t *testing.T) {
	command := itself(t)
	t.Setenv("CHORD_TEST_PRINT", `[{"n_prompt": 7, "n_threads": 1, "avg_ts": 1}]`)
	if r := do(t, "", append(quick, "--vs", command)...); r.code != 1 || !strings.Contains(r.stderr, "pp7 (threads 1)") {
		t.Errorf("no row in common: exit %d, stderr %q", r.code, r.stderr)
	}
	t.Setenv("CHORD_TEST_PRINT", "usage")
	if r := do(t, "", append(quick, "--vs", command)...); r.code != 1 || !strings.Contains(r.stderr, "-o json") {
		t.Errorf("no rows: exit %d, stderr %q", r.code, r.stderr)
	}
}
