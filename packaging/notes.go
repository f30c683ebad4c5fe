package main

import (
	"fmt"
	"strings"
)

// notes returns what a changelog says of a version: the text below its heading, which
// names it with or without brackets, and maybe a date.
func notes(changelog, version string) (string, error) {
	var b strings.Builder
	on := false
	for line := range strings.Lines(changelog) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			name, _, _ := strings.Cut(strings.TrimSpace(title), " ")
			on = strings.Trim(name, "[]") == strings.TrimPrefix(version, "v")
			continue
		}
		if on {
			b.WriteString(line)
		}
	}
	text := strings.TrimSpace(b.String())
	if text == "" {
		return "", fmt.Errorf("CHANGELOG.md says nothing of %s", version)
	}
	return text + "\n", nil
}
