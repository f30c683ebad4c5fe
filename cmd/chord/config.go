package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// embeddedName is the name of the model in the binary for -m.
const embeddedName = "embedded"

// A config is the content of chord.toml:
//
//	default = "qwen"          # the model without -m
//
//	[models.qwen]             # what -m qwen means
//	model = "qwen2.5.gguf"    # from here on all keys are flags
//	temp = 0.7
//
//	[server]                  # flags of chord serve
//	port = 11434
type config struct {
	file    string
	Default string
	Models  map[string]map[string]any
	Server  map[string]any
	lines   map[string]int // of each key, such as models.qwen.temp
}

// readConfig returns the configuration. Errors name the line and the key.
func readConfig(file string) (*config, error) {
	c := &config{file: file}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var top map[string]any
	if err := toml.Unmarshal(b, &top); err != nil {
		if d, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, _ := d.Position()
			return nil, fmt.Errorf("%s:%d: %s", file, line, strings.TrimPrefix(d.Error(), "toml: "))
		}
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	c.lines = keyLines(b)
	return c, c.take(top)
}

// take takes the tables of the file.
func (c *config) take(top map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(top)) {
		var ok bool
		want := "a table"
		switch key {
		case "default":
			want = "a text"
			c.Default, ok = top[key].(string)
		case "server":
			c.Server, ok = top[key].(map[string]any)
			c.resolve(c.Server)
		case "models":
			var models map[string]any
			if models, ok = top[key].(map[string]any); ok {
				if err := c.takeModels(models); err != nil {
					return err
				}
			}
		default:
			return c.errorf(key, "unknown key, want default, models or server")
		}
		if !ok {
			return c.errorf(key, "want %s", want)
		}
	}
	if c.Default != "" && c.Default != embeddedName && c.Models[c.Default] == nil {
		return c.errorf("default", "there is no [models.%s]", c.Default)
	}
	return nil
}

// takeModels takes the tables of models.
func (c *config) takeModels(models map[string]any) error {
	c.Models = map[string]map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(models)) {
		table, ok := models[name].(map[string]any)
		switch {
		case !ok:
			return c.errorf("models."+name, "want a table")
		case name == embeddedName:
			return c.errorf("models."+name, "that is the model in the binary")
		case table["model"] == nil && table["hf-repo"] == nil && table["modelfile"] == nil:
			return c.errorf("models."+name, "it has no model")
		}
		c.resolve(table)
		c.Models[name] = table
	}
	return nil
}

// errorf returns an error about a key. One of an inline table is on the line of that.
func (c *config) errorf(key, format string, args ...any) error {
	at := key
	for c.lines[at] == 0 && strings.Contains(at, ".") {
		at = at[:strings.LastIndex(at, ".")]
	}
	return fmt.Errorf("%s:%d: %s: %s", c.file, c.lines[at], key, fmt.Sprintf(format, args...))
}

// keyLines returns the line of each key and each table of valid TOML.
func keyLines(b []byte) map[string]int {
	lines := map[string]int{}
	var p unstable.Parser
	p.Reset(b)
	table := ""
	for p.NextExpression() {
		node, name, line := p.Expression(), table, 0
		if node.Kind == unstable.Comment {
			continue
		}
		if node.Kind != unstable.KeyValue {
			name = ""
		}
		for keys := node.Key(); keys.Next(); {
			name = strings.TrimPrefix(name+"."+string(keys.Node().Data), ".")
			line = p.Shape(keys.Node().Raw).Start.Line
			if lines[name] == 0 {
				lines[name] = line
			}
		}
		if node.Kind != unstable.KeyValue {
			table = name
		}
	}
	return lines
}

// resolve makes the names of files in a table paths.
func (c *config) resolve(table map[string]any) {
	for key, value := range table {
		switch v := value.(type) {
		case string:
			if fileKeys[key] {
				table[key] = c.path(v)
			}
		case []any:
			for i := range v {
				if s, ok := v[i].(string); ok && fileKeys[key] {
					v[i] = c.path(s)
				}
			}
		}
	}
}

// path returns the path of a file that the configuration names. One with :// is the
// address of a model.
func (c *config) path(name string) string {
	if name == "" || strings.Contains(name, "://") || filepath.IsAbs(name) {
		return name
	}
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return filepath.Join(filepath.Dir(c.file), name)
}
