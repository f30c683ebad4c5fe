package convert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/querent-ai/chord/internal/safetensors"
)

// maxJSON is the most bytes of a JSON file of a model; tokenizers have 35 MB.
const maxJSON = 256 << 20

// maxCount bounds every number of things in a config.
const maxCount = 1<<31 - 1

// A config is a JSON object in a model's folder, and the first error of a look-up
// in it.
type config struct {
	file   string
	values map[string]any
	err    error
}

// readFile returns the file called name in dir, at most maxJSON bytes.
func readFile(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, name)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxJSON || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("convert: %s: not a file of at most %d bytes", name, maxJSON)
	}
	data, err := os.ReadFile(path)
	if err == nil && safetensors.IsLFSPointer(data) {
		err = fmt.Errorf("convert: %s: %s", name, safetensors.LFSPointer)
	}
	return data, err
}

// readJSON decodes the file called name in dir into v; false if there is no such
// file.
func readJSON(dir, name string, v any) (bool, error) {
	text, err := readFile(dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		return false, fmt.Errorf("convert: %s: %w", name, err)
	}
	return true, nil
}

// readConfig returns the object in the file called name; an empty one if there
// is no such file.
func readConfig(dir, name string) (*config, error) {
	c := &config{file: name, values: map[string]any{}}
	_, err := readJSON(dir, name, &c.values)
	return c, err
}

// get returns the value of the first of the keys that is present and not null.
func (c *config) get(keys ...string) (string, any, bool) {
	for _, k := range keys {
		if v, ok := c.values[k]; ok && v != nil {
			return k, v, true
		}
	}
	return "", nil, false
}

// fail keeps the first error.
func (c *config) fail(key, format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("convert: %s: %s: %s", c.file, key, fmt.Sprintf(format, args...))
	}
}

// count returns a number of things; false if all keys are missing.
func (c *config) count(keys ...string) (int, bool) {
	key, v, ok := c.get(keys...)
	if !ok {
		return 0, false
	}
	x, isNumber := number(v)
	if !isNumber || x != math.Trunc(x) || x < 0 || x > maxCount {
		c.fail(key, "%.40v, want a whole number from 0 to %d", v, maxCount)
		return 0, false
	}
	return int(x), true
}

// need returns a number of things that must be present and above 0; else it keeps
// an error and returns 1.
func (c *config) need(keys ...string) int {
	n, ok := c.count(keys...)
	if !ok || n == 0 {
		c.fail(keys[0], "missing or 0")
		return 1
	}
	return n
}

// real returns a finite number; false if all keys are missing.
func (c *config) real(keys ...string) (float64, bool) {
	key, v, ok := c.get(keys...)
	if !ok {
		return 0, false
	}
	x, isNumber := number(v)
	if !isNumber || math.IsInf(float64(float32(x)), 0) {
		c.fail(key, "%.40v, want a number", v)
		return 0, false
	}
	return x, true
}

// str returns a text, "" if there is none.
func (c *config) str(keys ...string) string {
	_, v, _ := c.get(keys...)
	s, _ := v.(string)
	return s
}

// flag returns a bool, false if there is none.
func (c *config) flag(key string) bool {
	b, _ := c.values[key].(bool)
	return b
}

// object returns a nested object, an empty one if there is none.
func (c *config) object(keys ...string) *config {
	key, v, _ := c.get(keys...)
	o, _ := v.(map[string]any)
	if o == nil {
		o = map[string]any{}
	}
	return &config{file: c.file + ": " + key, values: o}
}

// list returns an array, nil if there is none.
func (c *config) list(keys ...string) []any {
	_, v, _ := c.get(keys...)
	l, _ := v.([]any)
	return l
}

// reals returns an array of numbers, nil if there is none.
func (c *config) reals(key string) []float32 {
	var out []float32
	for _, v := range c.list(key) {
		x, ok := number(v)
		if !ok || math.IsInf(float64(float32(x)), 0) {
			c.fail(key, "%.40v, want a number", v)
			return nil
		}
		out = append(out, float32(x))
	}
	return out
}

// number returns a JSON number, or one that this package has set.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		x, err := v.Float64()
		return x, err == nil
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// first returns the first text of an array, "" if there is none.
func (c *config) first(key string) string {
	if l := c.list(key); len(l) > 0 {
		s, _ := l[0].(string)
		return s
	}
	return ""
}

// setDefault sets the value of a key that has none.
func (c *config) setDefault(key string, v any) {
	if _, _, ok := c.get(key); !ok {
		c.values[key] = v
	}
}
