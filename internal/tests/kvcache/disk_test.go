package kvcache_test

import (
	"bytes"
	"errors"
	"slices"

	"pgregory.net/rapid"

	"github.com/querent-ai/chord/internal/kvcache"
)

// ToDisk takes chunks out of the cache, each as its tokens want it.
func (m *machine) ToDisk(t *rapid.T) {
	for range rapid.IntRange(1, 20).Draw(t, "chunks") {
		var x kvcache.Chunk
		if !m.cache.Next(&x) {
			m.nothingNew(t)
			return
		}
		if m.c.Root == nil {
			t.Fatal("chunks for a store that is not there")
		}
		if x.Key != x.Parent.Next(x.IDs) || len(x.IDs) == 0 {
			t.Fatalf("a chunk of %v has another key", x.IDs)
		}
		m.disk[x.Key] = &x
	}
}

// nothingNew wants that a sequence that is kept a second time has nothing for the
// disk.
func (m *machine) nothingNew(t *rapid.T) {
	if len(m.seqs) == 0 {
		return
	}
	s := m.seqs[0]
	for i := range 2 {
		s.Keep()
		for n := 0; ; n++ {
			var x kvcache.Chunk
			if !m.cache.Next(&x) {
				break
			}
			if m.disk[x.Key] = &x; i > 0 && n > 0 {
				t.Fatalf("%v is for the disk again", x.IDs)
			}
		}
	}
}

// Load begins a text with what the disk has of another, some of it.
func (m *machine) Load(t *rapid.T) {
	if len(m.texts) == 0 || m.c.Root == nil {
		t.Skip("nothing to load")
	}
	ids := m.texts[rapid.IntRange(0, len(m.texts)-1).Draw(t, "text")]
	s := m.cache.NewSeq("")
	if rapid.Bool().Draw(t, "resume") {
		s.Resume(ids)
	}
	path, n := m.onDisk(ids)
	l := s.Load()
	n = l.Feasible(n, func(chunk, group, at int) bool { return chunk < len(path) && part(path[chunk], group, at) != nil })
	had := s.Len()
	lost := rapid.IntRange(0, 9).Draw(t, "lost")
	whole := true
	for i := 0; i < len(path) && n > had; i++ {
		x := kvcache.Chunk{IDs: path[i].IDs}
		for _, p := range path[i].Parts {
			need := p.At > 0 && i*size+p.At == n || p.At == 0 && l.Needs(n, i, p.Group)
			if need && lost > 0 {
				x.Parts = append(x.Parts, p)
			}
			whole = whole && (!need || lost > 0)
		}
		if err := l.Add(i, &x); err != nil {
			if !errors.Is(err, kvcache.ErrFull) {
				t.Fatal(err)
			}
			whole = false
			break
		}
	}
	at := l.Commit(ids[:max(n, had)], true)
	l.Close()
	l.Close()
	if at < had || whole && n > had && at != n {
		t.Fatalf("had %d positions, loaded %d of %d", had, at, n)
	}
	m.add(s, "", slices.Clone(ids[:at]))
}

// onDisk returns the chunks along ids, and how many of them they have.
func (m *machine) onDisk(ids []int32) (path []*kvcache.Chunk, n int) {
	key, _ := m.c.Root("")
	for n < len(ids) {
		for k := min(size, len(ids)-n); k > 0; k-- {
			if x := m.disk[key.Next(ids[n:n+k])]; x != nil {
				path = append(path, x)
				break
			}
		}
		if n/size >= len(path) {
			break
		}
		x := path[len(path)-1]
		if n += len(x.IDs); len(x.IDs) < size {
			break
		}
		key = x.Key
	}
	return path, n
}

// part returns a part of x, or nil.
func part(x *kvcache.Chunk, group, at int) []byte {
	for _, p := range x.Parts {
		if p.Group == group && p.At == at {
			return p.Bytes
		}
	}
	return nil
}

// Save copies a sequence into a private one, whose forks share its memory.
func (m *machine) Save(t *rapid.T) {
	s := m.pick(t)
	if s.extended {
		t.Skip("in a pass")
	}
	p := m.cache.NewPrivate()
	l := p.Load()
	var x kvcache.Chunk
	for at := 0; s.Export(at, &x); at++ {
		if want := s.ids[at*size : min((at+1)*size, len(s.ids))]; !slices.Equal(x.IDs, want) {
			t.Fatalf("chunk %d has %v, want %v", at, x.IDs, want)
		}
		if err := l.Add(at, &x); err != nil {
			if !errors.Is(err, kvcache.ErrFull) {
				t.Fatal(err)
			}
			l.Close()
			p.Close()
			return
		}
	}
	n := l.Commit(s.ids, false)
	l.Close()
	if n != len(s.ids) {
		t.Fatalf("saved %d positions, restored %d", len(s.ids), n)
	}
	f := p.Fork()
	for g := range m.c.Groups {
		if !slices.EqualFunc(p.Pages(g), f.Pages(g), bytes.Equal) {
			t.Fatal("a fork of a private sequence has other pages")
		}
	}
	m.add(p, s.salt, s.ids)
	m.add(f, s.salt, s.ids)
	m.seqs[len(m.seqs)-1].private = true
	m.seqs[len(m.seqs)-2].private = true
}
