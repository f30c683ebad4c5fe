package batch

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/querent-ai/chord/server/internal/wire"
)

// URLs are the paths that a line may ask for.
var URLs = []string{"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"}

// Limits of a line.
const (
	MaxLine     = 33 << 20 // bytes
	maxCustomID = 512
)

// A Line is one line of an input.
type Line struct {
	Number   int    // from 1
	Raw      []byte // without the line end
	CustomID string
	URL      string
	Body     []byte
	Err      error // what is wrong with it, nil if it can be answered
}

// A LineError says what is wrong with a line.
type LineError struct {
	Number  int
	Code    string
	Param   string // the field, "" for the whole line
	Message string
}

// Error returns the message with the number of the line.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Number, e.Message) }

// request is the JSON of a line.
type request struct {
	CustomID *string  `json:"custom_id"`
	Method   *string  `json:"method"`
	URL      *string  `json:"url"`
	Body     wire.Raw `json:"body"`
}

// parse parses a line. endpoint, if not "", is the only path that is allowed.
func parse(number int, raw []byte, endpoint string) *Line {
	l := &Line{Number: number, Raw: raw}
	if err := l.parse(endpoint); err != nil {
		e := &LineError{Number: number, Code: "invalid_line", Message: err.Error()}
		if w, ok := errors.AsType[*wire.Error](err); ok {
			e.Param = w.Param
		}
		l.Err = e
	}
	return l
}

// parse sets the fields from Raw.
func (l *Line) parse(endpoint string) error {
	var q request
	if err := wire.Decode(l.Raw, &q); err != nil {
		return err
	}
	if q.CustomID == nil || *q.CustomID == "" || len(*q.CustomID) > maxCustomID {
		return wire.Errorf("custom_id", "want a string of 1 to %d bytes", maxCustomID)
	}
	l.CustomID = *q.CustomID
	switch {
	case q.Method == nil || *q.Method != http.MethodPost:
		return wire.Errorf("method", "want POST")
	case q.URL == nil || !slices.Contains(URLs, *q.URL):
		return wire.Errorf("url", "want one of %s", strings.Join(URLs, ", "))
	case endpoint != "" && *q.URL != endpoint:
		return wire.Errorf("url", "%s, the batch is of %s", *q.URL, endpoint)
	case q.Body.Kind() != '{':
		return wire.Errorf("body", "want an object")
	}
	l.URL, l.Body = *q.URL, q.Body
	var b struct {
		Stream   *bool   `json:"stream"`
		Previous *string `json:"previous_response_id"`
	}
	if err := wire.DecodeAt("body", q.Body, &b); err != nil {
		return err
	}
	switch {
	case b.Stream != nil && *b.Stream:
		return wire.Errorf("body.stream", "a batch has no streams")
	case b.Previous != nil:
		return wire.Errorf("body.previous_response_id", "lines do not depend on each other")
	}
	return nil
}

// ID returns the id of the request of a line in a job.
func (l *Line) ID(job string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d ", job, l.Number)
	h.Write(l.Raw)
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// lines calls f with the lines of r, in order, without blank ones. A custom_id that an
// earlier line has, and a line that is too long, are errors of the line.
func lines(r io.Reader, endpoint string, f func(*Line) error) error {
	in := bufio.NewReaderSize(r, 1<<16)
	first := map[[sha256.Size]byte]int{}
	for number := 1; ; number++ {
		raw, long, end := readLine(in)
		if end != nil && end != io.EOF {
			return end
		}
		if long || len(bytes.TrimSpace(raw)) > 0 {
			l := &Line{Number: number, Raw: raw, Err: &LineError{Number: number, Code: "line_too_long", Message: fmt.Sprintf("it has more than %d bytes", MaxLine)}}
			if !long {
				l = parse(number, raw, endpoint)
				l.first(first)
			}
			if err := f(l); err != nil {
				return err
			}
		}
		if end == io.EOF {
			return nil
		}
	}
}

// first makes a custom_id that an earlier line has an error of the line. seen has the
// lines by the hashes of their custom_id.
func (l *Line) first(seen map[[sha256.Size]byte]int) {
	if l.CustomID == "" {
		return
	}
	sum := sha256.Sum256([]byte(l.CustomID))
	n := seen[sum]
	if n == 0 {
		seen[sum] = l.Number
	} else if l.Err == nil {
		l.Err = &LineError{l.Number, "duplicate_custom_id", "custom_id", fmt.Sprintf("custom_id: %.100q is that of line %d", l.CustomID, n)}
	}
}

// readLine returns the next line without its end. Of one that is too long it returns the
// beginning.
func readLine(in *bufio.Reader) (line []byte, long bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if room := MaxLine + 1 - len(line); len(part) > room {
			line, long = append(line, part[:max(room, 0)]...), true
		} else {
			line = append(line, part...)
		}
		if err != bufio.ErrBufferFull {
			line = bytes.TrimSuffix(line, []byte("\n"))
			line = bytes.TrimSuffix(line, []byte("\r"))
			return line, long || len(line) > MaxLine, err
		}
	}
}
