// Package queue gives the lines of batches to workers, through NATS JetStream: a server
// inside the process, or one that many machines share.
//
// Two streams have the lines. A subject of the first is a line that is to be answered:
// it leaves when a worker acknowledges it, and comes again when the worker is silent for
// AckWait. A subject of the second is the answer to a line. Each subject takes one
// message and refuses a second one, so a line cannot wait twice, however often it is
// published, and its first answer stays. A worker acknowledges a line after its answer
// is stored: whoever dies when, every line has one answer in the end.
package queue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Options are the options of [Open].
type Options struct {
	// Dir is the folder of the server inside the process. One process uses it at a
	// time.
	Dir string
	// Listen is the address at which that server takes workers of other processes,
	// such as "127.0.0.1:4222"; "" means none.
	Listen string
	// URL is that of another NATS server with JetStream, in place of one inside.
	URL string
	// Model names what answers: models and versions. Workers get the lines of jobs
	// with the same name only.
	Model string
	// AtOnce is how many lines a worker answers at the same time. 0 means 16.
	AtOnce int
	// AckWait is how long a worker may be silent before its lines are given to
	// others. 0 means 30 seconds.
	AckWait time.Duration
}

// A Queue has jobs and workers. Any goroutine may use it.
type Queue struct {
	o      Options
	unlock func() // nil without a server inside
	server *server.Server
	conn   *nats.Conn
	js     jetstream.JetStream
	prefix string // of all subjects
	name   string // of streams begins so
}

// Open starts the server, or connects to one.
func Open(ctx context.Context, o Options) (*Queue, error) {
	if o.AtOnce <= 0 {
		o.AtOnce = 16
	}
	if o.AckWait <= 0 {
		o.AckWait = 30 * time.Second
	}
	sum := sha256.Sum256([]byte(o.Model))
	key := hex.EncodeToString(sum[:8])
	q := &Queue{o: o, prefix: "chord.batch." + key + ".", name: "chord-batch-" + key + "-"}
	err := q.connect()
	if err == nil {
		q.js, err = jetstream.New(q.conn, jetstream.WithPublishAsyncMaxPending(256))
	}
	if err == nil {
		err = q.retry(ctx, q.create)
	}
	if err != nil {
		q.Close()
		return nil, fmt.Errorf("batch queue: %w", err)
	}
	return q, nil
}

// connect connects, after the start of the server if it is one inside.
func (q *Queue) connect() (err error) {
	options := []nats.Option{nats.Name("chord batch"), nats.MaxReconnects(-1), nats.ReconnectWait(200 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 100*time.Millisecond), nats.RetryOnFailedConnect(true)}
	if q.o.URL == "" {
		if err := q.start(); err != nil {
			return err
		}
		options = append(options, nats.InProcessServer(q.server))
	}
	q.conn, err = nats.Connect(q.o.URL, options...)
	return err
}

// Close ends the connection, and the server inside.
func (q *Queue) Close() {
	if q.conn != nil {
		q.conn.Close()
	}
	if q.server != nil {
		q.server.Shutdown()
		q.server.WaitForShutdown()
	}
	if q.unlock != nil {
		q.unlock()
	}
}

// Address returns where workers of other processes connect, "" if nowhere.
func (q *Queue) Address() string {
	if q.server == nil || q.o.Listen == "" {
		return ""
	}
	return q.server.ClientURL()
}

// work and done name the streams, and begin their subjects.
const (
	work = "work"
	done = "done"
)

// workers is the name of the consumer that all workers share.
const workers = "workers"

// create creates the streams that are not there. An operator may have created them,
// with replicas.
func (q *Queue) create(ctx context.Context) error {
	for _, s := range []struct {
		name      string
		retention jetstream.RetentionPolicy
	}{{work, jetstream.WorkQueuePolicy}, {done, jetstream.LimitsPolicy}} {
		_, err := q.js.Stream(ctx, q.name+s.name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			_, err = q.js.CreateStream(ctx, jetstream.StreamConfig{Name: q.name + s.name, Subjects: []string{q.prefix + s.name + ".>"},
				Retention: s.retention, Storage: jetstream.FileStorage, AllowDirect: true,
				MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true})
			if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
				err = nil
			}
		}
		if err != nil {
			return err
		}
	}
	_, err := q.js.CreateOrUpdateConsumer(ctx, q.name+work, jetstream.ConsumerConfig{Durable: workers,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: q.o.AckWait, MaxAckPending: -1})
	return err
}

// subject returns the subject of a line in a stream.
func (q *Queue) subject(stream, job string, line int) string {
	return q.prefix + stream + "." + job + "." + strconv.Itoa(line)
}

// parseSubject returns the job and the line of a subject.
func parseSubject(subject string) (job string, line int, ok bool) {
	part := strings.Split(subject, ".")
	if len(part) < 3 {
		return "", 0, false
	}
	line, err := strconv.Atoi(part[len(part)-1])
	return part[len(part)-2], line, err == nil && line > 0
}

// full reports whether a subject had its message already.
func full(err error) bool {
	e := answerOf(err)
	return e != nil && e.ErrorCode == storeFailed && strings.Contains(e.Description, "per subject")
}

// answerOf returns the error that the server answered, nil if there was no answer.
func answerOf(err error) *jetstream.APIError {
	if e, ok := errors.AsType[jetstream.JetStreamError](err); ok {
		return e.APIError()
	}
	return nil
}

// storeFailed is JetStream's code of a message that a stream does not take.
const storeFailed = 10077

// The time between tries while the server cannot be reached.
const (
	retryTime = 200 * time.Millisecond
	tryTime   = 10 * time.Second
)

// retry calls f until it succeeds or ctx is done. Servers come back; what one that runs
// has answered is final.
func (q *Queue) retry(ctx context.Context, f func(context.Context) error) error {
	for {
		try, cancel := context.WithTimeout(ctx, tryTime)
		err := f(try)
		cancel()
		if e := answerOf(err); err == nil || e != nil && (e.Code < 500 || full(err)) {
			return err
		}
		if !pause(ctx, retryTime) {
			return context.Cause(ctx)
		}
	}
}

// pause waits, and reports whether ctx is not done.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
