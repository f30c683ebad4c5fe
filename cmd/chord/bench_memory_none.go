//go:build !linux

package main

// resetPeakMemory does nothing: the figure is that of the whole process.
func resetPeakMemory() {}
