package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/hub"
)

// interactive reports whether a person can be asked.
func (a *app) interactive() bool {
	return a.person || isTerminal(a.in) && isTerminal(a.err)
}

// tell says how large a model is and whether this machine has memory for it, and
// returns that.
func (a *app) tell(ctx context.Context, c *hub.Client, m *hub.Model, o chord.Options) (fits bool) {
	fmt.Fprintf(a.err, "%s: %s to fetch\n", printable(m.Name), bytesText(m.Size()))
	a.line.set("looking whether it fits in memory")
	fsys := c.FS(ctx, m)
	lines, fits := advice(func(o chord.Options) (chord.Fit, error) { return chord.FitsFS(fsys, m.Files[0].Name, o) }, o, m)
	a.line.clear()
	for _, line := range lines {
		fmt.Fprintln(a.err, line)
	}
	return fits
}

// ask asks whether to fetch, and returns an error unless the answer is yes.
func (a *app) ask(fits bool) error {
	question := "Fetch it? [y/N] "
	if !fits {
		question = "Fetch it all the same? [y/N] "
	}
	return a.confirm(question, "not fetched")
}

// confirm asks a question of a terminal, and returns an error unless the answer is yes.
func (a *app) confirm(question, no string) error {
	fmt.Fprint(a.err, question)
	var line []byte
	for one := make([]byte, 1); len(line) < 100; { // no more than the line: what follows is the command's
		n, err := a.in.Read(one)
		if n > 0 && one[0] == '\n' || err != nil {
			break
		}
		line = append(line, one[:n]...)
	}
	switch strings.ToLower(strings.TrimSpace(string(line))) {
	case "y", "yes":
		return nil
	}
	return errors.New(no)
}

// find asks the hub which files a name means, and says so while that takes time.
func (a *app) find(ctx context.Context, c *hub.Client, r hub.Ref) (*hub.Model, error) {
	a.line.set("asking for " + printable(r.String()))
	defer a.line.clear()
	return c.Find(ctx, r)
}

// pull fetches a model, with a bar, and returns its path.
func (a *app) pull(ctx context.Context, c *hub.Client, m *hub.Model) (string, error) {
	show, end := a.progress(printable(m.Name[strings.LastIndexByte(m.Name, '/')+1:]), m.Size())
	defer end()
	return c.Pull(ctx, m, show)
}
