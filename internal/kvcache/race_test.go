package kvcache

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

const size = 4 // positions of a page

var errOther = errors.New("memory of another text")

// history is what a position of a text stands for: all tokens up to it.
func history(ids []int32) uint64 {
	h := fnv.New64a()
	for _, id := range ids {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(id)))
	}
	return h.Sum64()
}

// A job is a sequence that an engine shall make one of ids.
type job struct {
	s    *Seq
	ids  []int32
	done chan error
}

// TestCallersBesideEngine has callers that begin, fork, keep and end sequences
// while one goroutine computes, for several of them at a time. Every position
// holds its history, which is read back.
func TestCallersBesideEngine(t *testing.T) {
	groups := []Group{{Kind: Full, Bytes: 8 * size}, {Kind: Window, Bytes: 8 * size, Window: 5}, {Kind: State, Bytes: 8}}
	c := New(Config{Positions: size, Groups: groups, Checkpoint: 6, Budget: 32 << 10})
	c.slack = 6
	jobs := make(chan *job)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		engine(c, jobs)
	}()
	var callers sync.WaitGroup
	for k := range 4 {
		callers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(k), 2))
			for range 60 {
				caller(t, c, r, jobs)
			}
		})
	}
	callers.Wait()
	close(jobs)
	<-stopped
	c.Evict()
	c.Trim()
	if st := c.Stats(); st.Used != 0 || st.Cached != 0 || st.Free != 0 || len(c.live) != 0 {
		t.Errorf("nobody is left, yet %+v", st)
	}
	c.Close()
}

// caller does what a request does.
func caller(t *testing.T, c *Cache, r *rand.Rand, jobs chan<- *job) {
	ids := make([]int32, 1+r.IntN(40))
	for i := range ids {
		ids[i] = int32(r.IntN(16) / 15) // they begin alike
	}
	s := c.NewSeq("")
	defer s.Close()
	s.Resume(ids[:len(ids)-1])
	compute := func(s *Seq, ids []int32) {
		j := &job{s, ids, make(chan error, 1)}
		jobs <- j
		if err := <-j.done; err != nil {
			t.Error(err)
		}
	}
	compute(s, ids)
	if r.IntN(2) > 0 {
		s.Keep()
	}
	fork := s.Fork()
	defer fork.Close()
	s.Rewind(r.IntN(len(ids)))
	if r.IntN(8) == 0 {
		c.Evict()
		c.Trim()
	}
	compute(fork, append(slices.Clone(ids), 2, 3, 4, 5))
	compute(s, ids)
}

// engine computes for up to three jobs in a pass.
func engine(c *Cache, jobs <-chan *job) {
	var active []*job
	for open := true; open || len(active) > 0; {
		if len(active) == 0 {
			j, ok := <-jobs
			if !ok {
				return
			}
			active = append(active, j)
		}
		for more := true; more && open && len(active) < 3; {
			select {
			case j, ok := <-jobs:
				if open = ok; ok {
					active = append(active, j)
				}
			default:
				more = false
			}
		}
		pass(active)
		active = slices.DeleteFunc(active, func(j *job) bool {
			if j.s.Len() < len(j.ids) {
				return false
			}
			j.done <- readBack(c, j.s, j.ids)
			return true
		})
	}
}

// pass computes the next tokens of each job: memory for all of them first.
func pass(active []*job) {
	ns := make([]int, len(active))
	for i, j := range active {
		ns[i] = min(7, len(j.ids)-j.s.Len(), j.s.Limit())
		if err := j.s.Extend(ns[i]); err != nil {
			panic(err) // the budget is more than they can need
		}
	}
	var workers sync.WaitGroup
	for i, j := range active {
		workers.Go(func() {
			from := j.s.Len()
			for g, group := range j.s.c.c.Groups {
				if group.Kind == State {
					binary.LittleEndian.PutUint64(j.s.State(g), history(j.ids[:from+ns[i]]))
					continue
				}
				for k := from; k < from+ns[i]; k++ {
					binary.LittleEndian.PutUint64(j.s.Pages(g)[k/size][k%size*8:], history(j.ids[:k+1]))
				}
			}
		})
	}
	workers.Wait()
	for i, j := range active {
		j.s.Commit(j.ids[j.s.Len():][:ns[i]])
	}
}

// readBack returns an error if memory that s sees is that of another text.
func readBack(c *Cache, s *Seq, ids []int32) error {
	for g, group := range c.c.Groups {
		if group.Kind == State {
			if binary.LittleEndian.Uint64(s.State(g)) != history(ids) {
				return errOther
			}
			continue
		}
		from := 0
		if group.Kind == Window {
			from = max(0, len(ids)-group.Window+1)
		}
		for k := from; k < len(ids); k++ {
			if binary.LittleEndian.Uint64(s.Pages(g)[k/size][k%size*8:]) != history(ids[:k+1]) {
				return errOther
			}
		}
	}
	return nil
}
