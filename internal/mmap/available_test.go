package mmap

import "testing"

// What the system says is a number that a machine may have.
func TestAvailableHere(t *testing.T) {
	n, ok := Available()
	if !ok {
		t.Skip("this system does not say")
	}
	if n < 1 || n > 1<<50 {
		t.Errorf("got %d bytes", n)
	}
}
