package modelbench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/simd"
)

// A loadRow is how long a model takes to load. Sample i of every list belongs to
// repetition i.
type loadRow struct {
	Info
	threads int
	cache   cache
	tier    string
	file    int64 // bytes, all parts

	start time.Time
	loads []time.Duration // opening the model
	first []time.Duration // from the start of opening to the first token
	reads []time.Duration // plain reads of the file, in turn with loading
	peaks []float64       // most resident bytes until the first token
}

// Load measures, for every model, number of threads and type of cache, the time to
// open the model, the time to its first token and the memory that this needs, in
// turn with a plain read of the file by as many threads. The first read is not
// counted, nor without NoWarmup the first opening: the file is in the page cache.
//
// peak returns the most resident memory in bytes since reset was called, 0 if
// the system does not tell.
func (p Plan) Load(ctx context.Context, w io.Writer, format string, reset func(), peak func() int64) error {
	p.defaults()
	out, err := newWriter(w, format, p)
	if err != nil {
		return err
	}
	for _, s := range p.Models {
		for _, threads := range p.Threads {
			for _, c := range p.caches() {
				if err == nil {
					err = p.load(ctx, out, s, p.options(threads, c), reset, peak)
				}
			}
		}
	}
	if e := out.end(); err == nil {
		err = e
	}
	return err
}

// load measures one row and writes it.
func (p Plan) load(ctx context.Context, out writer, s Source, o chord.Options, reset func(), peak func() int64) error {
	if o.Threads <= 0 {
		o.Threads = par.Cores()
	}
	r, err := newLoadRow(s, o)
	if err != nil {
		return err
	}
	pool := simd.NewPool(o.Threads)
	defer pool.Close()
	if _, err := plainRead(s, pool); err != nil {
		return err
	}
	if !p.NoWarmup {
		if _, _, err = firstToken(ctx, s, o); err != nil {
			return err
		}
	}
	r.start = time.Now()
	for rep := range p.Reps {
		p.Progress(fmt.Sprintf("load, threads %d: %d of %d", o.Threads, rep+1, p.Reps), rep, p.Reps)
		if err = r.sample(ctx, s, o, pool, reset, peak); err != nil {
			break
		}
	}
	if len(r.loads) > 0 {
		err = errors.Join(err, out.load(r))
	}
	return err
}

// newLoadRow returns a row without samples.
func newLoadRow(s Source, o chord.Options) (*loadRow, error) {
	f, err := s.gguf()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := infoOf(s, f)
	r := &loadRow{Info: info, threads: o.Threads, cache: cache{o.CacheTypeK, o.CacheTypeV}, tier: simd.Tier()}
	for _, part := range f.Parts {
		r.file += part.Size
	}
	return r, err
}

// sample adds a repetition.
func (r *loadRow) sample(ctx context.Context, s Source, o chord.Options, pool *simd.Pool, reset func(), peak func() int64) error {
	read, err := plainRead(s, pool)
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // memory of the last repetition does not count here
	reset()
	load, first, err := firstToken(ctx, s, o)
	if err != nil {
		return err
	}
	r.loads, r.first, r.reads = append(r.loads, load), append(r.first, first), append(r.reads, read)
	if n := peak(); n > 0 {
		r.peaks = append(r.peaks, float64(n))
	}
	return nil
}

// firstToken opens the model and generates one token after one other.
func firstToken(ctx context.Context, s Source, o chord.Options) (load, first time.Duration, err error) {
	start := time.Now()
	m, err := s.model(o)
	if err != nil {
		return 0, 0, err
	}
	load = time.Since(start)
	params := chord.Params{Temperature: chord.Greedy, MaxTokens: 1, IgnoreEOS: true, NoBOS: true}
	for _, err = range m.Generate(ctx, "a", params) {
		first = time.Since(start)
	}
	return load, first, errors.Join(err, m.Close())
}

// plainRead maps and reads every byte of the file's parts and returns how long that
// took.
func plainRead(s Source, pool *simd.Pool) (time.Duration, error) {
	f, err := s.gguf()
	if err != nil {
		return 0, err
	}
	names := []string{s.Path}
	if len(f.Parts) > 1 {
		names = nil
		for _, part := range f.Parts {
			names = append(names, part.Name)
		}
	}
	if err := f.Close(); err != nil {
		return 0, err
	}
	var took time.Duration
	for _, name := range names {
		start := time.Now()
		data, done, err := s.bytes(name)
		if err != nil {
			return 0, err
		}
		pool.Run(len(data), readStep, &readView{data})
		took += time.Since(start)
		if err := done(); err != nil {
			return 0, err
		}
	}
	return took, nil
}

// A readView reads bytes.
type readView struct{ data []byte }

// Do reads bytes [lo, hi).
func (v *readView) Do(_, lo, hi int) { simd.Read(v.data[lo:hi]) }
