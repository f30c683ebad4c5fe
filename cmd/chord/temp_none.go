//go:build !unix && !windows

package main

// dead is never true here, so nothing is removed.
func dead(int) bool { return false }
