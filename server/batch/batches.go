package batch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// A Batch is a batch of a store, as OpenAI's API describes it.
type Batch struct {
	ID         string            `json:"id"`
	Object     string            `json:"object"` // "batch"
	Endpoint   string            `json:"endpoint"`
	Errors     *Errors           `json:"errors"`
	Input      string            `json:"input_file_id"`
	Window     string            `json:"completion_window"`
	Status     string            `json:"status"`
	Output     *string           `json:"output_file_id"`
	Failures   *string           `json:"error_file_id"`
	Created    int64             `json:"created_at"`
	InProgress *int64            `json:"in_progress_at"`
	Expires    int64             `json:"expires_at"`
	Finalizing *int64            `json:"finalizing_at"`
	Completed  *int64            `json:"completed_at"`
	Failed     *int64            `json:"failed_at"`
	Expired    *int64            `json:"expired_at"`
	Cancelling *int64            `json:"cancelling_at"`
	Cancelled  *int64            `json:"cancelled_at"`
	Counts     RequestCounts     `json:"request_counts"`
	Metadata   map[string]string `json:"metadata"`
}

// RequestCounts count the lines of a batch.
type RequestCounts struct {
	Total     int `json:"total"`
	Completed int `json:"completed"`
	Failed    int `json:"failed"`
}

// Errors say why a batch has failed.
type Errors struct {
	Object string       `json:"object"` // "list"
	Data   []BatchError `json:"data"`
}

// A BatchError says what is wrong with a line, or with all.
type BatchError struct {
	Code    string  `json:"code"`
	Line    *int    `json:"line"`
	Message string  `json:"message"`
	Param   *string `json:"param"`
}

// The states of a batch.
const (
	Validating = "validating"
	InProgress = "in_progress"
	Finalizing = "finalizing"
	Completed  = "completed"
	Failed     = "failed"
	Expired    = "expired"
	Cancelling = "cancelling"
	Cancelled  = "cancelled"
)

// Ended reports whether nothing changes any more.
func (b *Batch) Ended() bool {
	return slices.Contains([]string{Completed, Failed, Expired, Cancelled}, b.Status)
}

// set sets the status, and the time of it.
func (b *Batch) set(status string) {
	b.Status = status
	at := time.Now().Unix()
	for s, to := range map[string]**int64{InProgress: &b.InProgress, Finalizing: &b.Finalizing, Completed: &b.Completed,
		Failed: &b.Failed, Expired: &b.Expired, Cancelling: &b.Cancelling, Cancelled: &b.Cancelled} {
		if s == status && *to == nil {
			*to = &at
		}
	}
}

// window is the time after which a batch expires.
const window = 24 * time.Hour

// errExpired and errCancelled are the causes when a batch ends early.
var (
	errExpired   = errors.New("the batch has expired")
	errCancelled = errors.New("the batch was cancelled")
)

// Create makes a batch of a file and begins to work on it. The error of a file that is not
// there is fs.ErrNotExist.
func (s *Store) Create(input, endpoint string, metadata map[string]string) (Batch, error) {
	if _, err := s.File(input); err != nil {
		return Batch{}, err
	}
	all, err := s.Batches()
	if err != nil {
		return Batch{}, err
	}
	if n := len(slices.DeleteFunc(slices.Clone(all), func(b Batch) bool { return b.Ended() })); n >= maxRunning {
		return Batch{}, fmt.Errorf("%w: %d batches have not ended", ErrFull, n)
	}
	for i := len(all) - 1; i >= maxBatches-1; i-- { // the oldest go
		if all[i].Ended() {
			os.Remove(s.path(all[i].ID, ".json"))
		}
	}
	now := time.Now()
	b := Batch{ID: newID("batch_"), Object: "batch", Endpoint: endpoint, Input: input, Window: "24h", Status: Validating,
		Created: now.Unix(), Expires: now.Add(window).Unix(), Metadata: metadata}
	if err := s.write(b.ID, &b); err != nil {
		return b, err
	}
	if err := s.start(b); err != nil {
		os.Remove(s.path(b.ID, ".json"))
		return b, err
	}
	return b, nil
}

// Batch returns a batch. The error of one that is not there is fs.ErrNotExist.
func (s *Store) Batch(id string) (b Batch, err error) {
	if err = s.read(id, "batch_", &b); err != nil {
		return b, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.running[id]; a != nil && !b.Ended() { // it knows more than the disk
		if a.told {
			b.Counts = RequestCounts(a.counts)
		}
		if a.cancelling != nil {
			b.Status, b.Cancelling = Cancelling, a.cancelling
		}
	}
	return b, nil
}

// Batches returns the batches, the newest first.
func (s *Store) Batches() (all []Batch, err error) {
	err = s.list("batch_", func(id string) error {
		b, err := s.Batch(id)
		if err == nil {
			all = append(all, b)
		}
		return err
	})
	slices.SortFunc(all, func(a, b Batch) int { return cmp.Or(cmp.Compare(b.Created, a.Created), strings.Compare(a.ID, b.ID)) })
	return all, err
}

// Cancel ends a batch early, with the answers that there are. It has not ended when Cancel
// returns, unless it had before.
func (s *Store) Cancel(id string) (Batch, error) {
	b, err := s.Batch(id)
	if err != nil || b.Ended() || b.Status == Cancelling {
		return b, err
	}
	s.mu.Lock()
	a := s.running[id]
	if a != nil && a.cancelling == nil {
		a.cancelling = new(time.Now().Unix())
		a.cancel(errCancelled)
	}
	s.mu.Unlock()
	if a == nil {
		return b, ErrElsewhere
	}
	return s.Batch(id)
}

// ErrElsewhere is the error of a batch that another process works on.
var ErrElsewhere = errors.New("another server works on the batch")

// An active batch is one that is worked on.
type active struct {
	cancel     context.CancelCauseFunc
	cancelling *int64 // when it was cancelled
	counts     Counts
	told       bool // the counts are
}

// start begins to work on a batch.
func (s *Store) start(b Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	if s.runner == nil {
		if s.handler == nil {
			return fmt.Errorf("%w: no server serves them", ErrNoRunner)
		}
		r, err := s.o.Open(s.ctx, s.handler)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoRunner, err)
		}
		s.runner = r
	}
	if s.running[b.ID] != nil {
		return nil
	}
	ctx, stop := context.WithDeadlineCause(s.ctx, time.Unix(b.Expires, 0), errExpired)
	ctx, cancel := context.WithCancelCause(ctx)
	a := &active{cancel: cancel}
	s.running[b.ID] = a
	w := &work{s: s, r: s.runner, b: b, a: a}
	s.wg.Go(func() {
		defer stop()
		defer cancel(nil)
		w.run(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.running, b.ID)
	})
	return nil
}

// A work is the work on one batch.
type work struct {
	s *Store
	r Runner
	b Batch
	a *active
}

// run works on the batch until it has ended or the store is closed. An error of the disk
// leaves it as it is, for the next start.
func (w *work) run(ctx context.Context) {
	err := w.answer(ctx)
	if w.s.ctx.Err() != nil || err == nil {
		return
	}
	w.b.Errors = &Errors{"list", []BatchError{{Code: "server_error", Message: err.Error()}}}
	w.b.set(Failed)
	_ = w.save()
}

// save writes the batch.
func (w *work) save() error { return w.s.write(w.b.ID, &w.b) }

// answer answers the lines and writes the answers.
func (w *work) answer(ctx context.Context) error {
	j, ok, err := w.validate()
	if err != nil || !ok {
		return err
	}
	if w.b.Status == Validating {
		w.b.set(InProgress)
		w.b.Counts.Total = j.Lines
		if err := w.save(); err != nil {
			return err
		}
	}
	if w.b.Cancelling == nil {
		var counts Counts
		counts, err = w.r.Run(ctx, j, func(c Counts) {
			w.s.mu.Lock()
			defer w.s.mu.Unlock()
			w.a.counts, w.a.told = c, true
		})
		w.b.Counts = RequestCounts(counts)
	}
	why := context.Cause(ctx)
	switch {
	case w.s.ctx.Err() != nil:
		return why
	case w.b.Cancelling != nil || errors.Is(why, errCancelled):
		if w.b.Cancelling == nil {
			w.b.Cancelling = w.a.cancelling
		}
		w.b.Status = Cancelling
		return w.finish(j, Cancelled, &LineError{Code: "batch_cancelled", Message: errCancelled.Error()})
	case errors.Is(why, errExpired):
		w.b.set(Finalizing)
		return w.finish(j, Expired, &LineError{Code: "batch_expired", Message: errExpired.Error()})
	case err != nil:
		return err
	}
	w.b.set(Finalizing)
	return w.finish(j, Completed, nil)
}

// maxErrors bounds the errors of a batch that fails.
const maxErrors = 100

// validate reads the input. A batch with lines that cannot be answered fails, and ok is
// false.
func (w *work) validate() (j *Job, ok bool, err error) {
	j, err = Open(w.s.path(w.b.Input, ".jsonl"), w.b.ID, w.b.Endpoint, time.Unix(w.b.Created, 0).UTC())
	if err != nil {
		return nil, false, err
	}
	var list []BatchError
	switch n := j.Lines + j.Bad; {
	case n == 0:
		list = []BatchError{{Code: "empty_file", Message: "the file has no requests"}}
	case n > maxLines:
		list = []BatchError{{Code: "too_many_tasks", Message: fmt.Sprintf("the file has %d requests, at most %d", n, maxLines)}}
	case j.Bad > 0:
		err = j.Each(func(l *Line) error {
			if e, ok := errors.AsType[*LineError](l.Err); ok && len(list) < maxErrors {
				list = append(list, BatchError{e.Code, &e.Number, e.Error(), param(e)})
			}
			return nil
		})
	}
	if err != nil || len(list) == 0 {
		return j, err == nil, err
	}
	w.b.Errors = &Errors{"list", list}
	w.b.set(Failed)
	return nil, false, w.save()
}

// param returns the field of an error, nil for none.
func param(e *LineError) *string {
	if e.Param == "" {
		return nil
	}
	return &e.Param
}

// finish writes the answers and ends the batch. Lines without one have the error why.
func (w *work) finish(j *Job, status string, why *LineError) error {
	if err := w.save(); err != nil {
		return err
	}
	var missing func(*Line) *LineError
	if why != nil {
		missing = func(l *Line) *LineError { return &LineError{l.Number, why.Code, "", why.Message} }
	}
	output, completed, err := w.file(j, false, missing)
	if err != nil {
		return err
	}
	failures, failed, err := w.file(j, true, missing)
	if err != nil {
		return err
	}
	w.b.Output, w.b.Failures = output, failures
	w.b.Counts = RequestCounts{j.Lines, completed, failed}
	w.b.set(status)
	if err := w.save(); err != nil {
		return err
	}
	_ = w.r.Forget(w.s.ctx, j.ID) // what is left of it is in nobody's way
	return nil
}

// file keeps the output, or the errors, as a file; none if it has no line. Its id is that
// of the batch, so that a server that ended meanwhile has not made another one.
func (w *work) file(j *Job, failed bool, missing func(*Line) *LineError) (id *string, n int, err error) {
	kind := "output"
	if failed {
		kind = "error"
	}
	sum := sha256.Sum256([]byte(w.b.ID + " " + kind))
	f := File{ID: "file-" + hex.EncodeToString(sum[:12]), Object: "file", Created: time.Now().Unix(),
		Name: w.b.ID + "_" + kind + ".jsonl", Purpose: "batch_output", Status: "processed"}
	err = w.s.keep(&f, func(to io.Writer) error {
		n, err = w.r.Write(w.s.ctx, j, to, failed, missing)
		return err
	})
	if err == nil && n == 0 {
		return nil, 0, w.s.drop(f.ID)
	}
	return &f.ID, n, err
}
