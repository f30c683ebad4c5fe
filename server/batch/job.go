package batch

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// A Job is an input and what its answers depend on beside it.
type Job struct {
	ID       string // a hash of all of it
	Path     string // of the input
	Model    string // a name for all that the answers depend on: models and versions
	Endpoint string // the only path that lines may ask for, "" for any of URLs
	Time     time.Time
	Lines    int // that can be answered
	Bad      int // that cannot

	sum [sha256.Size]byte
}

// Open reads an input. Files with the same bytes are the same job, with the same fields.
func Open(path, model, endpoint string, when time.Time) (*Job, error) {
	j := &Job{Path: path, Model: model, Endpoint: endpoint, Time: when}
	err := j.each(func(l *Line) error {
		if l.Err == nil {
			j.Lines++
		} else {
			j.Bad++
		}
		return nil
	}, &j.sum)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	fmt.Fprintf(h, "chord batch 1 %q %q %d ", model, endpoint, when.Unix())
	h.Write(j.sum[:])
	j.ID = hex.EncodeToString(h.Sum(nil)[:12])
	return j, nil
}

// Each calls f with the lines of the input, in order. It returns an error if the input is
// no longer what it was.
func (j *Job) Each(f func(*Line) error) error {
	var sum [sha256.Size]byte
	if err := j.each(f, &sum); err != nil {
		return err
	}
	if sum != j.sum {
		return fmt.Errorf("%s has changed meanwhile", j.Path)
	}
	return nil
}

// each calls f with the lines and sets sum to the hash of the input.
func (j *Job) each(f func(*Line) error, sum *[sha256.Size]byte) error {
	in, err := os.Open(j.Path)
	if err != nil {
		return err
	}
	defer in.Close()
	h := sha256.New()
	if err := lines(io.TeeReader(in, h), j.Endpoint, f); err != nil {
		return err
	}
	h.Sum(sum[:0])
	return nil
}

// A Result is what a line of the input became.
type Result struct {
	JSON []byte // a line of the output or of the errors, without line end
	OK   bool   // of the output
}

// ErrNoResult: a line that nobody has answered.
var ErrNoResult = errors.New("the line has not been answered")

// Counts count lines.
type Counts struct{ Total, Completed, Failed int }

// Write writes the lines of the output, or with failed those of the errors. result
// returns what was answered to a line, or ErrNoResult, of which missing makes an error.
func (j *Job) Write(w io.Writer, failed bool, result func(*Line) (Result, error), missing func(*Line) *LineError) (n int, err error) {
	err = j.Each(func(l *Line) error {
		r, err := Result{}, error(nil)
		if l.Err == nil {
			r, err = result(l)
		}
		switch e, _ := errors.AsType[*LineError](l.Err); {
		case e != nil:
			r = j.refused(l, e)
		case errors.Is(err, ErrNoResult) && missing != nil:
			r = j.refused(l, missing(l))
		case err != nil:
			return fmt.Errorf("line %d: %w", l.Number, err)
		}
		if r.OK == failed {
			return nil
		}
		n++
		_, err = w.Write(append(r.JSON, '\n'))
		return err
	})
	return n, err
}

// Complete reports whether the files out and errs have what the job has for output and
// errors, by the ids of their lines. errs may be missing.
func (j *Job) Complete(out, errs string) (bool, error) {
	var files [2]*bufio.Reader
	for i, name := range []string{out, errs} {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) && i == 1 {
			files[i] = bufio.NewReader(strings.NewReader(""))
			continue
		}
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		defer f.Close()
		files[i] = bufio.NewReaderSize(f, 1<<16)
	}
	same := true
	err := j.Each(func(l *Line) error {
		same = same && (starts(files[0], l.ID(j.ID)) || starts(files[1], l.ID(j.ID)))
		return nil
	})
	for _, f := range files {
		if _, err := f.Peek(1); err == nil {
			same = false
		}
	}
	return same, err
}

// starts reports whether the next record is that of a line, and skips it then.
func starts(f *bufio.Reader, id string) bool {
	want := `{"id":"batch_req_` + id + `",`
	if b, _ := f.Peek(len(want)); string(b) != want {
		return false
	}
	for {
		if _, err := f.ReadSlice('\n'); err != bufio.ErrBufferFull {
			return err == nil
		}
	}
}
