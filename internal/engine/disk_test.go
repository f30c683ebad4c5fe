package engine

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/internal/kvdisk"
)

// exported returns copies of the chunks of s.
func exported(s *Seq) (all []kvcache.Chunk) {
	for at := 0; ; at++ {
		var x kvcache.Chunk
		if !s.Export(at, &x) {
			return all
		}
		all = append(all, x)
	}
}

// imported returns a sequence of chunks.
func imported(t *testing.T, e *Engine, tokens []int32, chunks []kvcache.Chunk) *Seq {
	t.Helper()
	x := e.NewImport(false, SeqOptions{})
	for at := range chunks {
		if err := x.Add(at, &chunks[at]); err != nil {
			t.Fatal(err)
		}
	}
	return x.Seq(tokens)
}

// A sequence goes on in another engine where it was, and so does its fork; nobody
// else begins with what it brought.
func TestImport(t *testing.T) {
	for name, groups := range groupSets {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			f.groups = groups
			e, other := f.start(t, 0, Options{}), f.start(t, 0, Options{})
			s := e.NewSeq(nil, SeqOptions{})
			f.forward(t, e, s, ids(1, 77), 1)
			r := imported(t, other, s.Tokens(), exported(s))
			if n := r.Stats().Cached; r.Len() != 77 || n != 77 {
				t.Errorf("%d tokens of 77, %d cached", r.Len(), n)
			}
			fork := r.Fork()
			f.forward(t, other, fork, ids(3, 9), 9)
			f.forward(t, other, r, ids(2, 9), 9)
			if n := r.Stats().Rows; n > 9 {
				t.Errorf("%d rows computed for 9 tokens", n)
			}
			r.Close()
			fork.Close()
			if n := other.NewSeq(ids(1, 77), SeqOptions{}).Len(); n > 0 {
				t.Errorf("others begin with %d tokens of it", n)
			}
		})
	}
}

// An import holds no memory that others need: it loses it, and its tokens are
// computed.
func TestImportRevoked(t *testing.T) {
	f := newFake()
	e, small := f.start(t, 0, Options{}), f.start(t, 12, Options{})
	s := e.NewSeq(nil, SeqOptions{})
	f.forward(t, e, s, ids(1, 80), 1)
	x := small.NewImport(false, SeqOptions{})
	for at, c := range exported(s) {
		if err := x.Add(at, &c); err != nil {
			t.Fatal(err)
		}
	}
	q := small.NewSeq(nil, SeqOptions{})
	f.forward(t, small, q, ids(2, 90), 1)
	q.Close()
	r := x.Seq(s.Tokens())
	if r.Len() != 0 {
		t.Errorf("%d tokens of an import whose memory was needed", r.Len())
	}
	f.forward(t, small, r, ids(1, 80), 5)
	r.Close()
}

// withDisk returns an engine of f whose cache is kept in a folder, and how to end it.
func withDisk(t *testing.T, f *fake, dir string, pages int) (e *Engine, end func()) {
	t.Helper()
	d, err := kvdisk.Open(kvdisk.Options{Dir: dir, Bytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	c := f.newCache(pages).Config()
	c.Ready, c.Root = d.Ready, func(salt string) (kvcache.Key, bool) {
		return kvcache.Key{}.Next([]int32{int32(len(salt))}), Stable(salt)
	}
	cache := kvcache.New(c)
	d.Start(cache)
	e = New(f, cache, Options{Vocab: testVocab, Disk: d})
	var once sync.Once
	end = func() { once.Do(func() { e.Close(); d.Close(time.Minute); cache.Close() }) }
	t.Cleanup(end)
	return e, end
}

// What an engine computed another one takes from the disk, with little memory too;
// long sequences have their own.
func TestAttach(t *testing.T) {
	for name, groups := range groupSets {
		for _, long := range []int{0, 50} {
			t.Run(name, func(t *testing.T) {
				f := newFake()
				f.groups, f.long = groups, long
				dir, most := t.TempDir(), int(f.newCache(0).Bytes(120))/fullGroup.Bytes+4
				for range 2 {
					e, end := withDisk(t, f, dir, most)
					for i := range 4 {
						tokens := slices.Concat(ids(1, 40), ids(i, 50))
						s := e.Attach(t.Context(), tokens, SeqOptions{})
						f.forward(t, e, s, tokens[s.Len():], 1)
						s.Close()
					}
					end()
				}
				e, _ := withDisk(t, f, dir, most)
				tokens := slices.Concat(ids(1, 40), ids(3, 50))
				s := e.Attach(t.Context(), tokens, SeqOptions{})
				if n := s.Stats().Loaded; n < 32 || n != s.Len() {
					t.Errorf("%d tokens of 90 were on disk, the sequence has %d", n, s.Len())
				}
				f.forward(t, e, s, tokens[s.Len():], 1)
				s.Close()
				if n := e.Attach(t.Context(), tokens, SeqOptions{Salt: "other"}).Len(); n > 0 {
					t.Errorf("a sequence of another salt has %d tokens", n)
				}
			})
		}
	}
}

// Close waits for those who read from the disk into memory that it will free.
func TestCloseWhileLoading(t *testing.T) {
	f, dir := newFake(), t.TempDir()
	tokens := ids(1, 400)
	e, end := withDisk(t, f, dir, 0)
	s := e.NewSeq(nil, SeqOptions{})
	f.forward(t, e, s, tokens, 1)
	s.Close()
	end()
	for range 20 {
		e, end := withDisk(t, f, dir, 0)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { e.Attach(t.Context(), tokens, SeqOptions{}).Close() })
		}
		end()
		wg.Wait()
	}
}
