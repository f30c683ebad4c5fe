package wasmnpm

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/tales"
)

// Sessions give what the Go library's give, and the same file, to the byte.
func TestSessions(t *testing.T) {
	dir := project(t)
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{Context: 2000})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s := m.NewSession()
	defer s.Close()
	if err := s.Append(t.Context(), "Once upon a time"); err != nil {
		t.Fatal(err)
	}
	say := func() (text string) {
		t.Helper()
		for token, err := range s.Generate(t.Context(), chord.Params{Seed: 3, MaxTokens: 12}) {
			if err != nil {
				t.Fatal(err)
			}
			text += token.Text
		}
		return text
	}
	text := say()
	ids := append([]int32{}, s.Tokens()...)
	var file bytes.Buffer
	if _, err := s.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	native, saved := filepath.Join(t.TempDir(), "native"), filepath.Join(t.TempDir(), "saved")
	if err := os.WriteFile(native, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("testdata/sessions.mjs")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "sessions.mjs", program)
	check(t, values(t, run(t, dir, "node", "sessions.mjs", native, saved)), map[string]any{
		"text": text, "the model's": true, "tokens": ids, "forked": true, "the same": true, "rewound": true, "ids": true,
		"queued": []bool{true, true}, "chat": true, "kept": true, "native": say(),
		"damaged": "format", "cut short": "format", "empty": "format", "no bytes": "invalid", "another model": "mismatch",
		"nothing to continue": "invalid", "rewind beyond": "invalid", "rewind by half": "invalid", "no such token": "invalid",
		"no tokens": "invalid", "too long": "context_full", "left": "aborted", "goes on": true, "aborted while it waits": "aborted",
		"of a closed model": "closed", "after that": "closed", "closed": "closed",
	})
	got, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, file.Bytes()) {
		t.Errorf("the saved session has %d bytes that are not those of the Go library's, %d", len(got), file.Len())
	}
}
