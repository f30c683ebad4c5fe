// Package sse reads streams of server-sent events and follows them over the failure of a
// server: [Follow] asks again, with the id of the last event that it has, and chord's
// replicas send the rest of the same text.
package sse

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strings"
)

// An Event is a server-sent event.
type Event struct {
	ID   string // of the event, or of the last one that had an id
	Name string // "" for none
	Data string
}

// maxLine bounds a line, in bytes.
const maxLine = 16 << 20

// Read returns the events of r. An event that r ends in is dropped, since the rest of it
// may be missing; the error is then [io.ErrUnexpectedEOF], and nil after a whole event.
func Read(r io.Reader) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, maxLine)
		var e Event
		var data []string
		begun := false
		for lines.Scan() {
			line := lines.Text()
			if line == "" {
				if e.Data = strings.Join(data, "\n"); data != nil && !yield(e, nil) {
					return
				}
				e, data, begun = Event{ID: e.ID}, nil, false
				continue
			}
			begun = begun || line[0] != ':'
			name, value, _ := strings.Cut(line, ":")
			value = strings.TrimPrefix(value, " ")
			switch name {
			case "id":
				e.ID = value
			case "event":
				e.Name = value
			case "data":
				data = append(data, value)
			}
		}
		err := lines.Err()
		if err == nil && begun {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			yield(Event{}, fmt.Errorf("sse: %w", err))
		}
	}
}
