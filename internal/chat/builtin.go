package chat

import (
	"embed"
	"slices"
	"strings"
)

// builtins are llama.cpp's built-in chat templates in Jinja, with the same output.
//
//go:embed templates/*.jinja
var builtins embed.FS

// Default is the template of files that have none, as in llama.cpp.
const Default = "chatml"

// builtin returns the built-in template with this name.
func builtin(name string) (string, bool) {
	if strings.ContainsAny(name, "/\\{\n") {
		return "", false
	}
	b, err := builtins.ReadFile("templates/" + name + ".jinja")
	return string(b), err == nil
}

// Builtin returns the sorted names of the built-in templates.
func Builtin() []string {
	files, err := builtins.ReadDir("templates")
	if err != nil {
		panic(err) // they are in the binary
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = strings.TrimSuffix(f.Name(), ".jinja")
	}
	slices.Sort(names)
	return names
}
