package chord_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
)

// The priority of a session's last text holds for what it reads after that: it takes
// the memory of another of lower priority, the youngest of them, and keeps its own.
func TestSessionPriority(t *testing.T) {
	text := strings.Repeat("once upon a time ", 60)
	const tokens = 250 // enough for it
	fit, err := chord.FitsFS(tales.FS, tales.Name, chord.Options{Context: tokens})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name       string
		priorities [3]int // of sessions that read in this order; there is memory for two
		lost       int    // the one whose cache goes for the third
	}{
		{"of equals the younger", [3]int{0, 0, 1}, 1},
		{"the lower, though it is older", [3]int{0, 1, 2}, 0},
		{"the lower, which is younger", [3]int{1, 0, 2}, 1},
		{"the one lower than the third", [3]int{-1, 1, 0}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			// With steps of an hour no session is idle: none loses its cache for that.
			m := openTales(t, chord.Options{Context: tokens, CacheBytes: 2 * fit.Cache, StepTime: time.Hour, NoPrefixCache: true})
			defer m.Close()
			var sessions [3]*chord.Session
			for i, priority := range c.priorities {
				sessions[i] = m.NewSession()
				defer sessions[i].Close()
				prioritise(t, sessions[i], priority)
			}
			for i, s := range sessions {
				if err := s.Append(t.Context(), text); err != nil {
					t.Fatal(err)
				}
				if s.Len() > tokens || i < 2 && m.Metrics().Preempted != 0 {
					t.Fatalf("%d sessions of %d tokens: %+v", i+1, s.Len(), m.Metrics())
				}
			}
			if n := m.Metrics().Preempted; n != 1 {
				t.Errorf("%d sessions have lost their caches, want one", n)
			}
			for i, s := range sessions {
				n, err := s.WriteTo(io.Discard) // its tokens, and its cache if it has one
				if err != nil {
					t.Fatal(err)
				}
				if lost := n < fit.Cache/2; lost != (i == c.lost) {
					t.Errorf("session %d: %d bytes of %d tokens: its cache is lost: %v", i, n, s.Len(), lost)
				}
			}
		})
	}
}

// prioritise lets a session say something with a priority, and empties it.
func prioritise(t *testing.T, s *chord.Session, priority int) {
	t.Helper()
	if err := s.Append(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	p := seeded(1, 1)
	p.Priority = priority
	say(t, s, p)
	s.Rewind(0)
}
