package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/querent-ai/chord"
)

// A threads is a number of threads on the command line: 0, or -1 as in llama.cpp,
// means every core that this process may use.
type threads int

// String returns the number.
func (n *threads) String() string { return strconv.Itoa(int(*n)) }

// Type names the value in help texts.
func (n *threads) Type() string { return "int" }

// Set takes a valid number of threads.
func (n *threads) Set(s string) error {
	v, err := strconv.Atoi(s)
	if err != nil || v > chord.MaxThreads {
		return fmt.Errorf("want 0 (every core) to %d", chord.MaxThreads)
	}
	*n = threads(max(v, 0))
	return nil
}

// threadsFlag registers -t, the same for all commands.
func threadsFlag(f *pflag.FlagSet, n *int) {
	f.VarP((*threads)(n), "threads", "t", "`N` threads compute; 0 is every core this process may use")
}
