package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// A prompt has the sources of a text: an argument, -p, -f or stdin.
type prompt struct {
	text   string
	file   string
	stdin  bool // --stdin was given
	escape bool
}

// flags registers the flags except --stdin, which not all commands have.
func (p *prompt) flags(f *pflag.FlagSet) {
	f.StringVarP(&p.text, "prompt", "p", "", "the `text`")
	f.StringVarP(&p.file, "file", "f", "", "read the text from this `file`; - is stdin")
	f.BoolVarP(&p.escape, "escape", "e", false, `turn \n, \r, \t, \", \', \\ and \xHH in the text into characters`)
}

// read returns the text and whether any source of it was given. Stdin counts as
// given if it is piped and nothing else is given.
func (p *prompt) read(a *app, f *pflag.FlagSet, args []string) (text string, named bool, err error) {
	var sources []string
	if len(args) > 0 {
		sources = append(sources, "an argument")
	}
	for _, name := range []string{"prompt", "file", "stdin"} {
		if f.Changed(name) {
			sources = append(sources, "--"+name)
		}
	}
	if len(sources) > 1 {
		return "", false, usagef("the text comes from %s: name one", strings.Join(sources, " and "))
	}
	switch {
	case len(args) > 0:
		text = strings.Join(args, " ")
	case f.Changed("prompt"):
		text = p.text
	case p.stdin, p.file == "-", len(sources) == 0 && !isTerminal(a.in) && piped(a.in):
		text, err = readText(a.in)
	case p.file != "":
		text, err = p.readFile()
	default:
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	if p.escape {
		text = unescape(text)
	}
	return text, true, nil
}

// readFile returns the content of the file.
func (p *prompt) readFile() (string, error) {
	b, err := os.ReadFile(p.file)
	return string(b), err
}

// dropLineEnd returns text without one line end, LF or CR LF, at its end.
func dropLineEnd(text string) string {
	text, ok := strings.CutSuffix(text, "\n")
	if ok {
		text = strings.TrimSuffix(text, "\r")
	}
	return text
}

// readText returns all of r.
func readText(r io.Reader) (string, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return "", fmt.Errorf("stdin: %w", err)
	}
	return string(b), nil
}

// piped reports whether r is a pipe or a file, not a device such as /dev/null, which
// is the stdin of services.
func piped(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return r != nil
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice == 0
}

// unescape replaces the escapes that llama.cpp knows; others stay as they are.
func unescape(s string) string {
	simple := map[byte]string{'n': "\n", 'r': "\r", 't': "\t", '\'': "'", '"': `"`, '\\': `\`}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i == len(s)-1 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		r, n := simple[s[i+1]], 2
		if s[i+1] == 'x' && len(s) >= i+4 {
			if v, err := strconv.ParseUint(s[i+2:i+4], 16, 8); err == nil {
				r, n = string([]byte{byte(v)}), 4
			}
		}
		if r == "" {
			r, n = `\`, 1
		}
		b.WriteString(r)
		s = s[i+n:]
	}
}
