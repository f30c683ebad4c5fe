package kvdisk

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/querent-ai/chord/internal/kvcache"
)

// A file is
//
//	"chordkv1" | key of the chunk before [32]u8 | key [32]u8 | record
//
// and named for the two keys and its number of tokens.
const (
	fileMagic = "chordkv1"
	suffix    = ".kv"
	temporary = "incomplete-"
	// stale is the age of a temporary file that nobody writes any more.
	stale = 10 * time.Minute
	// rescan is the least time between two readings of the directory.
	rescan = time.Second
	// overlaps is how many chunks after the same one are compared token by token.
	overlaps = 32
)

// An entry is a file, or was one until somebody deleted it.
type entry struct {
	key, parent kvcache.Key
	tokens      int
	size        int64
	used        time.Time
	ids         []int32 // nil: not read yet
}

// fileHead is what a file has before its record.
func fileHead(parent, key kvcache.Key) []byte {
	return slices.Concat([]byte(fileMagic), parent[:], key[:])
}

// name returns the name of the file.
func (e *entry) name() string {
	return fmt.Sprintf("%x-%x-%d%s", e.parent, e.key, e.tokens, suffix)
}

// parseName returns the entry of a file with that name, or nil.
func parseName(name string) *entry {
	base, ok := strings.CutSuffix(name, suffix)
	parts := strings.Split(base, "-")
	if !ok || len(parts) != 3 {
		return nil
	}
	e := new(entry)
	for i, to := range []*kvcache.Key{&e.parent, &e.key} {
		b, err := hex.DecodeString(parts[i])
		if err != nil || len(b) != len(to) {
			return nil
		}
		copy(to[:], b)
	}
	n, err := strconv.Atoi(parts[2])
	if e.tokens = n; err != nil || n <= 0 || e.name() != name {
		return nil
	}
	return e
}

// scan reads the names of the files, unless the directory is as it was. s.mu is
// held, as it is for all below.
func (s *Store) scan() error {
	info, err := os.Stat(s.o.Dir)
	if err != nil {
		return err
	}
	s.scanned = time.Now()
	if info.ModTime().Equal(s.dirTime) {
		return nil
	}
	files, err := os.ReadDir(s.o.Dir)
	if err != nil {
		return err
	}
	s.dirTime = info.ModTime()
	old := s.byKey
	s.byKey, s.parents, s.bytes = map[kvcache.Key]*entry{}, map[kvcache.Key][]*entry{}, 0
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			continue // it has gone
		}
		if strings.HasPrefix(f.Name(), temporary) && time.Since(info.ModTime()) > stale {
			_ = os.Remove(filepath.Join(s.o.Dir, f.Name()))
		}
		if e := parseName(f.Name()); e != nil && info.Mode().IsRegular() {
			e.size, e.used = info.Size(), info.ModTime()
			if was := old[e.key]; was != nil {
				e.ids = was.ids
			}
			s.add(e)
		}
	}
	s.shrink(0)
	return nil
}

// rescan scans if that was not done lately.
func (s *Store) rescan() {
	if time.Since(s.scanned) > rescan {
		_ = s.scan() // the files that are known may still be there
	}
}

// add adds e to the index.
func (s *Store) add(e *entry) {
	if s.byKey[e.key] != nil {
		return
	}
	s.byKey[e.key] = e
	s.parents[e.parent] = append(s.parents[e.parent], e)
	s.bytes += e.size
}

// forget removes a file from the index.
func (s *Store) forget(k kvcache.Key) {
	e := s.byKey[k]
	if e == nil {
		return
	}
	delete(s.byKey, k)
	list := slices.DeleteFunc(s.parents[e.parent], func(o *entry) bool { return o == e })
	if s.parents[e.parent] = list; len(list) == 0 {
		delete(s.parents, e.parent)
	}
	s.bytes -= e.size
}

// remove deletes a file.
func (s *Store) remove(e *entry) {
	s.forget(e.key)
	_ = os.Remove(filepath.Join(s.o.Dir, e.name())) // another process may have done it
}

// room makes room for e and reports whether it shall be written.
func (s *Store) room(e *entry) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rescan()
	if was := s.byKey[e.key]; was != nil && was.size >= e.size {
		s.touch(was, e.used)
		return false
	}
	if e.size > s.o.Bytes {
		return false
	}
	s.shrink(e.size)
	return true
}

// shrink deletes the least recently used files until there is room for more.
func (s *Store) shrink(more int64) {
	if s.bytes+more <= s.o.Bytes {
		return
	}
	all := make([]*entry, 0, len(s.byKey))
	for _, e := range s.byKey {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *entry) int { return cmp.Or(a.used.Compare(b.used), bytes.Compare(a.key[:], b.key[:])) })
	for _, e := range all {
		if s.bytes+more <= s.o.Bytes {
			return
		}
		if s.usedElsewhere(e) {
			continue
		}
		s.remove(e)
		s.stats.Drops++
	}
	s.shrink(more) // those that others use are not the oldest now
}

// usedElsewhere reports whether another process has used e meanwhile.
func (s *Store) usedElsewhere(e *entry) bool {
	info, err := os.Stat(filepath.Join(s.o.Dir, e.name()))
	if err != nil || !info.ModTime().After(e.used) {
		return false
	}
	e.used = info.ModTime()
	return true
}

// touch marks e as used.
func (s *Store) touch(e *entry, now time.Time) {
	e.used = now
	_ = os.Chtimes(filepath.Join(s.o.Dir, e.name()), now, now)
}

// dropPrefixes deletes the ends of texts that e goes on.
func (s *Store) dropPrefixes(e *entry) {
	for _, o := range slices.Clone(s.parents[e.parent]) {
		if o.tokens < e.tokens && o.key == e.parent.Next(e.ids[:o.tokens]) {
			s.remove(o)
		}
	}
}

// open opens the file of e and reads its head.
func (s *Store) open(e *entry, most Limits) (*os.File, *Head, error) {
	f, err := os.Open(filepath.Join(s.o.Dir, e.name()))
	if err != nil {
		return nil, nil, err
	}
	b := make([]byte, len(fileMagic)+2*len(e.key))
	head := new(Head)
	if _, err = io.ReadFull(f, b); err != nil {
		err = cut(err)
	} else if !bytes.Equal(b, fileHead(e.parent, e.key)) {
		err = fmt.Errorf("another file has this name: %w", ErrDamaged)
	} else if head, err = ReadHead(f, most); err == nil && e.parent.Next(head.IDs) != e.key {
		err = fmt.Errorf("its tokens are others: %w", ErrDamaged)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, head, nil
}
