package kvdisk

import (
	"os"
	"slices"

	"github.com/querent-ai/chord/internal/kvcache"
)

// A step is a file of a path, and how many of its tokens are those looked for.
type step struct {
	e    *entry
	n    int
	head *Head
	file *os.File // after the head
}

// match returns the files along ids after the root, of chunks of the given number
// of tokens.
func (s *Store) match(root kvcache.Key, ids []int32, positions int, most Limits) []step {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rescan()
	var path []step
	for key := root; len(ids) > 0; {
		best := s.best(key, ids, positions, most)
		if best.e == nil {
			break
		}
		path = append(path, best)
		if best.n < positions {
			break
		}
		key, ids = best.e.key, ids[positions:]
	}
	return path
}

// best returns the file after a chunk that has the most of ids.
func (s *Store) best(parent kvcache.Key, ids []int32, positions int, most Limits) step {
	var best step
	children := s.parents[parent]
	if len(children) == 0 {
		return best
	}
	if len(ids) >= positions {
		if e := s.byKey[parent.Next(ids[:positions])]; e != nil && e.parent == parent {
			return step{e: e, n: positions}
		}
	}
	lengths := map[int]bool{}
	for _, e := range children {
		if e.tokens > best.n && e.tokens <= len(ids) && !lengths[e.tokens] {
			lengths[e.tokens] = true
			if e := s.byKey[parent.Next(ids[:e.tokens])]; e != nil && e.parent == parent {
				best = step{e: e, n: e.tokens}
			}
		}
	}
	for _, e := range slices.Backward(children[max(0, len(children)-overlaps):]) {
		if n := common(s.idsOf(e, most), ids); n > best.n {
			best = step{e: e, n: n}
		}
	}
	return best
}

// idsOf returns the tokens of e, or none if its file is not there.
func (s *Store) idsOf(e *entry, most Limits) []int32 {
	if e.ids == nil {
		if f, head, err := s.open(e, most); err == nil {
			f.Close()
			e.ids = head.IDs
		}
	}
	return e.ids
}

// common returns the length of the common prefix of a and b.
func common(a, b []int32) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
