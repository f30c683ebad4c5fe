package chord

import (
	"embed"
	"slices"
	"strings"
)

// templates are llama.cpp's built-in chat templates, written in Jinja: they
// print what its code for each name prints.
//
//go:embed templates/*.jinja
var templates embed.FS

// builtinTemplate returns the built-in template with this name.
func builtinTemplate(name string) (string, bool) {
	if strings.ContainsAny(name, "/\\{\n") {
		return "", false
	}
	b, err := templates.ReadFile("templates/" + name + ".jinja")
	return string(b), err == nil
}

// BuiltinTemplates returns the names of the built-in chat templates, which are
// llama.cpp's, in order.
func BuiltinTemplates() []string {
	files, err := templates.ReadDir("templates")
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
