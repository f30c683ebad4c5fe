//go:build !unix && !windows

package main

// dead is not known here: nothing is removed.
func dead(int) bool { return false }
