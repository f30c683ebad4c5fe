package chord_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// contents returns the text of each file that a pattern matches, by its name.
// Patterns of optional files may match none; all together match some.
func contents(t *testing.T, patterns ...string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, p := range patterns {
		names, err := filepath.Glob(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts[name] = strings.ReplaceAll(string(b), "\r", "")
		}
	}
	if len(texts) == 0 {
		t.Fatalf("no file is called %q", patterns)
	}
	return texts
}

// submatches returns the first group of each match of pattern in text.
func submatches(pattern, text string) []string {
	var found []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

// TestMakeTargets wants every target that documents and workflows name, and a
// line for it in make help.
func TestMakeTargets(t *testing.T) {
	makefile := contents(t, "Makefile")["Makefile"]
	helped := submatches(`(?m)^([a-z-]+):.* ## `, makefile)
	for _, target := range submatches(`(?m)^([a-z-]+):`, makefile) {
		if !slices.Contains(helped, target) {
			t.Errorf("Makefile: target %s has no ## line for make help", target)
		}
	}
	named := 0
	for name, text := range contents(t, "*.md", "docs/*.md", ".github/*.md", ".github/workflows/*.yml") {
		for _, target := range submatches("(?m)(?:`|run: |^)make ([a-z-]+)(?:`|$| +#| [A-Z]+=)", text) {
			named++
			if !slices.Contains(helped, target) {
				t.Errorf("%s: make %s: the Makefile has no such target", name, target)
			}
		}
	}
	if named == 0 {
		t.Error("no document names a target")
	}
}

// TestMakeGolden wants make golden to know every flag that writes expected
// values, and no other.
func TestMakeGolden(t *testing.T) {
	var flags []string
	for _, text := range contents(t, "*_test.go", "*/*_test.go", "*/*/*_test.go") {
		flags = append(flags, submatches(`flag\.Bool\("(update[a-z-]*)"`, text)...)
	}
	used := submatches(` -(update[a-z-]*)`, contents(t, "Makefile")["Makefile"])
	slices.Sort(flags)
	slices.Sort(used)
	if !slices.Equal(flags, used) {
		t.Errorf("make golden uses %v, tests have %v", used, flags)
	}
}

// TestWorkflowSteps wants every step of .ci/run in a row of the CI's matrix, and
// no row of others.
func TestWorkflowSteps(t *testing.T) {
	steps := submatches(`(?m)^step_([a-z0-9_]+)\(\)`, contents(t, ".ci/run")[".ci/run"])
	var rows []string
	for _, row := range submatches(`(?m)\bsteps: ([a-z0-9_ ]+?) *[},\n]`, contents(t, ".github/workflows/ci.yml")[filepath.FromSlash(".github/workflows/ci.yml")]) {
		rows = append(rows, strings.Fields(row)...)
	}
	for _, s := range steps {
		if !slices.Contains(rows, s) {
			t.Errorf("ci.yml: no row has the step %s of .ci/run", s)
		}
	}
	for _, s := range rows {
		if !slices.Contains(steps, s) {
			t.Errorf("ci.yml: %s is no step of .ci/run", s)
		}
	}
}

// TestWorkflowTests wants the tests that scripts name to exist: a name that no
// test has runs nothing, and passes.
func TestWorkflowTests(t *testing.T) {
	var tests []string
	for _, text := range contents(t, "*_test.go", "*/*_test.go", "*/*/*_test.go") {
		tests = append(tests, submatches(`(?m)^func (Test\w+)\(`, text)...)
	}
	for name, text := range contents(t, "Makefile", ".ci/run", ".github/workflows/*.yml") {
		for _, prefix := range submatches(`\b(Test[A-Z]\w*)`, text) {
			if !slices.ContainsFunc(tests, func(test string) bool { return strings.HasPrefix(test, prefix) }) {
				t.Errorf("%s: no test is called %s", name, prefix)
			}
		}
	}
}

// TestActionsPinned wants every action of the workflows by its commit, since a
// tag may move, with the version that a person reads.
func TestActionsPinned(t *testing.T) {
	pinned := regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	commits := map[string]string{} // of an action
	for name, text := range contents(t, ".github/workflows/*.yml") {
		for _, use := range submatches(`(?m)\buses: (.*)$`, text) {
			if !pinned.MatchString(use) {
				t.Errorf("%s: uses: %s: want owner/name@commit # version", name, use)
			}
			action, commit, _ := strings.Cut(use, "@")
			if before := commits[action]; before != "" && before != commit {
				t.Errorf("%s: %s: got %s, elsewhere %s", name, action, commit, before)
			}
			commits[action] = commit
		}
	}
}

// TestModulesUpdated wants dependabot to look after every module that requires
// others.
func TestModulesUpdated(t *testing.T) {
	dependabot := contents(t, ".github/dependabot.yml")[filepath.FromSlash(".github/dependabot.yml")]
	list := strings.Split(strings.Join(submatches(`directories: \[(.*)\]`, dependabot), ","), ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	for name, text := range contents(t, "go.mod", "*/go.mod", "*/*/go.mod") {
		if !strings.Contains(text, "\nrequire ") {
			continue
		}
		dir := "/" + strings.TrimPrefix(filepath.ToSlash(filepath.Dir(name)), ".")
		if !slices.Contains(list, dir) {
			t.Errorf("dependabot.yml: %s is not in directories", dir)
		}
	}
}
