package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/par"
	"github.com/querent-ai/chord/llama"
)

// A session is an open model and the sequences that tests run on.
type session struct {
	info    Info
	file    *gguf.File
	model   *llama.Model
	threads int
	cache   cache

	depth int          // tokens in every sequence between tests
	seqs  []*llama.Seq // as many as any test has wanted
	ids   []int32      // random, as many as the longest sequence
	batch []llama.Token
}

// open opens a model for tests whose sequences have at most positions tokens.
func open(s Source, threads int, cache cache, positions int) (*session, error) {
	if threads <= 0 {
		threads = par.Cores()
	}
	key, errK := llama.ParseKVType(cache.k)
	value, errV := llama.ParseKVType(cache.v)
	if err := errors.Join(errK, errV); err != nil {
		return nil, fmt.Errorf("bench: types of the key/value cache: %w", err)
	}
	f, err := s.gguf()
	if err != nil {
		return nil, err
	}
	info, err := infoOf(s, f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	o := llama.Options{Threads: threads, Context: positions, CacheTypeK: key, CacheTypeV: value}
	m, err := llama.Load(f, o)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	x := &session{info: info, file: f, model: m, threads: threads, cache: cache}
	r := rand.New(rand.NewPCG(1, 2))
	x.ids = make([]int32, positions)
	for i := range x.ids {
		x.ids[i] = r.Int32N(int32(m.Config().Vocab))
	}
	return x, nil
}

// close frees the model.
func (x *session) close() error { return errors.Join(x.model.Close(), x.file.Close()) }

// prepare gives the first n sequences depth tokens each, and room for a batch
// of size tokens.
func (x *session) prepare(ctx context.Context, t Test, size int) error {
	for len(x.seqs) < t.Seqs {
		x.seqs = append(x.seqs, x.model.NewSeq())
	}
	if cap(x.batch) < max(size, t.Seqs) {
		x.batch = make([]llama.Token, 0, max(size, t.Seqs))
	}
	x.depth = t.Depth
	for _, s := range x.seqs {
		s.Truncate(min(s.Len(), t.Depth))
	}
	for _, s := range x.seqs[:t.Seqs] {
		if err := x.read(ctx, s, t.Depth-s.Len(), size); err != nil {
			return err
		}
	}
	return nil
}

// warm runs a test once, untimed; of what it generates one token, and the
// memory of the others.
func (x *session) warm(ctx context.Context, t Test, size int) error {
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

// time runs a test once and returns how long it took. Prompts are read size
// tokens at a time; nothing is allocated.
func (x *session) time(ctx context.Context, t Test, size int) (time.Duration, error) {
	defer x.rewind()
	start := time.Now()
	for _, s := range x.seqs[:t.Seqs] {
		if err := x.read(ctx, s, t.Prompt, size); err != nil {
			return 0, err
		}
	}
	for range t.Gen {
		if err := x.step(ctx, t.Seqs); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

// read appends n tokens to s, size at a time, and wants the logits of the last
// of each batch.
func (x *session) read(ctx context.Context, s *llama.Seq, n, size int) error {
	for n > 0 {
		x.batch = x.batch[:min(n, size)]
		for i := range x.batch {
			x.batch[i] = llama.Token{Seq: s, ID: x.ids[s.Len()+i], Logits: i == len(x.batch)-1}
		}
		if err := x.model.Forward(ctx, x.batch); err != nil {
			return err
		}
		n -= len(x.batch)
	}
	return nil
}

// step appends a token to each of n sequences and wants their logits.
func (x *session) step(ctx context.Context, n int) error {
	x.batch = x.batch[:n]
	for i, s := range x.seqs[:n] {
		x.batch[i] = llama.Token{Seq: s, ID: x.ids[(s.Len()+i)%len(x.ids)], Logits: true}
	}
	return x.model.Forward(ctx, x.batch)
}

// rewind takes every sequence back to what was in it before the test.
func (x *session) rewind() {
	for _, s := range x.seqs {
		s.Truncate(min(s.Len(), x.depth))
	}
}
