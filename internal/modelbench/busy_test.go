package modelbench

import (
	"context"
	"io"
	"reflect"
	"strings"
	"testing"
)

func TestFairShare(t *testing.T) {
	for _, c := range []struct {
		threads, busy, cores int
		want                 float64
	}{
		{2, 1, 2, 2. / 3}, // three share two cores that two had
		{1, 1, 2, 1},
		{1, 2, 2, 2. / 3},
		{4, 4, 2, 0.5}, // too many already
		{2, 6, 8, 1},
	} {
		if got := fairShare(c.threads, c.busy, c.cores); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: got %g", c, got)
		}
	}
}

// TestBusyErrors wants the name of a program that does not keep cores busy.
func TestBusyErrors(t *testing.T) {
	for _, words := range [][]string{{"nosuch-program"}, {"go", "version"}} {
		p := Plan{Models: []Source{story}, Gen: []int{1}, Reps: 1, Busy: &Busy{Cores: 1, Words: words}}
		if err := p.Run(context.Background(), io.Discard, "md"); err == nil || !strings.Contains(err.Error(), words[0]) {
			t.Errorf("%q: got %v", words, err)
		}
	}
}
