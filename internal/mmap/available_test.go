package mmap

import "testing"

// Available is a plausible number of bytes.
func TestAvailableHere(t *testing.T) {
	n, ok := Available()
	if !ok {
		t.Skip("this system does not say")
	}
	if n < 1 || n > 1<<50 {
		t.Errorf("got %d bytes", n)
	}
}
