// Package leak_test has goleak look at what closed models leave, and wants
// internal/leak, which the other tests use, to see the same.
package leak_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/leak"
	"github.com/querent-ai/chord/tales"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if ours, theirs := leak.Find(), goleak.Find(); code == 0 && (ours != nil || theirs != nil) {
		fmt.Fprintf(os.Stderr, "internal/leak: %v\ngoleak: %v\n", ours, theirs)
		code = 1
	}
	os.Exit(code)
}

// A closed model leaves nothing, whether its calls ended, were cancelled or were
// left early.
func TestModel(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, stop := range []int{0, 1, 3, 8} {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		for _, err := range m.Generate(ctx, "Once upon a time", chord.Params{MaxTokens: 8}) {
			if n++; err != nil && stop == 0 {
				t.Fatal(err)
			}
			if n == stop {
				break
			}
			if stop > 3 && n == 2 {
				cancel()
			}
		}
		cancel()
	}
}
