package convert

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/querent-ai/chord/gguf"
)

// chatTemplates returns the keys of the chat templates: those of
// tokenizer_config.json, or else chat_template.jinja or chat_template.json, and
// those of additional_chat_templates.
func (r *reading) chatTemplates(t *config) ([]gguf.KV, error) {
	if len(t.values) == 0 {
		return nil, nil
	}
	v, err := r.mainTemplate(t)
	if err != nil {
		return nil, err
	}
	var list []any
	switch v := v.(type) {
	case nil:
	case string:
		list = append(list, map[string]any{"name": "default", "template": v})
	case []any:
		list = v
	default:
		return nil, fmt.Errorf("convert: tokenizer_config.json: chat_template: want a text or a list")
	}
	more, err := r.additionalTemplates()
	if err != nil {
		return nil, err
	}
	return namedTemplates(append(more, list...))
}

// mainTemplate returns the templates of the first place that has any: a text, or a
// list of named ones.
func (r *reading) mainTemplate(t *config) (any, error) {
	if _, v, ok := t.get("chat_template"); ok {
		return v, nil
	}
	text, err := readFile(r.dir, "chat_template.jinja")
	switch {
	case err == nil:
		return string(text), nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	j, err := readConfig(r.dir, "chat_template.json")
	if err != nil {
		return nil, err
	}
	_, v, _ := j.get("chat_template")
	return v, nil
}

// additionalTemplates returns the templates of additional_chat_templates, each
// with the name of its file.
func (r *reading) additionalTemplates() ([]any, error) {
	const dir = "additional_chat_templates"
	entries, err := os.ReadDir(filepath.Join(r.dir, dir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var list []any
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".jinja")
		if !ok {
			continue
		}
		text, err := readFile(r.dir, filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		list = append(list, map[string]any{"name": name, "template": string(text)})
	}
	return list, nil
}

// namedTemplates returns the keys of a list of templates; the one called default is
// the main template. If two have the same name, the later one counts.
func namedTemplates(list []any) ([]gguf.KV, error) {
	var out []gguf.KV
	var names []string
	for _, x := range list {
		o, _ := x.(map[string]any)
		name, _ := o["name"].(string)
		text, ok := o["template"].(string)
		if !ok || name == "" {
			return nil, fmt.Errorf("convert: tokenizer_config.json: chat_template: want a name and a template each")
		}
		name = strings.Map(wordOnly, name)
		if name == "default" {
			out = setKey(out, "tokenizer.chat_template", text)
			continue
		}
		out = setKey(out, "tokenizer.chat_template."+name, text)
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		sort.Strings(names)
		out = append(out, gguf.KV{Key: "tokenizer.chat_templates", Value: names})
	}
	return out, nil
}

// wordOnly returns r if it is an ASCII letter or digit, and _ otherwise.
func wordOnly(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '_'
}
