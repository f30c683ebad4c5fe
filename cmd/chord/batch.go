//go:build !nobatch

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/inside"
	"github.com/querent-ai/chord/server"
	"github.com/querent-ai/chord/server/batch"
	"github.com/querent-ai/chord/server/batch/queue"
)

// batchFlags are the flags of chord batch.
type batchFlags struct {
	model   modelFlags
	name    string
	errors  string
	dir     string
	url     string
	listen  string
	worker  bool
	atOnce  int
	ackWait time.Duration
	time    string
}

// batchTime is the time that answers tell unless --time says another.
const batchTime = "2026-01-01T00:00:00Z"

// batchCommand returns chord batch.
func (a *app) batchCommand() *cobra.Command {
	var b batchFlags
	cmd := &cobra.Command{
		Use:   "batch [in.jsonl out.jsonl]",
		Short: "Answer a file of requests, on one machine or many",
		Long: "Answer a file of requests in OpenAI's batch format: a request in each line, for\n" +
			strings.Join(batch.URLs[:2], ", ") + ",\n" + strings.Join(batch.URLs[2:], " or ") + ".\n\n" +
			"Answers have the order of the requests; those that are no success go into a file\n" +
			"of errors. The bytes depend on the requests and the model alone: a request without\n" +
			"seed gets one that is a hash of its line, and the time is that of --time.\n\n" +
			"The same command goes on where it was ended, by whatever. Until the answers are\n" +
			"written they are in a folder beside them, or with --nats in NATS JetStream, from\n" +
			"where any number of workers take requests.",
		Example: `  chord batch -m model.gguf in.jsonl out.jsonl
  chord batch -m model.gguf --listen 0.0.0.0:4222 in.jsonl out.jsonl
  chord batch -m model.gguf --nats nats://host:4222 --worker`,
		Args: cobra.MaximumNArgs(2),
	}
	a.runs(cmd, func(cmd *cobra.Command, args []string) error { return b.run(cmd.Context(), a, args) })
	b.flags(cmd)
	return cmd
}

// flags registers the flags.
func (b *batchFlags) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	b.model.flags(cmd)
	f.StringVarP(&b.name, "alias", "a", "", "`name` of the model in the answers, in place of the file's")
	f.StringVar(&b.errors, "errors", "", "`file` of what is no success; without it, out.errors.jsonl")
	f.StringVar(&b.dir, "queue-dir", "", "`folder` of the work until it is done; without it, out.jsonl.batch")
	f.StringVar(&b.listen, "listen", "", "take workers of other processes at this `address`, such as 127.0.0.1:4222; anyone who\nreaches it can read and change the work")
	f.StringVar(&b.url, "nats", "", "`URL` of a NATS server with JetStream, or of chord batch --listen")
	f.BoolVar(&b.worker, "worker", false, "only answer the requests of others, until Ctrl-C; needs --nats")
	f.IntVar(&b.atOnce, "at-once", 16, "answer `N` requests at the same time")
	f.DurationVar(&b.ackWait, "ack-wait", 30*time.Second, "give the requests of a worker that is silent for this `time` to others")
	f.StringVar(&b.time, "time", batchTime, "`time` that answers and chat templates tell")
}

// check returns an error about the flags, and the time of the job.
func (b *batchFlags) check(args []string) (when time.Time, err error) {
	switch {
	case b.worker && b.url == "":
		return when, usagef("--worker: it needs --nats")
	case b.worker && len(args) > 0:
		return when, usagef("--worker: it answers the requests of others, not those of a file")
	case !b.worker && len(args) != 2:
		return when, usagef("want a file of requests and one for the answers")
	case b.listen != "" && b.url != "":
		return when, usagef("--listen starts a server, --nats names another: want one of them")
	case b.atOnce < 1:
		return when, usagef("--at-once %d: want 1 or more", b.atOnce)
	case b.ackWait < time.Second:
		return when, usagef("--ack-wait %v: want 1s or more", b.ackWait)
	}
	if when, err = time.Parse(time.RFC3339, b.time); err != nil {
		return when, usagef("--time %s: want a form such as %s", b.time, batchTime)
	}
	return when, b.model.check()
}

// run answers the requests of a file, or those of others.
func (b *batchFlags) run(ctx context.Context, a *app, args []string) error {
	when, err := b.check(args)
	if err != nil {
		return err
	}
	if !b.worker {
		if _, err := os.Stat(args[0]); err != nil { // before a model is loaded
			return err
		}
	}
	m, err := a.open(&b.model)
	if err != nil {
		return err
	}
	defer m.Close()
	name := cmp.Or(b.name, modelName(b.model.path, m))
	h, err := server.New(server.Options{Models: []server.Model{{Name: name, Loaded: m, Path: b.model.path}}, AnyModel: true, NoMetrics: true})
	if err != nil {
		return usageError{err}
	}
	defer h.Close()
	what, err := b.describe(ctx, m, name)
	if err != nil {
		return err
	}
	defer a.graceful.Store(a.graceful.Swap(true))
	o := queue.Options{Dir: b.dir, Listen: b.listen, URL: b.url, Model: what, AtOnce: b.atOnce, AckWait: b.ackWait}
	if b.worker {
		q, err := queue.Open(ctx, o)
		if err != nil {
			return err
		}
		defer q.Close()
		return q.Work(ctx, h.Handler())
	}
	j, err := batch.Open(args[0], what, "", when)
	if err != nil {
		return err
	}
	a.reads(args[0])
	return b.job(ctx, a, h, j, args[1], o)
}

// describe names all that answers depend on beside requests.
func (b *batchFlags) describe(ctx context.Context, m *chord.Model, name string) (string, error) {
	print, err := inside.Fingerprint(ctx, m)
	v := thisBuild()
	return fmt.Sprintf("%s %s %d %s %s %q %s %s", name, print, m.Context(), b.model.options.CacheTypeK, b.model.options.CacheTypeV,
		b.model.options.OverrideKV, v.Version, v.Commit), err
}

// job answers the requests of a file.
func (b *batchFlags) job(ctx context.Context, a *app, h *server.Server, j *batch.Job, out string, o queue.Options) error {
	errs := b.errorsName(out, j)
	if o.Dir == "" {
		o.Dir = cmp.Or(strings.TrimPrefix(out, "-"), j.Path) + ".batch"
	}
	if err := a.distinct(out, errs); err != nil {
		return err
	}
	if whole, err := j.Complete(out, errs); err != nil || whole {
		if err == nil {
			fmt.Fprintf(a.err, "%s has all answers already\n", printable(out))
			err = b.forget(ctx, nil, j, o.Dir)
		}
		return err
	}
	q, err := queue.Open(ctx, o)
	if err != nil {
		return err
	}
	defer q.Close()
	if s := q.Address(); s != "" {
		fmt.Fprintf(a.err, "workers: chord batch --worker --nats %s\n", s)
	}
	counts, err := b.answer(ctx, a, q, h, j)
	if err != nil {
		return err
	}
	if err := b.write(ctx, a, q, j, out, errs, counts); err != nil {
		return err
	}
	return b.forget(ctx, q, j, o.Dir)
}

// errorsName returns the name of the file of errors.
func (b *batchFlags) errorsName(out string, j *batch.Job) string {
	if b.errors != "" {
		return b.errors
	}
	if out == "-" {
		out = j.Path
	}
	ext := filepath.Ext(out)
	return strings.TrimSuffix(out, ext) + ".errors" + ext
}

// answer answers lines until the job is done.
func (b *batchFlags) answer(ctx context.Context, a *app, q *queue.Queue, h *server.Server, j *batch.Job) (batch.Counts, error) {
	working, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = q.Work(working, h.Handler()) // it ends with its context
	}()
	defer func() {
		cancel()
		<-ended
	}()
	bar := a.bar("batch", int64(j.Lines+j.Bad), func(n int64) string { return strconv.FormatInt(n, 10) })
	defer bar.end()
	return q.Run(ctx, j, func(c batch.Counts) { bar.show("batch", int64(c.Completed+c.Failed)) })
}

// write writes the answers. If the output is there, so are the errors.
func (b *batchFlags) write(ctx context.Context, a *app, q *queue.Queue, j *batch.Job, out, errs string, counts batch.Counts) error {
	names := []string{out, errs}
	if counts.Failed == 0 {
		names = names[:1]
		if err := os.Remove(errs); err != nil && !errors.Is(err, fs.ErrNotExist) { // of an input before this
			return err
		}
	}
	_, err := a.createAll(ctx, names, func(w io.Writer, i int) error {
		_, err := q.Write(ctx, j, w, i == 1, nil)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%d requests answered", counts.Completed)
	if counts.Failed > 0 {
		fmt.Fprintf(a.err, ", %d not: %s", counts.Failed, printable(errs))
	}
	fmt.Fprintln(a.err)
	return nil
}

// forget removes what the queue has of a job: of NATS its answers, else the folder.
func (b *batchFlags) forget(ctx context.Context, q *queue.Queue, j *batch.Job, dir string) error {
	if b.url != "" {
		if q == nil {
			return nil
		}
		return q.Forget(ctx, j.ID)
	}
	if q == nil {
		return queue.Remove(dir)
	}
	if err := q.Forget(ctx, j.ID); err != nil {
		return err
	}
	q.Close()
	return queue.Remove(dir)
}
