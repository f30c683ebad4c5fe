//go:build !linux

package main

// resetPeakMemory does nothing: peakMemory counts from the start of the process.
func resetPeakMemory() {}
