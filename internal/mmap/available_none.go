//go:build !linux

package mmap

// Available returns how many bytes of memory this process can still fill; ok
// is false, since only Linux is asked.
func Available() (n int64, ok bool) { return 0, false }
