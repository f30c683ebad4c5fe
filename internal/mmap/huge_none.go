//go:build !linux

package mmap

// huge does nothing: only Linux can be asked.
func huge([]byte) {}
