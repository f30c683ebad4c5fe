//go:build !linux

package mmap

// huge does nothing: only Linux has the advice.
func huge([]byte) {}
