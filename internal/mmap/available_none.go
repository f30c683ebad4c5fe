//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd && !windows

package mmap

// Available returns how many bytes of memory this process can still use; here ok
// is false, as this system is not asked.
func Available() (n int64, ok bool) { return 0, false }
