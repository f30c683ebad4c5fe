package convert

import (
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"

	"github.com/querent-ai/chord/gguf"
)

// chatTemplates returns the keys of the templates for chats: those of
// tokenizer_config.json, or else chat_template.jinja or chat_template.json.
func (r *reading) chatTemplates(t *config) ([]gguf.KV, error) {
	if len(t.values) == 0 {
		return nil, nil
	}
	_, v, ok := t.get("chat_template")
	if !ok {
		text, err := readFile(r.dir, "chat_template.jinja")
		switch {
		case err == nil:
			v = string(text)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		default:
			j, err := readConfig(r.dir, "chat_template.json")
			if err != nil {
				return nil, err
			}
			_, v, _ = j.get("chat_template")
		}
	}
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return []gguf.KV{{Key: "tokenizer.chat_template", Value: v}}, nil
	case []any:
		return namedTemplates(v)
	}
	return nil, fmt.Errorf("convert: tokenizer_config.json: chat_template: want a text or a list")
}

// namedTemplates returns the keys of a list of templates, of which default is
// the one.
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
		names = append(names, name)
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
