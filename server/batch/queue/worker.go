package queue

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/querent-ai/chord/server/batch"
)

// Headers of messages.
const (
	headTime = "Chord-Time" // of a line: that of its job, in seconds
	headOK   = "Chord-OK"   // of an answer: "1" for the output, "0" for the errors
)

// fetchTime is how long a worker waits for a line before it asks again.
const fetchTime = 20 * time.Second

// Work answers lines with h, the handler of a server, until ctx is done. Lines that are
// being answered then are given to others.
func (q *Queue) Work(ctx context.Context, h http.Handler) error {
	var wg sync.WaitGroup
	for range q.o.AtOnce {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := q.next(ctx, h); err != nil && !pause(ctx, retryTime) {
					return
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// next waits for a line and answers it. An error is of the connection.
func (q *Queue) next(ctx context.Context, h http.Handler) error {
	c, err := q.js.Consumer(ctx, q.name+work, workers)
	if err != nil {
		return errors.Join(err, q.create(ctx)) // another server, or a new folder
	}
	wait, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	batch, err := c.Fetch(1, jetstream.FetchContext(wait))
	if err != nil {
		return err
	}
	for m := range batch.Messages() {
		q.handle(ctx, h, m)
	}
	if err := batch.Error(); err != nil && wait.Err() == nil && !errors.Is(err, nats.ErrTimeout) {
		return err
	}
	return nil
}

// handle answers a line and acknowledges it.
func (q *Queue) handle(ctx context.Context, h http.Handler, m jetstream.Msg) {
	job, line, ok := parseSubject(m.Subject())
	if !ok {
		_ = m.Term()
		return
	}
	stop := q.alive(m)
	defer stop()
	if q.answered(ctx, job, line) {
		_ = m.Ack() // if that is lost, the line comes again and is found answered
		return
	}
	seconds, _ := strconv.ParseInt(m.Headers().Get(headTime), 10, 64)
	r, err := batch.Answer(ctx, h, job, time.Unix(seconds, 0).UTC(), line, m.Data())
	if err != nil {
		_ = m.NakWithDelay(retryTime)
		return
	}
	if size, most := int64(len(r.JSON)), q.conn.MaxPayload()-4096; size > most {
		r = batch.TooLarge(job, line, m.Data(), size, most)
	}
	out := &nats.Msg{Subject: q.subject(done, job, line), Data: r.JSON, Header: nats.Header{headOK: {"0"}}}
	if r.OK {
		out.Header.Set(headOK, "1")
	}
	err = q.retry(ctx, func(ctx context.Context) error {
		_, err := q.js.PublishMsg(ctx, out)
		if full(err) {
			return nil // somebody else was sooner, with the same bytes
		}
		return err
	})
	if err == nil {
		_ = m.Ack()
	}
}

// alive says until stop is called that a line is being answered.
func (q *Queue) alive(m jetstream.Msg) (stop func()) {
	end := make(chan struct{})
	go func() {
		t := time.NewTicker(q.o.AckWait / 3)
		defer t.Stop()
		for {
			select {
			case <-end:
				return
			case <-t.C:
				_ = m.InProgress()
			}
		}
	}()
	return func() { close(end) }
}

// answered reports whether a line has an answer.
func (q *Queue) answered(ctx context.Context, job string, line int) bool {
	s, err := q.js.Stream(ctx, q.name+done)
	if err != nil {
		return false
	}
	_, err = s.GetLastMsgForSubject(ctx, q.subject(done, job, line))
	return err == nil
}
