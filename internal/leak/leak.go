// Package leak finds goroutines that go on after a package's tests have ended.
// Only tests import it.
package leak

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"
)

// ignored are functions of goroutines that the Go runtime begins by itself: it
// watches for signals once a program asks for one, and for events in js.
var ignored = [][]byte{[]byte("os/signal.signal_recv("), []byte("os/signal.loop("), []byte("runtime.ensureSigM"), []byte("runtime.handleEvent(")}

// patience is how long a goroutine may take to end after its test. Only a
// failure takes so long.
const patience = 5 * time.Second

// Main runs the tests of a package and ends the program, with a failure if a
// goroutine is left. TestMain calls it.
func Main(m *testing.M) {
	code := m.Run()
	if err := Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// Find returns an error with the stacks of all goroutines but the caller's and
// the runtime's own, nil if there are none. It waits for those that are ending.
func Find() error { return find(patience) }

func find(patience time.Duration) error {
	until := time.Now().Add(patience)
	for wait := time.Microsecond; ; wait = min(2*wait, 100*time.Millisecond) {
		left := others()
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(until) {
			return fmt.Errorf("%d goroutines are left:\n%s", len(left), bytes.Join(left, []byte("\n\n")))
		}
		time.Sleep(wait)
	}
}

// others returns the stacks of the goroutines that count.
func others() (left [][]byte) {
	all := bytes.Split(stacks(), []byte("\n\n"))
	for _, stack := range all[1:] { // the first is the caller's
		if !runtimes(stack) {
			left = append(left, stack)
		}
	}
	return left
}

// runtimes reports whether a stack is that of a goroutine of the runtime.
func runtimes(stack []byte) bool {
	for _, name := range ignored {
		if bytes.Contains(stack, name) {
			return true
		}
	}
	return false
}

// stacks returns the stacks of all goroutines.
func stacks() []byte {
	for n := 1 << 16; ; n *= 2 {
		b := make([]byte, n)
		if k := runtime.Stack(b, true); k < n {
			return bytes.TrimSpace(b[:k])
		}
	}
}
