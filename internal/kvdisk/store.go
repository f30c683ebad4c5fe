// Package kvdisk keeps chunks of a prefix tree in a directory, so that they outlive
// the process.
//
// A chunk is a file of its own, named for its tokens and all those before them, so
// a file never changes: it is written under another name and renamed. Processes may
// share the directory, and it may be emptied at any time. A file that was cut or
// damaged is found by its checksums, ignored and deleted. What others than its
// owner can write to must not be used: checksums find faults, no forgeries.
package kvdisk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/querent-ai/chord/internal/kvcache"
)

// Options say where a store is and how large it may become.
type Options struct {
	Dir   string
	Bytes int64 // most bytes of all files, whoever wrote them
	// Clear makes the positions of a page of a group from the given one on
	// independent of what was there.
	Clear func(group int, page []byte, from int)
}

// Stats are figures of a store.
type Stats struct {
	Files  int   // known now
	Bytes  int64 // of them
	Budget int64
	Hits   int64 // positions read
	Writes int64 // files written
	Drops  int64 // files deleted for the budget
	Bad    int64 // files that were damaged, and deleted
	Errors int64 // files that could not be written
}

// A Store is a directory of chunks. It writes in its own goroutine.
type Store struct {
	o     Options
	wake  chan struct{}
	stop  chan struct{}
	ended chan struct{}

	mu      sync.Mutex
	byKey   map[kvcache.Key]*entry
	parents map[kvcache.Key][]*entry
	bytes   int64
	scanned time.Time // when
	dirTime time.Time // of the directory then
	until   time.Time // Close: when writing ends
	stats   Stats
}

// Open returns the store in a directory, which it makes if it is not there. It errs
// if others than the owner may write there.
func Open(o Options) (*Store, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	info, err := os.Stat(o.Dir)
	switch {
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s is no folder", o.Dir)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0:
		return nil, fmt.Errorf("others may write to %s (%v): texts would be continued from what they leave there", o.Dir, info.Mode().Perm())
	}
	s := &Store{
		o: o, wake: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{}),
		byKey: map[kvcache.Key]*entry{}, parents: map[kvcache.Key][]*entry{},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s, s.scan()
}

// Ready makes the goroutine look for chunks; it is [kvcache.Config.Ready].
func (s *Store) Ready() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Start starts to write what c offers.
func (s *Store) Start(c *kvcache.Cache) { go s.write(c) }

// Stats returns the current figures.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Files, st.Bytes, st.Budget = len(s.byKey), s.bytes, s.o.Bytes
	return st
}

// Close writes what c still offers, for at most the given time and then the file
// that it is at, and ends the goroutine that Start started.
func (s *Store) Close(limit time.Duration) {
	s.mu.Lock()
	s.until = time.Now().Add(limit)
	s.mu.Unlock()
	close(s.stop)
	<-s.ended
}

// write is the goroutine.
func (s *Store) write(c *kvcache.Cache) {
	defer close(s.ended)
	var x kvcache.Chunk
	for stopped := false; !stopped; {
		select {
		case <-s.wake:
		case <-s.stop:
			stopped = true
		}
		for !s.late() && c.Next(&x) {
			if err := s.Put(&x, c.Config().Positions); err != nil {
				s.mu.Lock()
				s.stats.Errors++
				s.mu.Unlock()
			}
		}
	}
}

// late reports whether the time of Close is over.
func (s *Store) late() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.until.IsZero() && time.Now().After(s.until)
}

// Put writes a chunk of pages with the given number of positions, unless the
// directory has it already.
func (s *Store) Put(x *kvcache.Chunk, positions int) error {
	for i := range x.Parts {
		if p := &x.Parts[i]; p.At == 0 && len(x.IDs) < positions && s.o.Clear != nil {
			s.o.Clear(p.Group, p.Bytes, len(x.IDs))
		}
	}
	head := AppendHead(fileHead(x.Parent, x.Key), x)
	e := &entry{
		key: x.Key, parent: x.Parent, tokens: len(x.IDs), size: int64(len(head)) + x.Size(),
		used: time.Now(), ids: append([]int32(nil), x.IDs...),
	}
	if !s.room(e) {
		return nil
	}
	if err := s.create(e, head, x); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(x.Key)
	s.add(e)
	s.stats.Writes++
	s.dropPrefixes(e)
	return nil
}

// create writes the file of e.
func (s *Store) create(e *entry, head []byte, x *kvcache.Chunk) (err error) {
	f, err := os.CreateTemp(s.o.Dir, temporary+"*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(head)
	for i := 0; i < len(x.Parts) && err == nil; i++ {
		_, err = f.Write(x.Parts[i].Bytes)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(s.o.Dir, e.name()))
}
