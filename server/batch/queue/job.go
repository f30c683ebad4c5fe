package queue

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/querent-ai/chord/server/batch"
)

// Run publishes the lines of a job that have no answer yet and waits until all of them
// have one. progress, if not nil, is told the counts as they change. After it, or the
// process, was ended it can be called again and goes on.
func (q *Queue) Run(ctx context.Context, j *batch.Job, progress func(batch.Counts)) (counts batch.Counts, err error) {
	for {
		var answered map[int]bool
		if err = q.retry(ctx, func(ctx context.Context) error {
			answered, err = q.lines(ctx, done, j.ID)
			return err
		}); err != nil {
			return counts, err
		}
		if len(answered) < j.Lines {
			if err := q.publish(ctx, j, answered); err != nil {
				return counts, err
			}
		}
		counts, err = q.watch(ctx, j, progress)
		if err == nil && counts.Completed+counts.Failed == counts.Total {
			return counts, nil
		}
		if ctx.Err() != nil {
			return counts, context.Cause(ctx)
		}
		if err != nil && !pause(ctx, retryTime) {
			return counts, context.Cause(ctx)
		}
	}
}

// lines returns the lines of a job that a stream has.
func (q *Queue) lines(ctx context.Context, stream, job string) (map[int]bool, error) {
	s, err := q.js.Stream(ctx, q.name+stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, q.create(ctx)
	}
	if err != nil {
		return nil, err
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(q.prefix+stream+"."+job+".>"))
	if err != nil {
		return nil, err
	}
	list := make(map[int]bool, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		if _, line, ok := parseSubject(subject); ok {
			list[line] = true
		}
	}
	return list, nil
}

// publish publishes the lines of a job that have not been answered. The stream refuses
// those that it has.
func (q *Queue) publish(ctx context.Context, j *batch.Job, answered map[int]bool) error {
	return j.Each(func(l *batch.Line) error {
		if l.Err != nil || answered[l.Number] {
			return nil
		}
		m := &nats.Msg{Subject: q.subject(work, j.ID, l.Number), Data: l.Raw,
			Header: nats.Header{headTime: {strconv.FormatInt(j.Time.Unix(), 10)}}}
		if size, most := int64(len(l.Raw)), q.conn.MaxPayload()-4096; size > most {
			r := batch.TooLarge(j.ID, l.Number, l.Raw, size, most)
			m = &nats.Msg{Subject: q.subject(done, j.ID, l.Number), Data: r.JSON, Header: nats.Header{headOK: {"0"}}}
		}
		return q.retry(ctx, func(ctx context.Context) error {
			_, err := q.js.PublishMsg(ctx, m)
			if full(err) {
				return nil
			}
			return err
		})
	})
}

// watch counts the answers to a job until all are there. It ends early, without an
// error, when none has come for long, and lines may have been lost with a server.
func (q *Queue) watch(ctx context.Context, j *batch.Job, progress func(batch.Counts)) (batch.Counts, error) {
	counts, seen := batch.Counts{Total: j.Lines + j.Bad, Failed: j.Bad}, map[int]bool{}
	tell := func() {
		if progress != nil {
			progress(counts)
		}
	}
	tell()
	if j.Lines == 0 {
		return counts, nil
	}
	c, err := q.js.OrderedConsumer(ctx, q.name+done, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{q.prefix + done + "." + j.ID + ".>"}, HeadersOnly: true})
	if err != nil {
		return counts, err
	}
	list, err := c.Messages()
	if err != nil {
		return counts, err
	}
	defer list.Stop()
	for len(seen) < j.Lines {
		quiet, cancel := context.WithTimeout(ctx, 4*q.o.AckWait)
		m, err := list.Next(jetstream.NextContext(quiet))
		silent := quiet.Err() != nil
		cancel()
		switch {
		case silent:
			return counts, nil
		case err != nil:
			return counts, err
		}
		_, line, ok := parseSubject(m.Subject())
		if !ok || seen[line] {
			continue
		}
		seen[line] = true
		if m.Headers().Get(headOK) == "1" {
			counts.Completed++
		} else {
			counts.Failed++
		}
		tell()
	}
	return counts, nil
}

// Write writes the answers to a job in the order of its lines: those of the output, or
// with failed those of the errors. A line without an answer is an error, or what missing
// says if that is not nil. It returns how many it wrote.
func (q *Queue) Write(ctx context.Context, j *batch.Job, w io.Writer, failed bool, missing func(*batch.Line) *batch.LineError) (n int, err error) {
	return j.Write(w, failed, func(l *batch.Line) (r batch.Result, err error) {
		err = q.retry(ctx, func(ctx context.Context) error {
			s, err := q.js.Stream(ctx, q.name+done)
			if err != nil {
				return err
			}
			m, err := s.GetLastMsgForSubject(ctx, q.subject(done, j.ID, l.Number))
			if err == nil {
				r = batch.Result{JSON: m.Data, OK: m.Header.Get(headOK) == "1"}
			}
			return err
		})
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			err = batch.ErrNoResult
		}
		return r, err
	}, missing)
}

// Forget removes a job: lines that wait, and answers.
func (q *Queue) Forget(ctx context.Context, job string) error {
	for _, stream := range []string{work, done} {
		err := q.retry(ctx, func(ctx context.Context) error {
			s, err := q.js.Stream(ctx, q.name+stream)
			if err != nil {
				return err
			}
			return s.Purge(ctx, jetstream.WithPurgeSubject(q.prefix+stream+"."+job+".>"))
		})
		if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return err
		}
	}
	return nil
}
