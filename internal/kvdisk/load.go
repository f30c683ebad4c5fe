package kvdisk

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/querent-ai/chord/internal/kvcache"
)

// Load extends kv by what the directory has of ids, which begin with its tokens,
// and returns its new length. It ends early when ctx is done.
func (s *Store) Load(ctx context.Context, kv *kvcache.Seq, ids []int32) int {
	c := kv.Config()
	root, ok := kvcache.Key{}, false
	if c.Root != nil && len(ids) > kv.Len() {
		root, ok = c.Root(kv.Salt())
	}
	if !ok {
		return kv.Len()
	}
	l := loading{s: s, c: c, kv: kv}
	l.path = s.match(root, ids, c.Positions, LimitsOf(c))
	defer l.close()
	if l.plan(kv.Len()); l.n <= kv.Len() {
		return kv.Len()
	}
	had := kv.Len()
	l.read(ctx)
	n := l.to.Commit(ids[:l.n], true)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Hits += int64(n - had)
	now := time.Now()
	for i, st := range l.path { // the first chunk is needed most
		s.touch(st.e, now.Add(-time.Duration(i)*time.Microsecond))
	}
	return n
}

// A loading is one Load.
type loading struct {
	s    *Store
	c    kvcache.Config
	kv   *kvcache.Seq
	to   *kvcache.Loader
	path []step
	n    int // positions to load
}

// plan opens the files and sets n, for a sequence that has some positions already.
func (l *loading) plan(had int) {
	l.to = l.kv.Load()
	n := 0
	for i := range l.path {
		n += l.path[i].n
	}
	if n <= had {
		l.path = nil
		return
	}
	n = 0
	for i := range l.path {
		st := &l.path[i]
		var err error
		if st.file, st.head, err = l.s.open(st.e, LimitsOf(l.c)); err == nil {
			err = st.head.Check(l.c)
		}
		if err != nil {
			l.lose(i, err)
			break
		}
		n += st.n
	}
	l.n = l.to.Feasible(n, func(chunk, group, at int) bool {
		if chunk >= len(l.path) {
			return false
		}
		_, p := l.path[chunk].part(group, at)
		return p != nil
	})
	l.path = l.path[:min(len(l.path), (l.n+l.c.Positions-1)/l.c.Positions)]
}

// part returns where a part lies behind the head, and the part, or nil.
func (st *step) part(group, at int) (int64, *PartHead) {
	offset := int64(0)
	for i := range st.head.Parts {
		p := &st.head.Parts[i]
		if p.Group == group && p.At == at {
			return offset, p
		}
		offset += p.Bytes
	}
	return 0, nil
}

// lose ends the path before a file that cannot be read, and deletes it if it is
// damaged.
func (l *loading) lose(i int, err error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	if e := l.path[i].e; errors.Is(err, ErrDamaged) {
		l.s.remove(e)
		l.s.stats.Bad++
	} else if errors.Is(err, os.ErrNotExist) {
		l.s.forget(e.key)
	}
	for k := i; k < len(l.path); k++ {
		if f := l.path[k].file; f != nil {
			f.Close()
		}
	}
	l.path = l.path[:i]
}

// close closes the files.
func (l *loading) close() {
	for i := range l.path {
		if f := l.path[i].file; f != nil {
			f.Close()
		}
	}
	if l.to != nil {
		l.to.Close()
	}
}

// read reads what n positions need.
func (l *loading) read(ctx context.Context) {
	for i := range l.path {
		err := ctx.Err()
		if err == nil {
			err = l.readChunk(i)
		}
		if err != nil {
			l.lose(i, err)
			l.n = min(l.n, i*l.c.Positions)
			return
		}
	}
}

// readChunk reads what n positions need of a chunk.
func (l *loading) readChunk(i int) error {
	st := &l.path[i]
	from, err := st.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	for g, group := range l.c.Groups {
		var buf []byte
		at := 0
		if group.Kind == kvcache.State {
			at = l.n - i*l.c.Positions
		}
		offset, p := st.part(g, at)
		switch {
		case p == nil || at > st.n || at < 0:
			continue
		case group.Kind == kvcache.State:
			buf, err = l.to.State(g, l.n)
		case l.to.Needs(l.n, i, g):
			buf, err = l.to.Page(g, i)
		default:
			continue
		}
		if err == nil {
			err = p.Read(io.NewSectionReader(st.file, from+offset, p.Bytes), buf)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
