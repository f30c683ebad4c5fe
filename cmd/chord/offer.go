package main

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
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
	fsys := c.FS(ctx, m)
	lines, fits := advice(func(o chord.Options) (chord.Fit, error) { return chord.FitsFS(fsys, m.Files[0].Name, o) }, o, m)
	for _, line := range lines {
		fmt.Fprintln(a.err, line)
	}
	return fits
}

// leastContext is the shortest context that is proposed, in tokens.
const leastContext = 512

// advice says what memory a model needs and, if that is not there, what would fit.
func advice(fit func(chord.Options) (chord.Fit, error), o chord.Options, m *hub.Model) (lines []string, fits bool) {
	f, err := fit(o)
	switch {
	case err != nil:
		return []string{"whether it fits in memory cannot be told: " + firstLine(err.Error())}, true
	case f.Available == 0:
		return []string{fmt.Sprintf("it takes %s of memory with %d tokens", bytesText(f.Weights+f.Cache), f.Context)}, true
	case f.Fits:
		return []string{fmt.Sprintf("it fits: %s of the %s of memory that are free, with %d tokens",
			bytesText(f.Weights+f.Cache), bytesText(f.Available), f.Context)}, true
	}
	need := fmt.Sprintf("%s of memory with %d tokens, and %s are free", bytesText(f.Weights+f.Cache), f.Context, bytesText(f.Available))
	var ways []string
	for _, kind := range []string{"", "q8_0", "q4_0"} {
		with := o
		flags := ""
		if kind != "" {
			with.CacheTypeK, with.CacheTypeV, flags = kind, kind, " -ctk "+kind+" -ctv "+kind
		}
		if n := longest(fit, with); n >= leastContext || n > 0 && n == f.Context {
			ways = append(ways, fmt.Sprintf("-c %d%s", n, flags))
		}
	}
	if len(ways) > 0 {
		return []string{"all of it takes " + need, "it fits with " + strings.Join(ways, ", or ")}, true
	}
	lines = []string{"it does not fit: it takes " + need}
	if other, ok := smaller(m, f); ok {
		lines = append(lines, fmt.Sprintf("%s of %s would fit", printable(other), bytesText(otherSize(m, other))))
	}
	return lines, false
}

// longest returns the longest context that fits: all of it, or a power of two; 0 if
// none does.
func longest(fit func(chord.Options) (chord.Fit, error), o chord.Options) int {
	f, err := fit(o)
	if err != nil {
		return 0
	}
	if f.Fits {
		return f.Context
	}
	free := f.Available - f.Available/8 - f.Weights
	if free <= 0 || f.Cache <= 0 {
		return 0
	}
	n := int(float64(f.Context) * min(float64(free)/float64(f.Cache), 1))
	for n = 1 << max(bits.Len(uint(n))-1, 0); n >= leastContext; n /= 2 {
		o.Context = n
		if f, err := fit(o); err == nil && f.Fits {
			return n
		}
	}
	return 0
}

// smaller returns the name of the largest other model of the repository that fits.
func smaller(m *hub.Model, f chord.Fit) (name string, ok bool) {
	budget := f.Available - f.Available/8 - f.Cache*leastContext/int64(max(f.Context, leastContext))
	var best hub.File
	for _, o := range m.Others {
		if o.Size <= budget && o.Size > best.Size && hub.Quant(o.Name) != "" {
			best = o
		}
	}
	if best.Name == "" {
		return "", false
	}
	r := m.Ref
	r.Quant, r.File = hub.Quant(best.Name), ""
	return r.String(), true
}

// otherSize returns the size of another model of the repository.
func otherSize(m *hub.Model, name string) int64 {
	for _, o := range m.Others {
		if strings.HasSuffix(name, ":"+hub.Quant(o.Name)) {
			return o.Size
		}
	}
	return 0
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

// pull fetches a model, with a bar, and returns its path.
func (a *app) pull(ctx context.Context, c *hub.Client, m *hub.Model) (string, error) {
	show, end := a.progress(printable(m.Name[strings.LastIndexByte(m.Name, '/')+1:]), m.Size())
	defer end()
	return c.Pull(ctx, m, show)
}
