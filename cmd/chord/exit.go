package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// The exit codes; that of a signal is 128 + its number, as in shells.
const (
	exitFailure = 1
	exitUsage   = 2
	exitPipe    = 128 + 13
	exitCtrlC   = 128 + 2
	exitTerm    = 128 + 15
)

// A usageError is a wrong command line. If it wraps no error, the user has already
// seen one.
type usageError struct{ error }

// usagef returns a usageError.
func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// A signalError says which signal ended the work.
type signalError struct{ os.Signal }

// Error returns the signal's name.
func (e signalError) Error() string { return e.String() }

// code returns the exit code of the signal.
func (e signalError) code() int {
	if e.Signal == syscall.SIGTERM {
		return exitTerm
	}
	return exitCtrlC
}

// watch cancels the work at the first signal and exits at the second, or at the
// first if the work does not watch its context. A chat goes on after the first Ctrl-C
// in an answer.
func (a *app) watch(cancel context.CancelCauseFunc, done <-chan struct{}) {
	again := false
	for {
		select {
		case <-done:
			return
		case sig := <-a.signals:
			chat := a.chatting.Load()
			if chat != nil && sig == os.Interrupt && chat.interrupt() {
				continue
			}
			if again || !a.graceful.Load() {
				a.line.clear()
				temps.removeAll()
				if chat != nil {
					chat.lines.close()
				}
				a.exit(signalError{sig}.code())
				return
			}
			cancel(signalError{sig})
			again = true
		}
	}
}

// report prints err in one line, unless the user has already seen it, and returns
// its exit code.
func (a *app) report(err error) int {
	a.line.clear()
	var usage usageError
	var sig signalError
	switch {
	case errors.As(err, &sig):
		return sig.code()
	case errors.Is(err, syscall.EPIPE):
		return exitPipe
	case errors.As(err, &usage):
		if usage.error != nil {
			fmt.Fprintln(a.err, "chord:", usage.error)
		}
		return exitUsage
	}
	fmt.Fprintln(a.err, "chord:", firstLine(err.Error()))
	return exitFailure
}
