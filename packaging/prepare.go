package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// required is a requirement, or a replacement, of a module of this repository.
var required = regexp.MustCompile(`(?m)(\bgithub\.com/querent-ai/chord(?:/[a-z0-9/]+)?) v[^\s/]\S*`)

// numbers are the other places of the version, there without its v.
var numbers = []struct {
	file  string
	place *regexp.Regexp
}{
	{"npm/package.json", regexp.MustCompile(`(?m)^(\s*"version": ")[^"]*`)},
	{"wit/chord.wit", regexp.MustCompile(`(?m)^(package querent:chord@)[^;]*`)},
}

// prepare gives the modules in root that require each other a version, the files go.work
// too, the npm package, the interface of the component, and what the changelog has under
// Unreleased. What has changed is one commit, and that gets
// the tags.
func prepare(root, version string) error {
	if !numbered.MatchString(version) {
		return fmt.Errorf("version %q: want a form such as v0.1.0", version)
	}
	var files []string
	for _, pattern := range []string{"go.work", "*/go.work", "*/go.mod", "*/*/go.mod"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	for _, name := range files {
		if err := rewrite(name, func(text string) string { return required.ReplaceAllString(text, "${1} "+version) }); err != nil {
			return err
		}
	}
	log := filepath.Join(root, "CHANGELOG.md")
	b, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	if _, err := notes(string(b), version); err == nil {
		return fmt.Errorf("CHANGELOG.md has a section for %s already", version)
	}
	const heading = "\n## Unreleased\n"
	if strings.Count(string(b), heading) != 1 {
		return fmt.Errorf("CHANGELOG.md has no heading Unreleased, or more than one")
	}
	for _, n := range numbers {
		name := filepath.Join(root, filepath.FromSlash(n.file))
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if found := n.place.FindAll(text, -1); len(found) != 1 {
			return fmt.Errorf("%s has %d versions, want 1", n.file, len(found))
		}
		if err := rewrite(name, func(text string) string { return n.place.ReplaceAllString(text, "${1}"+version[1:]) }); err != nil {
			return err
		}
	}
	return rewrite(log, func(text string) string {
		return strings.Replace(text, heading, heading+"\n## "+strings.TrimPrefix(version, "v")+"\n", 1)
	})
}

// rewrite changes the text of a file.
func rewrite(name string, change func(string) string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(change(string(b))), 0o666)
}
