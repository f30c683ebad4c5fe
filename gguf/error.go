package gguf

import (
	"errors"
	"fmt"
	"strings"

	"github.com/querent-ai/chord/internal/mmap"
)

// ErrFormat is wrapped by every error about a file's bytes. Errors of the
// system, such as a missing file, do not wrap it.
var ErrFormat = errors.New("gguf: malformed file")

// ErrFault is wrapped by errors about a mapped file that was cut short, or whose
// disk failed, after it was opened. Package llama and Write return it as well.
var ErrFault = mmap.ErrFault

// formatError says which file, which key or tensor, what, and where.
type formatError struct {
	file    string // "" if unknown
	subject string // `key "x"`, `tensor "y"` or ""
	what    string
	at      int64 // byte of the file, -1 if the error is not about one
}

func (e *formatError) Error() string {
	var b strings.Builder
	b.WriteString("gguf: ")
	for _, s := range []string{e.file, e.subject} {
		if s != "" {
			b.WriteString(s + ": ")
		}
	}
	b.WriteString(e.what)
	if e.at >= 0 {
		fmt.Fprintf(&b, ", at byte %d", e.at)
	}
	return b.String()
}

func (e *formatError) Unwrap() error { return ErrFormat }

// subject quotes a name in the file for an error, cut to a readable length.
func subject(kind, name string) string {
	const most = 80
	if len(name) > most {
		return fmt.Sprintf("%s %q…", kind, name[:most])
	}
	return fmt.Sprintf("%s %q", kind, name)
}
