package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// otherVariables are those that every command reads.
var otherVariables = []string{"CHORD_MODELS", "CHORD_NO_STATE", "CHORD_CONFIG", "CHORD_CPU"}

var (
	variableName = regexp.MustCompile(`\bCHORD_[A-Z][A-Z_]+[A-Z]\b`)
	variableSet  = regexp.MustCompile(`(?m)\b(CHORD_[A-Z_]+)(?:=|\n +value: )("[^"\n]*"|[^\s"'` + "`" + `]+)`)
)

// TestDeployed wants the variables in what is deployed and packaged to be those of chord
// serve, and their values such that it takes them.
func TestDeployed(t *testing.T) {
	cmd := serveFlags(t)
	flags := map[string]*pflag.Flag{}
	for _, f := range visible(cmd.LocalFlags()) {
		if name := ownVariable(cmd, f); name != "" {
			flags[name] = f
		}
	}
	var files []string
	for _, pattern := range []string{"../../deploy/Dockerfile", "../../deploy/kubernetes/*.yaml", "../../packaging/files/chord.*", "../../docs/deploy.md", "../../docs/install.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: no file, %v", pattern, err)
		}
		files = append(files, found...)
	}
	named, set := 0, 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(b), "\r", "")
		for _, name := range variableName.FindAllString(text, -1) {
			named++
			if flags[name] == nil && !slices.Contains(otherVariables, name) {
				t.Errorf("%s: chord serve has no %s", file, name)
			}
		}
		for _, m := range variableSet.FindAllStringSubmatch(text, -1) {
			if f := flags[m[1]]; f != nil {
				set++
				if err := f.Value.Set(strings.Trim(m[2], `"`)); err != nil {
					t.Errorf("%s: %s: %v", file, m[0], err)
				}
			}
		}
	}
	if named < 20 || set < 8 {
		t.Errorf("%d variables in %d files, %d of them set", named, len(files), set)
	}
}
