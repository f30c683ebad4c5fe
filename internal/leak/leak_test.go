package leak

import (
	"os"
	"os/signal"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain checks the test's own goroutines too.
func TestMain(m *testing.M) { Main(m) }

// begin begins a goroutine that ends when the channel is closed.
func begin() chan struct{} {
	end, begun := make(chan struct{}), make(chan struct{})
	go blocked(begun, end)
	<-begun
	return end
}

func blocked(begun, end chan struct{}) {
	close(begun)
	<-end
}

// callers is how many goroutines there are while a test runs: that of TestMain.
const callers = 1

func TestOthers(t *testing.T) {
	settle(t)
	ends := []chan struct{}{begin(), begin(), begin()}
	left := others()
	found := 0
	for _, stack := range left {
		if strings.Contains(string(stack), "leak.blocked(") {
			found++
		}
	}
	if len(left) != callers+len(ends) || found != len(ends) {
		t.Errorf("%d goroutines are blocked, found %d of %d", len(ends), found, len(left))
	}
	if err := find(time.Millisecond); err == nil || strings.Count(err.Error(), "leak.blocked(") != len(ends) {
		t.Errorf("got %v", err)
	}
	for _, end := range ends {
		close(end)
	}
	settle(t)
}

// settle waits until only the goroutines that a test has are there.
func settle(t *testing.T) {
	t.Helper()
	for until := time.Now().Add(patience); len(others()) != callers; runtime.Gosched() {
		if time.Now().After(until) {
			t.Fatalf("left: %q", others())
		}
	}
}

// TestOthersSignals wants what the runtime begins for signals not to count.
func TestOthersSignals(t *testing.T) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	defer signal.Stop(c)
	if left := others(); len(left) != callers {
		t.Errorf("got %q", left)
	}
}
