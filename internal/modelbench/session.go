package modelbench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/bench"
	"github.com/querent-ai/chord/internal/engine"
	"github.com/querent-ai/chord/internal/inside"
	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/llama"
)

// A session is an open model and the sequences that tests run on.
type session struct {
	info    Info
	model   *chord.Model
	draft   *chord.Model // nil: none
	engine  *engine.Engine
	threads int
	cache   cache

	depth int           // tokens that every sequence keeps between tests
	seqs  []*engine.Seq // as many as any test has used so far
	ids   []int32       // random, as many as the longest sequence
}

// options returns how the model of a row is opened.
func (p *Plan) options(threads int, c cache) chord.Options {
	o := p.Options
	o.Threads, o.CacheTypeK, o.CacheTypeV = threads, c.k, c.v
	return o
}

// open opens a model for sequences of at most positions tokens.
func (p *Plan) open(s Source, threads int, cache cache, positions int) (*session, error) {
	if threads <= 0 {
		threads = par.Cores()
	}
	_, errK := llama.ParseKVType(cache.k)
	_, errV := llama.ParseKVType(cache.v)
	if err := errors.Join(errK, errV); err != nil {
		return nil, fmt.Errorf("bench: types of the key/value cache: %w", err)
	}
	f, err := s.gguf()
	if err != nil {
		return nil, err
	}
	info, err := infoOf(s, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	o := p.options(threads, cache)
	o.Context, o.NoPrefixCache = positions, true
	if p.Opens != nil {
		if err := p.Opens(o); err != nil {
			return nil, err
		}
	}
	var draft *chord.Model
	if p.Draft != nil && p.Draft.Path != "" {
		if draft, err = chord.Open(p.Draft.Path, p.Draft.options(o)); err != nil {
			return nil, err
		}
		o.Draft = draft
	}
	m, err := s.model(o)
	if err != nil {
		if draft != nil {
			draft.Close()
		}
		return nil, err
	}
	x := &session{info: info, model: m, draft: draft, engine: inside.Engine(m), threads: threads, cache: cache}
	r := rand.New(rand.NewPCG(1, 2))
	x.ids = make([]int32, positions)
	for i := range x.ids {
		x.ids[i] = r.Int32N(int32(m.Info().Vocab))
	}
	return x, nil
}

// close frees the models.
func (x *session) close() error {
	err := x.model.Close()
	if x.draft != nil {
		err = errors.Join(err, x.draft.Close())
	}
	return err
}

// prepare makes the sequences of a test hold as many tokens as its depth.
func (x *session) prepare(ctx context.Context, t bench.Test, size int) error {
	for len(x.seqs) < t.Seqs {
		x.seqs = append(x.seqs, x.engine.NewSeq(nil, engine.SeqOptions{NoPrefix: true}))
	}
	x.depth = t.Depth
	for _, s := range x.seqs {
		s.Rewind(min(s.Len(), t.Depth))
	}
	for _, s := range x.seqs[:t.Seqs] {
		if err := x.read(ctx, s, t.Depth-s.Len(), size); err != nil {
			return err
		}
	}
	return nil
}

// warm runs a test once, not measured. It generates only one token, but makes the
// cache as long as the test does.
func (x *session) warm(ctx context.Context, t bench.Test, size int) error {
	defer x.rewind()
	for _, s := range x.seqs[:t.Seqs] {
		if err := x.read(ctx, s, t.Prompt+t.Gen, size); err != nil {
			return err
		}
	}
	x.rewind()
	t.Gen = min(t.Gen, 1)
	_, err := x.time(ctx, t, size)
	return err
}

// time runs a test once and returns how long it took. It reads prompts size tokens
// at a time.
func (x *session) time(ctx context.Context, t bench.Test, size int) (time.Duration, error) {
	defer x.rewind()
	start := time.Now()
	for _, s := range x.seqs[:t.Seqs] {
		if err := x.read(ctx, s, t.Prompt, size); err != nil {
			return 0, err
		}
	}
	if err := x.generate(ctx, t); err != nil {
		return 0, err
	}
	return time.Since(start), nil
}

// generate appends tokens one by one to all sequences of a test at the same time.
func (x *session) generate(ctx context.Context, t bench.Test) error {
	if t.Seqs == 1 {
		return x.steps(ctx, 0, t.Gen)
	}
	var wg sync.WaitGroup
	errs := make([]error, t.Seqs)
	for i := range t.Seqs {
		wg.Go(func() { errs[i] = x.steps(ctx, i, t.Gen) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// steps appends n tokens to sequence i, one by one, and computes the logits of each.
func (x *session) steps(ctx context.Context, i, n int) error {
	s := x.seqs[i]
	for range n {
		at := (s.Len() + i) % len(x.ids)
		if _, err := x.engine.Forward(ctx, s, x.ids[at:at+1], 1); err != nil {
			return err
		}
	}
	return nil
}

// read appends n tokens to s, size at a time, and computes the logits of the last
// of each batch.
func (x *session) read(ctx context.Context, s *engine.Seq, n, size int) error {
	for n > 0 {
		k := min(n, size)
		if _, err := x.engine.Forward(ctx, s, x.ids[s.Len():s.Len()+k], 1); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// rewind takes every sequence back to its length before the test.
func (x *session) rewind() {
	for _, s := range x.seqs {
		s.Rewind(min(s.Len(), x.depth))
	}
}
