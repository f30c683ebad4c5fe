package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// work is a benchmark of n rounds that no compiler can shorten.
const work = `package work

import "testing"

var sink uint64

func BenchmarkWork(b *testing.B) {
	for b.Loop() {
		x := sink
		for range %d {
			x = x*6364136223846793005 + 1442695040888963407
		}
		sink = x
	}
}
`

// gatesOf is a gates.json for it. No CPU is of that model, so the ceiling applies.
const gatesOf = `{
	"cpu": {"vendor": "none"}, "tier": "none",
	"slowdown": {"alpha": 0.01, "threshold": 0.3},
	"suites": [{"package": "./work", "bench": "^BenchmarkWork$", "benchtime": "5ms", "count": 6, "compare": true}],
	"limits": [{"name": "Work", "limit": "1ns", "ceiling": "%s"}]
}`

// repository makes a git repository with one commit for each version of the
// files, by their paths, and changes to its folder.
func repository(t *testing.T, versions ...map[string]string) {
	t.Helper()
	for _, tool := range []string{"git", "go"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip("no repository without it:", err)
		}
	}
	t.Chdir(t.TempDir())
	for _, role := range []string{"AUTHOR", "COMMITTER"} {
		t.Setenv("GIT_"+role+"_NAME", "test")
		t.Setenv("GIT_"+role+"_EMAIL", "test@example.com")
	}
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	command(t, "init", "--quiet", "--initial-branch=main")
	for i, files := range versions {
		for path, body := range files {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		command(t, "add", ".")
		command(t, "commit", "--quiet", "-m", fmt.Sprint("version ", i))
	}
}

func command(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// TestSlowdown wants the gate to fail on a commit that is slower, and to pass
// otherwise.
func TestSlowdown(t *testing.T) {
	first := map[string]string{
		"go.mod":               "module work\n\ngo 1.24\n",
		"work/work_test.go":    fmt.Sprintf(work, 5000),
		"benchdata/gates.json": fmt.Sprintf(gatesOf, "1h"),
	}
	next := func(body string) map[string]string { return map[string]string{"work/work_test.go": body} }
	for _, c := range []struct {
		name     string
		versions []map[string]string
		args     []string
		code     int
		says     string
	}{
		{"slower", []map[string]string{first, next(fmt.Sprintf(work, 200000))}, nil, 1, tooFar},
		{"slower, of two commits", []map[string]string{first, next(fmt.Sprintf(work, 200000)), next("package work\n")},
			[]string{"-base", "HEAD~2", "-head", "HEAD~1", "-count", "5"}, 1, tooFar},
		{"not slower", []map[string]string{first, next(fmt.Sprintf(work, 5001))}, nil, 0, "1 compared"},
		{"not changed", []map[string]string{first, next("// Why.\n" + fmt.Sprintf(work, 5000))}, nil, 0, ""},
		{"no commit before", []map[string]string{first}, nil, 0, "no commit before this one"},
		{"another CPU", []map[string]string{first}, nil, 0, "limits do not apply on "},
		{"a broken ceiling", []map[string]string{first, {"benchdata/gates.json": fmt.Sprintf(gatesOf, "2ns")}}, nil, 1, "FAILED"},
		{"head does not build", []map[string]string{first, next("package work\n\nvar x int = \"\"\n")}, nil, 1, ""},
		{"head has no benchmark", []map[string]string{first, next("package work\n")}, nil, 1, ""},
		{"no such base", []map[string]string{first}, []string{"-base", "nothing"}, 1, ""},
		{"too few", []map[string]string{first}, []string{"-count", "2"}, 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			repository(t, c.versions...)
			var out, errs bytes.Buffer
			if code := run(t.Context(), c.args, &out, &errs); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if !strings.Contains(out.String(), c.says) {
				t.Errorf("does not say %q", c.says)
			}
			if list, _ := exec.Command("git", "worktree", "list").Output(); bytes.Count(list, []byte("\n")) != 1 {
				t.Errorf("worktrees are left:\n%s", list)
			}
			if t.Failed() {
				t.Logf("stdout:\n%s\nstderr:\n%s", &out, &errs)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
	}{{"-help", 0}, {"render -help", 0}, {"-nothing", 2}, {"something", 2}, {"render -nothing", 2}} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), strings.Fields(c.args), &out, &errs); code != c.code {
			t.Errorf("%s: exit code %d, want %d: %s", c.args, code, c.code, &errs)
		}
	}
}
