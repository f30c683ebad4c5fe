package jinja

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A rendered is a template and its text or error in Python.
type rendered struct {
	Template string
	Out, Err *string
}

// readRenders returns the templates of testdata and their variables.
func readRenders(t testing.TB) (vars *Dict, list []rendered) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "renders.json"))
	if err != nil {
		t.Fatal(err)
	}
	var data struct {
		Variables json.RawMessage
		Renders   []rendered
	}
	if err := json.Unmarshal(b, &data); err != nil {
		t.Fatal(err)
	}
	v, err := Decode(data.Variables)
	if err != nil {
		t.Fatal(err)
	}
	return v.(*Dict), data.Renders
}

// TestRenders wants the text that Python renders, and an error where Python raises
// one.
func TestRenders(t *testing.T) {
	vars, list := readRenders(t)
	for _, c := range list {
		got := ""
		tmpl, err := Parse(c.Template)
		if err == nil {
			got, err = tmpl.Render(vars, noon)
		}
		switch {
		case c.Err != nil && err == nil:
			t.Errorf("%s\ngot  %q\nwant %s", c.Template, got, *c.Err)
		case c.Err == nil && err != nil:
			t.Errorf("%s\ngot  %v\nwant %q", c.Template, err, *c.Out)
		case c.Err == nil && got != *c.Out:
			t.Errorf("%s\ngot  %q\nwant %q", c.Template, got, *c.Out)
		}
	}
	if len(list) < 180 {
		t.Errorf("only %d templates", len(list))
	}
}

// TestErrors wants errors to say what is wrong and where.
func TestErrors(t *testing.T) {
	vars, _ := readRenders(t)
	for _, c := range []struct{ name, src, want string }{
		{"undefined", "a\n\n  {{ s }}{{ x.y }}", "jinja: line 3, column 14: 'x' is undefined"},
		{"no attribute", "{{ d.x.y }}", "jinja: line 1, column 7: 'dict object' has no attribute 'x'"},
		{"no element", "{{ l[7].y }}", "jinja: line 1, column 8: list object has no element 7"},
		{"column counts characters", "żółć {{ x() }}", "jinja: line 1, column 10: 'x' is undefined"},
		{"type", "{{ s + n }}", `jinja: line 1, column 6: can only concatenate str (not "int") to str`},
		{"raised", "{{ raise_exception('no system role') }}", "jinja: line 1, column 19: no system role"},
		{"not closed", "{{ s", "jinja: line 1, column 5: unexpected end of template, expected '}}'"},
		{"no end", "{% if s %}\n", "jinja: line 1, column 11: unexpected end of template, expected 'endif'"},
		{"stray end", "{% endif %}", "jinja: line 1, column 4: unknown tag 'endif'"},
		{"bracket", "{{ (s] }}", "jinja: line 1, column 6: unexpected ']', expected ')'"},
		{"line ends of Windows", "a\r\nb\r\n{{ ? }}", "jinja: line 3, column 4: unexpected character '?'"},
		{"filter", "{{ s | nothing }}", "jinja: line 1, column 8: no filter named 'nothing'"},
		{"filter's argument", "{{ s | trim(1, 2) }}", "jinja: line 1, column 8: the filter takes at most 1 arguments, got 2"},
		{"unpacking", "{% for a, b in l %}{% endfor %}", "jinja: line 1, column 8: 'int' object is not iterable"},
		{"too large", strings.Repeat(" ", maxSource+1), "jinja: line 1, column 1: a template of 1048577 bytes, at most 1048576"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tmpl, err := Parse(c.src)
			if err == nil {
				_, err = tmpl.Render(vars, noon)
			}
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if e, ok := err.(*Error); ok && e.Raised != (c.name == "raised") {
				t.Errorf("raised: %v", e.Raised)
			}
		})
	}
}
