//go:build unix

package main

import "syscall"

// dead reports whether there is no process pid.
func dead(pid int) bool { return syscall.Kill(pid, 0) == syscall.ESRCH }
