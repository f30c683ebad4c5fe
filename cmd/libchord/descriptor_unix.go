//go:build cgo && unix

package main

import (
	"os"
	"syscall"
)

// hasDescriptors says that there are file descriptors.
const hasDescriptors = true

// duplicate returns the file with a descriptor, which stays the caller's.
func duplicate(fd int) (*os.File, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	own, err := syscall.Dup(fd)
	if err != nil {
		return nil, &os.PathError{Op: "dup", Path: "descriptor", Err: err}
	}
	syscall.CloseOnExec(own)
	return os.NewFile(uintptr(own), "model.gguf"), nil
}

// A bell is a pipe that can be read while it rings.
type bell struct{ read, write int }

func newBell() (*bell, error) {
	var p [2]int
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := syscall.Pipe(p[:]); err != nil {
		return nil, os.NewSyscallError("pipe", err)
	}
	for _, fd := range p {
		syscall.CloseOnExec(fd)
		_ = syscall.SetNonblock(fd, true)
	}
	return &bell{p[0], p[1]}, nil
}

func (b *bell) fd() int { return b.read }

// ring makes the pipe readable. It has room for the byte: it is empty.
func (b *bell) ring() { _, _ = syscall.Write(b.write, []byte{1}) }

// silence takes the byte of ring.
func (b *bell) silence() {
	var one [1]byte
	_, _ = syscall.Read(b.read, one[:])
}

func (b *bell) close() {
	_ = syscall.Close(b.read)
	_ = syscall.Close(b.write)
}
