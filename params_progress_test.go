package chord_test

import (
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/chordtest"
)

// TestProgress wants the tokens that are done to grow up to less than all of them, and
// the same text and figures as without.
func TestProgress(t *testing.T) {
	m := chordtest.Model(t, "yes, it is so.")
	prompt := strings.Repeat("x", 2000)
	last, calls := 0, 0
	p := chord.Params{Progress: func(done, total int) {
		if done <= last || done >= total || total != 2001 {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last = done
		calls++
	}}
	r, err := m.Complete(t.Context(), prompt, p)
	if err != nil || r.Text != "yes, it is so." || r.Prompt != 2001 || r.Cached != 0 || calls != 3 {
		t.Errorf("%+v, %v, %d calls", r, err, calls)
	}
}
