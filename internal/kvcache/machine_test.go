package kvcache

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// history is what a position of a text stands for: all tokens up to it.
func history(ids []int32) uint64 {
	h := fnv.New64a()
	for _, id := range ids {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(id)))
	}
	return h.Sum64()
}

// A machine does what sequences can do, in any order, beside a model of it: the
// ids of each. What is written for a position is its history, so that memory of
// another text cannot be taken for it.
type machine struct {
	c      *Cache
	seqs   []*Seq
	ids    [][]int32
	texts  [][]int32 // all that ever was, to begin alike
	budget int64
}

const size = 4 // positions of a page

func newMachine(t *rapid.T) *machine {
	m := &machine{}
	groups := []Group{{Kind: Full, Bytes: 8 * size}}
	switch rapid.IntRange(0, 4).Draw(t, "groups") {
	case 1:
		groups = append(groups, Group{Kind: Window, Bytes: 8 * size, Window: rapid.IntRange(1, 9).Draw(t, "window")})
	case 2:
		groups = append(groups, Group{Kind: State, Bytes: 8})
	case 3:
		groups = []Group{{Kind: Window, Bytes: 8 * size, Window: 3}}
	case 4:
		groups = append(groups, Group{Kind: Window, Bytes: 8 * size, Window: 5}, Group{Kind: State, Bytes: 8})
	}
	m.budget = int64(rapid.IntRange(0, 40).Draw(t, "pages")) * 8 * size
	m.c = New(Config{Positions: size, Groups: groups, Checkpoint: rapid.IntRange(1, 7).Draw(t, "checkpoint"), Budget: m.budget, NoPrefix: rapid.IntRange(0, 9).Draw(t, "prefix") == 0})
	m.c.slack = rapid.IntRange(0, 6).Draw(t, "slack")
	return m
}

// pick draws a sequence.
func (m *machine) pick(t *rapid.T) int {
	if len(m.seqs) == 0 {
		t.Skip("no sequence")
	}
	return rapid.IntRange(0, len(m.seqs)-1).Draw(t, "sequence")
}

func (m *machine) New(t *rapid.T) {
	m.seqs, m.ids = append(m.seqs, m.c.NewSeq("")), append(m.ids, nil)
}

// Resume begins a text as another one did.
func (m *machine) Resume(t *rapid.T) {
	if len(m.texts) == 0 {
		t.Skip("no text")
	}
	ids := slices.Clone(m.texts[rapid.IntRange(0, len(m.texts)-1).Draw(t, "text")])
	ids = append(ids[:rapid.IntRange(0, len(ids)).Draw(t, "length")], 1)
	s := m.c.NewSeq("")
	n := s.Resume(ids)
	m.seqs, m.ids = append(m.seqs, s), append(m.ids, ids[:n])
}

// ResumeAgain takes up what others have computed of a sequence's own text.
func (m *machine) ResumeAgain(t *rapid.T) {
	i := m.pick(t)
	for _, text := range m.texts {
		if len(text) > len(m.ids[i]) && slices.Equal(text[:len(m.ids[i])], m.ids[i]) {
			m.ids[i] = slices.Clone(text[:m.seqs[i].Resume(text)])
			return
		}
	}
}

// Forward computes some tokens; sometimes it fails.
func (m *machine) Forward(t *rapid.T) {
	i := m.pick(t)
	s := m.seqs[i]
	n := min(rapid.IntRange(1, 11).Draw(t, "tokens"), s.Limit())
	ids := slices.Clone(m.ids[i])
	for range n {
		ids = append(ids, int32(rapid.IntRange(0, 1).Draw(t, "id")))
	}
	if err := s.Extend(n); err != nil {
		if !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
		return
	}
	if err := s.Extend(n); err != nil {
		t.Fatalf("Extend again: %v", err)
	}
	m.write(t, s, len(m.ids[i]), ids)
	if rapid.IntRange(0, 5).Draw(t, "fails") == 0 {
		m.ids[i] = m.ids[i][:s.Discard()]
		return
	}
	s.Commit(ids[len(m.ids[i]):])
	m.ids[i] = ids
	m.texts = append(m.texts, ids)
}

// write does what a pass does: it reads what is there and adds to it.
func (m *machine) write(t *rapid.T, s *Seq, from int, ids []int32) {
	for g, group := range m.c.c.Groups {
		if group.Kind == State {
			state := s.State(g)
			if got := binary.LittleEndian.Uint64(state); from > 0 && got != history(ids[:from]) || from == 0 && got != 0 {
				t.Fatalf("the state is not that of %v", ids[:from])
			}
			binary.LittleEndian.PutUint64(state, history(ids))
			continue
		}
		for i := from; i < len(ids); i++ {
			binary.LittleEndian.PutUint64(s.Pages(g)[i/size][i%size*8:], history(ids[:i+1]))
		}
	}
}

func (m *machine) Rewind(t *rapid.T) {
	i := m.pick(t)
	n := rapid.IntRange(0, len(m.ids[i])).Draw(t, "n")
	at := m.seqs[i].Rewind(n)
	if at > n {
		t.Fatalf("Rewind(%d) = %d", n, at)
	}
	m.ids[i] = m.ids[i][:at:at]
}

func (m *machine) Keep(t *rapid.T) { m.seqs[m.pick(t)].Keep() }

func (m *machine) Fork(t *rapid.T) {
	i := m.pick(t)
	m.seqs, m.ids = append(m.seqs, m.seqs[i].Fork()), append(m.ids, slices.Clone(m.ids[i]))
}

func (m *machine) Close(t *rapid.T) {
	i := m.pick(t)
	m.seqs[i].Close()
	m.seqs[i].Close()
	m.seqs, m.ids = slices.Delete(m.seqs, i, i+1), slices.Delete(m.ids, i, i+1)
}

func (m *machine) Trim(t *rapid.T)  { m.c.Trim() }
func (m *machine) Evict(t *rapid.T) { m.c.Evict() }

// Check reads all that each sequence can see.
func (m *machine) Check(t *rapid.T) {
	for i, s := range m.seqs {
		if s.Len() != len(m.ids[i]) {
			t.Fatalf("sequence %d has %d tokens, want %d", i, s.Len(), len(m.ids[i]))
		}
		for g, group := range m.c.c.Groups {
			from := 0
			switch group.Kind {
			case State:
				continue // read by write
			case Window:
				from = max(0, s.Len()-group.Window+1)
			}
			for k := from; k < s.Len(); k++ {
				if got := binary.LittleEndian.Uint64(s.Pages(g)[k/size][k%size*8:]); got != history(m.ids[i][:k+1]) {
					t.Fatalf("sequence %d, group %d, position %d: memory of another text", i, g, k)
				}
			}
		}
	}
	st := m.c.Stats()
	if sum := st.Used + st.Cached + st.Free; sum != m.c.total || m.budget > 0 && (sum > m.budget || st.Peak > m.budget) {
		t.Fatalf("%+v: over the budget of %d, or not the total of %d", st, m.budget, m.c.total)
	}
}

// end closes everything and wants nothing to be held.
func (m *machine) end(t *rapid.T) {
	for _, s := range m.seqs {
		s.Close()
	}
	m.c.Evict()
	if st := m.c.Stats(); st.Used != 0 || st.Cached != 0 || len(m.c.live) != 0 || len(m.c.nodes) != 0 {
		t.Fatalf("nobody is left, yet %+v and %d nodes", st, len(m.c.nodes))
	}
	m.c.Trim()
	if st := m.c.Stats(); st.Free != 0 || m.c.total != 0 {
		t.Fatalf("after Trim %+v", st)
	}
	m.c.Close()
	m.c.Close()
}

// actions are what rapid may do with m.
func (m *machine) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"new": m.New, "resume": m.Resume, "resume again": m.ResumeAgain, "forward": m.Forward, "forward 2": m.Forward, "forward 3": m.Forward, "rewind": m.Rewind,
		"keep": m.Keep, "fork": m.Fork, "close": m.Close, "trim": m.Trim, "evict": m.Evict, "": m.Check,
	}
}

func TestMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		t.Repeat(m.actions())
		m.end(t)
	})
}
