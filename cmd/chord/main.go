// Command chord runs GGUF language models, and inspects, converts and quantises
// their files.
//
// Results go to stdout, everything else to stderr. Exit codes: 0 success, 1
// failure, 2 usage, 130 Ctrl-C, 143 SIGTERM.
package main

import (
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	a := newApp(os.Stdin, os.Stdout, os.Stderr)
	signal.Notify(a.signals, os.Interrupt, syscall.SIGTERM)
	os.Exit(a.run(os.Args[1:]))
}

// run is the program without signals: it runs one command line and returns the exit
// code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return newApp(stdin, stdout, stderr).run(args)
}
