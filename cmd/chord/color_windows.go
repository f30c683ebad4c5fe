package main

import (
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// ansi switches the console behind w to ANSI escapes and reports whether it
// understands them.
func ansi(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	h := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
