//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package mmap

import (
	"math"
	"runtime"

	"golang.org/x/sys/unix"
)

// Available returns how many bytes of memory this process can use at most: all
// that the machine has. What other processes use is not subtracted: no single
// number says how much of that the system can free by compression or from its
// caches. ok is false if the system does not say.
func Available() (n int64, ok bool) {
	name := "hw.physmem"
	switch runtime.GOOS {
	case "darwin", "ios":
		name = "hw.memsize"
	case "netbsd":
		name = "hw.physmem64"
	}
	total, err := unix.SysctlUint64(name)
	if err != nil || total > math.MaxInt64 {
		return 0, false
	}
	return int64(total), true
}
