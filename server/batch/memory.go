package batch

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// A Memory is a [Runner] that keeps answers in memory: after the end of its process a job
// begins again.
type Memory struct {
	h http.Handler

	mu   sync.Mutex
	jobs map[string]map[int]Result // by line
}

// NewMemory returns a Runner that answers lines with h, one after the other.
func NewMemory(h http.Handler) *Memory {
	return &Memory{h: h, jobs: map[string]map[int]Result{}}
}

// Run answers the lines of a job that have no answer yet.
func (m *Memory) Run(ctx context.Context, j *Job, progress func(Counts)) (Counts, error) {
	counts := Counts{Total: j.Lines + j.Bad, Failed: j.Bad}
	err := j.Each(func(l *Line) error {
		if l.Err != nil {
			return nil
		}
		r, err := m.answer(ctx, j, l)
		if err != nil {
			return err
		}
		if r.OK {
			counts.Completed++
		} else {
			counts.Failed++
		}
		progress(counts)
		return nil
	})
	return counts, err
}

// answer returns the answer to a line, which it asks for if there is none.
func (m *Memory) answer(ctx context.Context, j *Job, l *Line) (Result, error) {
	if r, ok := m.find(j.ID, l.Number); ok {
		return r, nil
	}
	for {
		r, err := Answer(ctx, m.h, j.ID, j.Time, l.Number, l.Raw)
		if err == nil {
			m.mu.Lock()
			defer m.mu.Unlock()
			if m.jobs[j.ID] == nil {
				m.jobs[j.ID] = map[int]Result{}
			}
			m.jobs[j.ID][l.Number] = r
			return r, nil
		}
		select {
		case <-ctx.Done():
			return r, context.Cause(ctx)
		case <-time.After(100 * time.Millisecond): // the server is busy
		}
	}
}

// find returns the answer to a line, if there is one.
func (m *Memory) find(job string, line int) (Result, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.jobs[job][line]
	return r, ok
}

// Write writes the answers to a job.
func (m *Memory) Write(_ context.Context, j *Job, w io.Writer, failed bool, missing func(*Line) *LineError) (int, error) {
	return j.Write(w, failed, func(l *Line) (Result, error) {
		r, ok := m.find(j.ID, l.Number)
		if !ok {
			return r, ErrNoResult
		}
		return r, nil
	}, missing)
}

// Forget removes the answers to a job.
func (m *Memory) Forget(_ context.Context, job string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.jobs, job)
	return nil
}

// Close does nothing: work ends with its context.
func (m *Memory) Close() {}
