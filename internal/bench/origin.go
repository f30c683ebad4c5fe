package bench

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/querent-ai/chord/internal/cpu"
)

// An Origin says where rows come from. It is the header of every file of rows
// in benchdata, and no row is without one.
type Origin struct {
	Machine string // CPU and number of cores
	Commit  string // chord's, then other programs and their versions
	Command string // that printed the rows
}

// Here returns the origin of rows that command prints on this machine. The
// arguments with name other programs that take part, as "llama.cpp 3f545bec".
func Here(commit, command string, with ...string) Origin {
	name := cpu.Name()
	if name == "" {
		name = runtime.GOARCH
	}
	return Origin{
		Machine: fmt.Sprintf("%s (%s), %d cores", name, cpu.This(), runtime.NumCPU()),
		Commit:  strings.Join(append([]string{commit}, with...), "; "),
		Command: command,
	}
}

// Header returns the lines that begin a file of rows.
func (o Origin) Header() string {
	return fmt.Sprintf("machine: %s\ncommit: %s\ncommand: %s\n", o.Machine, o.Commit, o.Command)
}

// Check errs if one of the lines is missing or is more than one line.
func (o Origin) Check() error {
	for _, l := range []struct{ name, text string }{{"machine", o.Machine}, {"commit", o.Commit}, {"command", o.Command}} {
		if strings.TrimSpace(l.text) == "" || strings.Contains(l.text, "\n") {
			return fmt.Errorf("%s: %q: want one line of text", l.name, l.text)
		}
	}
	return nil
}
