package mmap

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// Dropped pages of a mapping are not in this process's resident set.
func TestDropGivesPagesBack(t *testing.T) {
	const n = 64 << 20
	page := os.Getpagesize()
	path := writeFile(t, make([]byte, n))
	v, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	sum := byte(0)
	for i := 0; i < n; i += page {
		sum += v.Bytes()[i]
	}
	before := resident(t)
	v.Drop(1, n)
	if after := resident(t); before-after < n/2 {
		t.Errorf("resident %d bytes before, %d after Drop of %d (sum %d)", before, after, n, sum)
	}
}

// resident returns this process's resident bytes.
func resident(t *testing.T) int {
	t.Helper()
	f, err := os.Open("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var size, pages int
	if _, err := fmt.Fscan(f, &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * unix.Getpagesize()
}
