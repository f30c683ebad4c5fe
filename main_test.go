package chord_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/leak"
	"github.com/querent-ai/chord/tales"
)

// TestMain checks that nothing of a closed model goes on.
func TestMain(m *testing.M) {
	code := m.Run()
	if shared != nil {
		shared.Close()
	}
	if err := leak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

var (
	shared     *chord.Model
	openShared sync.Once
)

// story returns the embedded model, opened once for all tests.
func story(t testing.TB) *chord.Model {
	t.Helper()
	openShared.Do(func() { shared = openTales(t, chord.Options{}) })
	if shared == nil {
		t.Fatal("the embedded model did not open")
	}
	return shared
}

func openTales(t testing.TB, o chord.Options) *chord.Model {
	t.Helper()
	m, err := openTalesErr(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func openTalesErr(o chord.Options) (*chord.Model, error) {
	return chord.OpenFS(tales.FS, tales.Name, o)
}
