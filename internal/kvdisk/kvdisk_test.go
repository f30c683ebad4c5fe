package kvdisk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/querent-ai/chord/internal/kvcache"
)

const size = 4 // positions of a page

// groups are the kinds of caches.
var groups = map[string][]kvcache.Group{
	"full":   {{Kind: kvcache.Full, Bytes: 8 * size}},
	"window": {{Kind: kvcache.Full, Bytes: 8 * size}, {Kind: kvcache.Window, Bytes: 8 * size, Window: 6}},
	"state":  {{Kind: kvcache.Full, Bytes: 8 * size}, {Kind: kvcache.State, Bytes: 8}},
}

// newCache returns a cache whose chunks a store in dir keeps.
func newCache(t testing.TB, g []kvcache.Group, o Options) (*kvcache.Cache, *Store) {
	t.Helper()
	if o.Bytes == 0 {
		o.Bytes = 1 << 20
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	c := kvcache.New(kvcache.Config{Positions: size, Groups: g, Checkpoint: size, Ready: s.Ready,
		Root: func(salt string) (kvcache.Key, bool) { return kvcache.Key{1}, salt == "" }})
	c.ForTest(2*size, false)
	t.Cleanup(c.Close)
	return c, s
}

// history is what a position holds.
func history(ids []int32) uint64 {
	h := fnv.New64a()
	for _, id := range ids {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(id)))
	}
	return h.Sum64()
}

// compute adds ids to s, which holds the history of each position.
func compute(t testing.TB, s *kvcache.Seq, ids []int32) {
	t.Helper()
	all := slices.Clone(ids)
	for s.Len() < len(all) {
		from := s.Len()
		n := min(s.Limit(), len(all)-from, size)
		if err := s.Extend(n); err != nil {
			t.Fatal(err)
		}
		for g, group := range s.Config().Groups {
			if group.Kind == kvcache.State {
				binary.LittleEndian.PutUint64(s.State(g), history(all[:from+n]))
				continue
			}
			for i := from; i < from+n; i++ {
				binary.LittleEndian.PutUint64(s.Pages(g)[i/size][i%size*8:], history(all[:i+1]))
			}
		}
		s.Commit(all[from : from+n])
	}
}

// holds reports whether s holds the history of ids where it must.
func holds(t *testing.T, s *kvcache.Seq, ids []int32) {
	t.Helper()
	n := s.Len()
	for g, group := range s.Config().Groups {
		from := 0
		switch group.Kind {
		case kvcache.State:
			if n > 0 && binary.LittleEndian.Uint64(s.State(g)) != history(ids[:n]) {
				t.Errorf("the state after %d positions is another", n)
			}
			continue
		case kvcache.Window:
			from = max(0, n-group.Window+1)
		}
		for i := from; i < n; i++ {
			if got := binary.LittleEndian.Uint64(s.Pages(g)[i/size][i%size*8:]); got != history(ids[:i+1]) {
				t.Errorf("group %d, position %d holds another text", g, i)
			}
		}
	}
}

// text returns n tokens, the first some of which are the same for all seeds.
func text(n, same, seed int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		if ids[i] = int32(i); i >= same {
			ids[i] += int32(1000 * (seed + 1))
		}
	}
	return ids
}

// write lets a new cache compute texts, and the directory have them.
func write(t testing.TB, g []kvcache.Group, o Options, texts ...[]int32) {
	t.Helper()
	c, s := newCache(t, g, o)
	s.Start(c)
	for _, ids := range texts {
		q := c.NewSeq("")
		q.Resume(ids)
		compute(t, q, ids)
		q.Close()
	}
	s.Close(time.Hour)
}

// What one process wrote another one loads, as far as the kind of cache can resume.
func TestLoad(t *testing.T) {
	base := text(22, 9, 0)
	for name, g := range groups {
		for _, test := range []struct {
			name string
			ids  []int32
			want map[string]int
		}{
			{"the text", base, map[string]int{"full": 22, "window": 22, "state": 22}},
			{"and more", append(slices.Clone(base), 5, 6), map[string]int{"full": 22, "window": 22, "state": 22}},
			{"a part", base[:18], map[string]int{"full": 18, "window": 18, "state": 16}},
			{"another end", text(22, 9, 7), map[string]int{"full": 9, "window": -1, "state": 8}},
			{"another text", []int32{7, 8, 9}, map[string]int{"full": 0, "window": 0, "state": 0}},
		} {
			t.Run(name+"/"+test.name, func(t *testing.T) {
				o := Options{Dir: t.TempDir()}
				write(t, g, o, base)
				c, s := newCache(t, g, o)
				q := c.NewSeq("")
				defer q.Close()
				n := s.Load(t.Context(), q, test.ids)
				if want := test.want[name]; n != q.Len() || n != want && want >= 0 {
					t.Errorf("%d positions, want %d", n, want)
				}
				holds(t, q, test.ids)
				if st := s.Stats(); st.Hits != int64(n) || st.Bad > 0 {
					t.Errorf("%+v", st)
				}
				if other := c.NewSeq("salted"); s.Load(t.Context(), other, test.ids) > 0 {
					t.Error("a sequence of another salt has it too")
				}
			})
		}
	}
}

// Each changed byte and each length of a file is found where the file is read: what
// is loaded is right, and what is damaged goes.
func TestDamaged(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	ids := text(6, 6, 0)
	write(t, groups["full"], o, ids)
	names, err := os.ReadDir(o.Dir)
	if err != nil || len(names) != 2 {
		t.Fatalf("%v, %v", names, err)
	}
	for _, f := range names {
		name := filepath.Join(o.Dir, f.Name())
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 * len(raw) {
			b := slices.Clone(raw)
			if i < len(raw) {
				b[i] ^= 0x10
			} else {
				b = b[:i-len(raw)]
			}
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
			c, s := newCache(t, groups["full"], o)
			q := c.NewSeq("")
			n := s.Load(t.Context(), q, ids)
			holds(t, q, ids)
			if _, err := os.Stat(name); n == len(ids) || s.Stats().Bad != 1 || !errors.Is(err, os.ErrNotExist) {
				t.Fatalf("%s: change %d of %d bytes: %d positions, %+v, %v", f.Name(), i, len(raw), n, s.Stats(), err)
			}
			q.Close()
			c.Close()
		}
		if err := os.WriteFile(name, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The end of a text that goes on makes the shorter one superfluous.
func TestPrefixesGo(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	for n := 5; n <= 9; n++ {
		write(t, groups["full"], o, text(n, n, 0))
	}
	if names, err := os.ReadDir(o.Dir); err != nil || len(names) != 3 {
		t.Errorf("%d files of 9 tokens, %v", len(names), err)
	}
}

// Files that have gone, or came from another process, change nothing but the hits.
func TestOtherProcess(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	ids := text(22, 22, 0)
	c, s := newCache(t, groups["full"], o)
	write(t, groups["full"], o, ids)
	s.scanned = time.Time{} // as if a second had passed
	q := c.NewSeq("")
	if n := s.Load(t.Context(), q, ids); n != len(ids) {
		t.Errorf("%d positions that another process wrote", n)
	}
	q.Close()
	c.Evict()
	for _, e := range s.byKey {
		if err := os.Remove(filepath.Join(o.Dir, e.name())); err != nil {
			t.Fatal(err)
		}
	}
	q = c.NewSeq("")
	defer q.Close()
	if n := s.Load(t.Context(), q, ids); n != 0 || s.Stats().Bad > 0 {
		t.Errorf("%d positions of files that have gone, %+v", n, s.Stats())
	}
}

// The files used least recently go, whoever used them, and temporary ones of a
// process that was killed.
func TestBudget(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	write(t, groups["full"], o, text(8, 0, 0))
	fileBytes := int64(0)
	names, err := os.ReadDir(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range names {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		fileBytes = info.Size()
	}
	for _, f := range names {
		if err := os.Chtimes(filepath.Join(o.Dir, f.Name()), time.Now(), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	left := filepath.Join(o.Dir, temporary+"1")
	if err := os.WriteFile(left, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(left, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	o.Bytes = 4*fileBytes + 1
	for i := range 4 {
		write(t, groups["full"], o, text(8, 0, i+1))
	}
	c, s := newCache(t, groups["full"], o)
	for i, want := range []int{8, 0, 0, 0, 8} {
		q := c.NewSeq("")
		if n := s.Load(t.Context(), q, text(8, 0, i)); n != want {
			t.Errorf("text %d: %d positions, want %d", i, n, want)
		}
		q.Close()
	}
	if st := s.Stats(); st.Bytes > o.Bytes || st.Files != 4 {
		t.Errorf("%+v", st)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file of an hour ago that nobody finished: %v", err)
	}
}

// Bytes behind the tokens of a chunk do not reach the disk.
func TestClear(t *testing.T) {
	o := Options{Dir: t.TempDir(), Clear: func(_ int, page []byte, from int) { clear(page[8*from:]) }}
	c, s := newCache(t, groups["full"], o)
	s.Start(c)
	ids := text(7, 7, 0)
	q := c.NewSeq("")
	compute(t, q, ids)
	q.Rewind(6) // the page holds one position more
	q.Close()
	s.Close(time.Hour)
	files := filesOf(t, o.Dir)
	for _, f := range files {
		if bytes.Contains(f, binary.LittleEndian.AppendUint64(nil, history(ids))) {
			t.Error("a position that does not count is in a file")
		}
	}
	if len(files) != 2 {
		t.Errorf("%d files", len(files))
	}
}

// What another process has used since the directory was read stays.
func TestUsedElsewhere(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	write(t, groups["full"], o, text(4, 0, 0))
	_, s := newCache(t, groups["full"], o)
	write(t, groups["full"], o, text(4, 0, 1))
	s.scanned = time.Time{}
	s.rescan()
	if len(s.byKey) != 2 {
		t.Fatalf("%d files", len(s.byKey))
	}
	old := s.byKey[kvcache.Key{1}.Next(text(4, 0, 0))]
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(o.Dir, old.name()), later, later); err != nil {
		t.Fatal(err)
	}
	s.o.Bytes = old.size
	s.shrink(0)
	if len(s.byKey) != 1 || s.byKey[old.key] != old {
		t.Error("the file that another process has just used has gone")
	}
}

// A whole file of other tokens than its name says is no hit.
func TestOtherTokens(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	a, b := text(4, 0, 0), text(4, 0, 1)
	write(t, groups["full"], o, a)
	name := filepath.Join(o.Dir, (&entry{parent: kvcache.Key{1}, key: kvcache.Key{1}.Next(b), tokens: 4}).name())
	file := filesOf(t, o.Dir)[0]
	wrong := append(fileHead(kvcache.Key{1}, kvcache.Key{1}.Next(b)), file[len(fileMagic)+64:]...)
	if err := os.WriteFile(name, wrong, 0o600); err != nil {
		t.Fatal(err)
	}
	c, s := newCache(t, groups["full"], o)
	q := c.NewSeq("")
	defer q.Close()
	if n := s.Load(t.Context(), q, b); n != 0 || s.Stats().Bad != 1 {
		t.Errorf("%d positions, %+v", n, s.Stats())
	}
}

func filesOf(t *testing.T, dir string) (all [][]byte) {
	t.Helper()
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range names {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// A record is as its bytes say, or damaged, and takes no more memory than them.
func FuzzReadHead(f *testing.F) {
	x := kvcache.Chunk{IDs: []int32{1, 2}, Parts: []kvcache.Part{{Bytes: []byte("abcd")}, {Group: 1, At: 2, Bytes: []byte("efghijkl")}}}
	var b bytes.Buffer
	if _, err := Write(&b, &x); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("\x02\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bytes.NewReader(raw)
		head, err := ReadHead(r, Limits{size, 16})
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Error(err)
			}
			return
		}
		y := kvcache.Chunk{IDs: head.IDs}
		_ = head.Check(kvcache.Config{Positions: size, Groups: groups["state"]})
		for _, p := range head.Parts {
			if p.Bytes < 0 || p.Bytes > int64(r.Len()) {
				return
			}
			part := kvcache.Part{Group: p.Group, At: p.At, Bytes: make([]byte, p.Bytes)}
			if err := p.Read(r, part.Bytes); err != nil {
				return
			}
			y.Parts = append(y.Parts, part)
		}
		var again bytes.Buffer
		if _, err := Write(&again, &y); err != nil || !bytes.HasPrefix(raw, again.Bytes()) {
			t.Errorf("%v, read %+v", err, y)
		}
	})
}

// A folder that cannot be used is an error.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, filepath.Join(file, "below")} {
		if _, err := Open(Options{Dir: name, Bytes: 1}); err == nil {
			t.Errorf("%s: no error", fmt.Sprint(name))
		}
	}
}
