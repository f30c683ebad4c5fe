package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// A modelfile is what an ollama Modelfile says, as a table of the configuration.
type modelfile struct {
	config
	table map[string]any
	cmd   *cobra.Command
}

// parameterFlags are the flags for parameters of a Modelfile that have other names. The
// others have the flag's name with underscores.
var parameterFlags = map[string]string{"num_ctx": "ctx-size", "num_predict": "n-predict", "num_thread": "threads",
	"temperature": "temp", "typical_p": "typical", "mirostat_tau": "mirostat-ent", "mirostat_eta": "mirostat-lr"}

// ignoredParameters change no text, or only what chord does otherwise.
var ignoredParameters = []string{"num_gpu", "main_gpu", "num_batch", "num_keep", "num_gqa", "use_mmap", "use_mlock",
	"low_vram", "f16_kv", "numa", "vocab_only", "logits_all", "draft_num_predict"}

// applyModelfile sets the flags of cmd that nobody has set from an ollama Modelfile.
func applyModelfile(cmd *cobra.Command, file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	m := &modelfile{config{file: file, lines: map[string]int{}}, map[string]any{}, cmd}
	rest, line := strings.ReplaceAll(string(b), "\r\n", "\n"), 1
	for rest != "" {
		text, after := modelfileLine(rest)
		if word, value, _ := strings.Cut(strings.TrimSpace(text), " "); word != "" && word[0] != '#' {
			if err := m.take(strings.ToUpper(word), unquote(strings.TrimSpace(value)), line); err != nil {
				return err
			}
		}
		line += strings.Count(rest[:len(rest)-len(after)], "\n")
		rest = after
	}
	if m.table["model"] == nil {
		return fmt.Errorf("%s: there is no FROM", file)
	}
	return m.apply(cmd, "PARAMETER", m.table)
}

// modelfileLine returns the first line of s, which goes on to the closing """ if it has
// an opening one, and what follows.
func modelfileLine(s string) (line, rest string) {
	const quotes = `"""`
	line, rest, _ = strings.Cut(s, "\n")
	i := strings.Index(line, quotes)
	if i < 0 || strings.HasPrefix(strings.TrimSpace(line), "#") {
		return line, rest
	}
	if n := strings.Index(s[i+len(quotes):], quotes); n >= 0 {
		end := i + n + 2*len(quotes)
		_, rest, _ = strings.Cut(s[end:], "\n")
		return s[:end], rest
	}
	return s, ""
}

// unquote returns a value without the quotes around it.
func unquote(s string) string {
	for _, quotes := range []string{`"""`, `"`} {
		if inside, ok := strings.CutPrefix(s, quotes); ok {
			return strings.TrimSuffix(inside, quotes)
		}
	}
	return s
}

// take takes one instruction.
func (m *modelfile) take(word, value string, line int) error {
	if value == "" {
		return fmt.Errorf("%s:%d: %s has no value", m.file, line, word)
	}
	switch word {
	case "FROM":
		m.set("model", m.beside(value), line)
	case "ADAPTER":
		m.set("lora", m.beside(value), line)
	case "SYSTEM":
		m.set("system-prompt", value, line)
	case "PARAMETER":
		return m.parameter(value, line)
	case "TEMPLATE":
		if f := m.cmd.Flags().Lookup("chat-template"); f != nil && f.Value.String() != "" {
			return nil
		}
		return fmt.Errorf("%s:%d: TEMPLATE: chord has Jinja templates, not Go's: leave it out to use the model's, or name another with --chat-template", m.file, line)
	case "LICENSE", "PARSER", "RENDERER", "REQUIRES":
	default:
		return fmt.Errorf("%s:%d: %s: want FROM, PARAMETER, SYSTEM, ADAPTER or LICENSE", m.file, line, word)
	}
	return nil
}

// beside returns the path of a file that the Modelfile names; a name of no file, such
// as that of a repository, stays.
func (m *modelfile) beside(name string) string {
	path := m.path(name)
	if _, err := os.Stat(path); err != nil && !filepath.IsAbs(name) && !strings.HasPrefix(name, ".") {
		return name
	}
	return path
}

// set sets a key of the table; another stop string is one more.
func (m *modelfile) set(key, value string, line int) {
	m.lines["PARAMETER."+key] = line
	if key == "stop" {
		list, _ := m.table[key].([]any)
		m.table[key] = append(list, value)
		return
	}
	m.table[key] = value
}

// parameter takes the name and the value of a PARAMETER.
func (m *modelfile) parameter(s string, line int) error {
	name, value, _ := strings.Cut(s, " ")
	value = unquote(strings.TrimSpace(value))
	key := parameterFlags[name]
	if key == "" {
		key = strings.ReplaceAll(name, "_", "-")
	}
	switch {
	case slices.Contains(ignoredParameters, name):
		return nil
	case m.cmd.Flags().Lookup(key) == nil || notConfigured[key] || m.cmd.Flags().Lookup(key).Name != key:
		return fmt.Errorf("%s:%d: PARAMETER %s: chord has no such parameter", m.file, line, name)
	case name == "num_predict" && value == "-2":
		value = "-1" // until the context is full, where a text ends anyway
	}
	m.set(key, value, line)
	return nil
}
