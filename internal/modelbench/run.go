package modelbench

import (
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/querent-ai/chord/internal/mmap"
)

// A runner is one run of a plan.
type runner struct {
	Plan
	out    writer
	meters map[int]*meter // by threads
	data   []byte         // of the meters
	done   int            // measurements
	total  int            // as many as there will be
}

// run measures the rows of the plan, group by group. With another program all models
// stay open and all rows are one group, since the other program prints all its
// rows at once.
func (p Plan) run(ctx context.Context, out writer) (err error) {
	r := &runner{Plan: p, out: out, meters: map[int]*meter{}, total: p.measurements()}
	defer func() { err = errors.Join(err, r.close()) }()
	var all []*row
	profiles := false
	for _, s := range p.Models {
		for _, threads := range p.Threads {
			for _, cache := range p.caches() {
				r.tell("loading %s", s.Path)
				x, err := p.open(s, threads, cache, p.positions())
				if err != nil {
					return err
				}
				if p.Profile != nil && !profiles {
					if err := pprof.StartCPUProfile(p.Profile); err != nil {
						return err
					}
					defer pprof.StopCPUProfile()
					profiles = true
				}
				if r.Vs != nil {
					defer x.close()
					all = append(all, slices.Concat(p.groups(x)...)...)
					continue
				}
				err = r.groups(ctx, p.groups(x))
				if err = errors.Join(err, x.close()); err != nil {
					return err
				}
			}
		}
	}
	if len(all) > 0 {
		return r.group(ctx, all)
	}
	return nil
}

// tell tells what is being measured.
func (r *runner) tell(format string, args ...any) {
	r.Progress(fmt.Sprintf(format, args...), r.done, r.total)
}

// measurements returns how many measurements the plan has: repetitions of all rows.
func (p Plan) measurements() int {
	tests := len(p.PG)
	for _, n := range p.Prompt {
		tests += min(n, 1)
	}
	for _, n := range p.Gen {
		tests += min(n, 1) * len(p.Seqs)
	}
	sessions := len(p.Models) * len(p.Threads) * len(p.caches())
	return sessions * len(p.Batch) * len(p.UBatch) * len(p.Depth) * tests * p.Reps
}

// close closes the meters.
func (r *runner) close() error {
	for _, m := range r.meters {
		m.pool.Close()
	}
	return mmap.Free(r.data)
}

// groups measures groups one after the other.
func (r *runner) groups(ctx context.Context, groups [][]*row) error {
	for _, g := range groups {
		if err := r.group(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// group measures the rows of a group in turn and writes them.
func (r *runner) group(ctx context.Context, rows []*row) error {
	err := r.measure(ctx, rows)
	for _, row := range rows {
		if len(row.samples) == 0 {
			continue
		}
		if e := r.out.row(row); err == nil {
			err = e
		}
	}
	return err
}

// measure repeats the rows of a group, with the other program after each round.
func (r *runner) measure(ctx context.Context, rows []*row) error {
	for rep := range r.Reps {
		for _, row := range rows {
			r.tell("%s, threads %d: %d of %d", row.Name(), row.threads, rep+1, r.Reps)
			if err := r.sample(ctx, row, rep == 0 && !r.NoWarmup); err != nil {
				return err
			}
			r.done++
		}
		if r.Vs != nil {
			r.tell("%s: %d of %d", r.Vs, rep+1, r.Reps)
			if err := r.Vs.beside(ctx, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// sample adds one repetition to row.
func (r *runner) sample(ctx context.Context, row *row, warm bool) error {
	x := row.session
	if err := x.prepare(ctx, row.Test, row.size()); err != nil {
		return err
	}
	if warm {
		r.tell("%s, threads %d: warm-up", row.Name(), row.threads)
		if err := x.warm(ctx, row.Test, row.size()); err != nil {
			return err
		}
	}
	if row.start.IsZero() {
		row.start = time.Now()
	}
	before, err := r.limit(row.threads)
	if err != nil {
		return err
	}
	d, err := x.time(ctx, row.Test, row.size())
	if err != nil {
		return err
	}
	after, err := r.limit(row.threads)
	if err != nil {
		return err
	}
	row.samples = append(row.samples, d)
	if r.Limits {
		row.limits = append(row.limits, between(before, after))
	}
	if r.Draft.measures(row) {
		if err := r.Draft.sample(ctx, row); err != nil {
			return err
		}
	}
	if r.Busy != nil {
		d, err := r.Busy.time(ctx, row)
		if err != nil {
			return err
		}
		row.beside, row.fair = append(row.beside, d), r.Busy.fair(row.threads)
	}
	return nil
}

// limit measures the limits with this many threads, if the plan asks for them.
func (r *runner) limit(threads int) (limit, error) {
	if !r.Limits {
		return limit{}, nil
	}
	m, err := r.meter(threads)
	if err != nil {
		return limit{}, err
	}
	return m.measure(), nil
}

// meter returns the meter with this many threads.
func (r *runner) meter(threads int) (*meter, error) {
	if m, ok := r.meters[threads]; ok {
		return m, nil
	}
	if r.data == nil {
		var err error
		if r.data, err = memory(); err != nil {
			return nil, err
		}
	}
	m := newMeter(threads, r.data)
	r.meters[threads] = m
	return m, nil
}
