package hub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A stream fetches the bytes of one file from a position on, in order. Ranges are
// fetched at once but handed over one after the other, so that what is on disk is
// always the beginning of the file: any program can resume it.
type stream struct {
	c    *Client
	f    *File
	got  func(n int64) // called with every number of bytes that arrive, by any goroutine
	mu   sync.Mutex
	near string // where the address redirects to, "" if it is not known
}

// errIgnored says that a server answers a request of a range with the whole file.
var errIgnored = errors.New("the server ignores ranges")

// copy writes the file from byte at on to w.
func (s *stream) copy(ctx context.Context, w io.Writer, at int64) error {
	chunk := cmp.Or(s.c.Chunk, 8<<20)
	if at >= s.f.Size {
		return nil
	}
	first, err := s.chunk(ctx, at, min(at+chunk, s.f.Size))
	if errors.Is(err, errIgnored) {
		return s.whole(ctx, w, at)
	}
	if err != nil {
		return err
	}
	if _, err := w.Write(first); err != nil {
		return err
	}
	return s.rest(ctx, w, at+int64(len(first)), chunk)
}

// rest writes the file from byte at on to w, by several ranges at once.
func (s *stream) rest(ctx context.Context, w io.Writer, at, chunk int64) error {
	type result struct {
		data []byte
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	queue := make(chan chan result, max(cmp.Or(s.c.Parallel, 4)-1, 0)) // one more is with the consumer
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		defer close(queue)
		for ; at < s.f.Size; at += chunk {
			from, to, done := at, min(at+chunk, s.f.Size), make(chan result, 1)
			select {
			case queue <- done:
			case <-ctx.Done():
				return
			}
			running.Go(func() {
				data, err := s.chunk(ctx, from, to)
				done <- result{data, err}
			})
		}
	})
	for done := range queue {
		r := <-done
		if r.err != nil {
			return r.err
		}
		if _, err := w.Write(r.data); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// chunk returns the bytes of a range.
func (s *stream) chunk(ctx context.Context, from, to int64) ([]byte, error) {
	buf, n := make([]byte, to-from), 0
	err := s.c.tries(ctx, func() (bool, error) {
		before := n
		ctx, end := context.WithCancelCause(ctx)
		defer end(nil)
		r, err := s.open(ctx, fmt.Sprintf("bytes=%d-%d", from+int64(n), to-1))
		if err != nil {
			return false, err
		}
		defer r.Body.Close()
		if err := s.check(r, from+int64(n), to); err != nil {
			return false, err
		}
		body := s.watch(r.Body, end)
		defer body.stop()
		k, err := io.ReadFull(body, buf[n:])
		n += k
		return n > before, cause(ctx, err)
	})
	if err != nil && s.got != nil {
		s.got(-int64(n))
	}
	return buf, err
}

// check returns an error unless an answer is the range from byte from to byte to.
func (s *stream) check(r *http.Response, from, to int64) error {
	if r.StatusCode == http.StatusOK {
		if from == 0 && to == s.f.Size && s.f.Size == r.ContentLength {
			return nil // the whole file is asked for
		}
		return final{errIgnored}
	}
	begin, size, ok := contentRange(r.Header.Get("Content-Range"))
	switch {
	case !ok || begin != from:
		return final{fmt.Errorf("hub: %s: Content-Range %q, want byte %d", s.f.url, firstLine(r.Header.Get("Content-Range")), from)}
	case size != s.f.Size:
		return final{fmt.Errorf("hub: %s: the file has %d bytes, not %d: it has changed", s.f.url, size, s.f.Size)}
	}
	return nil
}

// contentRange returns the first byte of a Content-Range and the size of the file.
func contentRange(s string) (begin, size int64, ok bool) {
	s, ok = strings.CutPrefix(s, "bytes ")
	span, all, ok2 := strings.Cut(s, "/")
	from, _, ok3 := strings.Cut(span, "-")
	begin, err := strconv.ParseInt(from, 10, 64)
	size, err2 := strconv.ParseInt(all, 10, 64)
	return begin, size, ok && ok2 && ok3 && err == nil && err2 == nil
}

// whole writes the file from byte at on to w, by requests of all of it.
func (s *stream) whole(ctx context.Context, w io.Writer, at int64) error {
	return s.c.tries(ctx, func() (bool, error) {
		ctx, end := context.WithCancelCause(ctx)
		defer end(nil)
		r, err := s.open(ctx, "")
		if err != nil {
			return false, err
		}
		defer r.Body.Close()
		if r.ContentLength >= 0 && r.ContentLength != s.f.Size {
			return false, final{fmt.Errorf("hub: %s: the file has %d bytes, not %d", s.f.url, r.ContentLength, s.f.Size)}
		}
		body := s.watch(r.Body, end)
		defer body.stop()
		body.silent = at
		if _, err := io.CopyN(io.Discard, body, at); err != nil {
			return false, cause(ctx, err)
		}
		before := at
		out := &sink{w: w}
		n, err := io.Copy(out, io.LimitReader(body, s.f.Size-at))
		if at += n; out.err != nil {
			return false, final{out.err}
		}
		if err == nil && at < s.f.Size {
			err = io.ErrUnexpectedEOF
		}
		return at > before, cause(ctx, err)
	})
}

// cause returns why ctx is done, if err is about that, else err.
func cause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return short(err)
}

// short returns err, with an early end as io.ErrUnexpectedEOF.
func short(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// A sink keeps the error of its writer apart from those of the network.
type sink struct {
	w   io.Writer
	err error
}

// Write writes p.
func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.err = err
	return n, err
}

// open asks for a range, of the address to which the last request was redirected: hubs
// count how often they are asked.
func (s *stream) open(ctx context.Context, span string) (*http.Response, error) {
	s.mu.Lock()
	near := s.near
	s.mu.Unlock()
	header := http.Header{}
	if span != "" {
		header.Set("Range", span)
	}
	r, err := s.c.do(ctx, http.MethodGet, cmp.Or(near, s.f.url), header)
	if near != "" && err != nil { // its signature may have expired
		r, err = s.c.do(ctx, http.MethodGet, s.f.url, header)
	}
	if err == nil {
		s.mu.Lock()
		s.near = r.Request.URL.String()
		s.mu.Unlock()
	}
	return r, err
}

// A body is the body of an answer that is given up when it stalls.
type body struct {
	r      io.Reader
	s      *stream
	timer  *time.Timer
	silent int64 // bytes that are not counted
}

// errStalled says that a connection was given up.
var errStalled = errors.New("the connection stalls")

// watch returns r with a timer.
func (s *stream) watch(r io.Reader, end context.CancelCauseFunc) *body {
	return &body{r: r, s: s, timer: time.AfterFunc(s.c.stall(), func() { end(errStalled) })}
}

// Read reads from the answer.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.timer.Reset(b.s.c.stall())
	counted := int64(n) - min(b.silent, int64(n))
	b.silent -= int64(n) - counted
	if counted > 0 && b.s.got != nil {
		b.s.got(counted)
	}
	return n, err
}

// stop ends the timer.
func (b *body) stop() { b.timer.Stop() }
