//go:build !windows

package main

import "io"

// ansi reports that terminals here understand ANSI escapes.
func ansi(io.Writer) bool { return true }
