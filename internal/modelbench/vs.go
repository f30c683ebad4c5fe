package modelbench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"time"

	"github.com/querent-ai/chord/internal/bench"
)

// A Command is another program that prints rows as llama-bench does.
type Command struct {
	text  string
	words []string
}

// String returns the command as it was given.
func (c *Command) String() string { return c.text }

// shellSigns are characters that have a meaning in a shell.
const shellSigns = "$`|&;<>()*?[]{}~\n"

// ParseCommand splits a command into words as a shell does, quotes included.
// A command that needs more of a shell, or begins with a variable as in
// OMP_NUM_THREADS=2, is run by sh, if there is one. An open quote and a command
// without words are errors.
func ParseCommand(s string) (*Command, error) {
	words, err := splitWords(s)
	if err != nil {
		return nil, fmt.Errorf("command %q: %w", s, err)
	}
	if strings.ContainsAny(s, shellSigns) || strings.Contains(words[0], "=") {
		if sh, err := exec.LookPath("sh"); err == nil {
			words = []string{sh, "-c", s}
		}
	}
	return &Command{s, words}, nil
}

// splitWords returns the words of s. Spaces between quotes, single or double, do
// not end a word.
func splitWords(s string) ([]string, error) {
	var words []string
	var word strings.Builder
	open, quote := false, rune(0)
	for _, c := range s {
		switch {
		case c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			open, quote = true, c
		case c == ' ' || c == '\t' || c == '\n':
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		default:
			open = true
			word.WriteRune(c)
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("no closing %c", quote)
	}
	if open {
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, errors.New("no words")
	}
	return words, nil
}

// run runs the command once and returns the rows it printed.
func (c *Command) run(ctx context.Context) ([]bench.Result, error) {
	cmd := exec.CommandContext(ctx, c.words[0], c.words[1:]...)
	cmd.WaitDelay = time.Second // a shell may leave children that hold stdout
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("bench: %s: %w: %s", c.words[0], err, lastLine(stderr.String()))
	}
	results, err := bench.Parse(out.Bytes())
	if err != nil {
		return nil, fmt.Errorf("bench: %s: %w", c.words[0], err)
	}
	return results, nil
}

// beside runs the command once and adds its rates to the rows with the same test
// and number of threads. It errs if there are none.
func (c *Command) beside(ctx context.Context, rows []*row) error {
	results, err := c.run(ctx)
	if err != nil {
		return err
	}
	matched := false
	for _, r := range rows {
		ts := math.NaN()
		for _, res := range results {
			if res.Test == r.Test && (res.Threads == r.threads || res.Threads == 0) {
				ts, matched = res.Rate, true
				break
			}
		}
		r.others = append(r.others, ts)
	}
	if !matched {
		return fmt.Errorf("bench: %s measured %s, none of them among %s", c.words[0], resultNames(results), rowNames(rows))
	}
	return nil
}

// resultNames returns what another program measured, for an error.
func resultNames(rs []bench.Result) string {
	var names []string
	for _, r := range rs {
		names = append(names, fmt.Sprintf("%s (threads %d)", r.Test.Name(), r.Threads))
	}
	return strings.Join(names, ", ")
}

// rowNames returns what chord measured, for an error.
func rowNames(rs []*row) string {
	var names []string
	for _, r := range rs {
		names = append(names, fmt.Sprintf("%s (threads %d)", r.Name(), r.threads))
	}
	return strings.Join(names, ", ")
}

// lastLine returns the last line of s that is not empty.
func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return strings.TrimSpace(s[strings.LastIndexByte(s, '\n')+1:])
}
