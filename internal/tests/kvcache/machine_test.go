// Package kvcache_test draws sequences of calls on internal/kvcache and compares
// them with a model. The rest of its tests are beside it.
package kvcache_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"hash/fnv"
	"os"
	"os/exec"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/querent-ai/chord/internal/kvcache"
)

// history is what a position of a text stands for: all tokens up to it.
func history(salt string, ids []int32) uint64 {
	h := fnv.New64a()
	h.Write([]byte(salt))
	for _, id := range ids {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(id)))
	}
	return h.Sum64()
}

// A machine does what sequences can do, in any order, beside a model of it: the
// ids of each. What is written for a position is its history, so that memory of
// another text cannot be taken for it.
type machine struct {
	cache *kvcache.Cache
	c     kvcache.Config
	slack int
	seqs  []*seq
	texts [][]int32 // all that ever was, to begin alike
	disk  map[kvcache.Key]*kvcache.Chunk
}

// A seq is a sequence and what it should hold.
type seq struct {
	*kvcache.Seq
	salt     string
	ids      []int32
	extended bool // and not committed
	private  bool // the tree has nothing of it
}

const size = 4 // positions of a page

// machineGroups are the kinds of models.
var machineGroups = [][]kvcache.Group{
	{{Kind: kvcache.Full, Bytes: 8 * size}},
	{{Kind: kvcache.Full, Bytes: 8 * size}, {Kind: kvcache.Window, Bytes: 8 * size, Window: 1}},
	{{Kind: kvcache.Window, Bytes: 16 * size, Window: 6}, {Kind: kvcache.Full, Bytes: 8 * size}},
	{{Kind: kvcache.Full, Bytes: 8 * size}, {Kind: kvcache.State, Bytes: 8}},
	{{Kind: kvcache.Window, Bytes: 8 * size, Window: 3}},
	{{Kind: kvcache.State, Bytes: 8}},
	{{Kind: kvcache.Window, Bytes: 8 * size, Window: 3}, {Kind: kvcache.State, Bytes: 16}, {Kind: kvcache.Window, Bytes: 8 * size, Window: 9}},
	{{Kind: kvcache.Full, Bytes: 8 * size}, {Kind: kvcache.Window, Bytes: 8 * size, Window: 5}, {Kind: kvcache.State, Bytes: 8}},
}

func newMachine(t *rapid.T) *machine {
	m := &machine{}
	m.c.Positions = size
	m.c.Groups = machineGroups[rapid.IntRange(0, len(machineGroups)-1).Draw(t, "groups")]
	m.c.Budget = int64(rapid.IntRange(0, 40).Draw(t, "pages")) * 8 * size
	m.c.Checkpoint = rapid.IntRange(1, 7).Draw(t, "checkpoint")
	m.c.NoPrefix = rapid.IntRange(0, 9).Draw(t, "prefix") == 9
	m.slack = rapid.IntRange(0, 6).Draw(t, "slack")
	m.disk = map[kvcache.Key]*kvcache.Chunk{}
	if rapid.Bool().Draw(t, "disk") {
		m.c.Root = func(salt string) (kvcache.Key, bool) {
			return kvcache.Key{1}.Next([]int32{int32(len(salt))}), salt == ""
		}
	}
	m.cache = kvcache.New(m.c)
	m.cache.ForTest(m.slack, os.Getenv(faultVariable) != "")
	return m
}

// pick draws a sequence.
func (m *machine) pick(t *rapid.T) *seq {
	if len(m.seqs) == 0 {
		t.Skip("no sequence")
	}
	return m.seqs[rapid.IntRange(0, len(m.seqs)-1).Draw(t, "sequence")]
}

// add adds a sequence to the model.
func (m *machine) add(s *kvcache.Seq, salt string, ids []int32) {
	m.seqs = append(m.seqs, &seq{Seq: s, salt: salt, ids: ids[:len(ids):len(ids)]})
}

// salt draws the salt of a new sequence.
func salt(t *rapid.T) string { return rapid.SampledFrom([]string{"", "", "other"}).Draw(t, "salt") }

func (m *machine) New(t *rapid.T) {
	salt := salt(t)
	m.add(m.cache.NewSeq(salt), salt, nil)
}

// Resume begins a text as another one did.
func (m *machine) Resume(t *rapid.T) {
	if len(m.texts) == 0 {
		t.Skip("no text")
	}
	ids := slices.Clone(m.texts[rapid.IntRange(0, len(m.texts)-1).Draw(t, "text")])
	ids = append(ids[:rapid.IntRange(0, len(ids)).Draw(t, "length")], 1)
	salt := salt(t)
	s := m.cache.NewSeq(salt)
	m.add(s, salt, ids[:s.Resume(ids)])
}

// ResumeAgain takes up what others have computed of a sequence's own text.
func (m *machine) ResumeAgain(t *rapid.T) {
	s := m.pick(t)
	for _, text := range m.texts {
		if len(text) > len(s.ids) && slices.Equal(text[:len(s.ids)], s.ids) {
			n := s.Resume(text)
			s.extended = s.extended && n == len(s.ids)
			s.ids = slices.Clone(text[:n])
			return
		}
	}
}

// Forward computes some tokens; sometimes it fails, and sometimes nobody says so.
func (m *machine) Forward(t *rapid.T) {
	s := m.pick(t)
	s.ids, s.extended = s.ids[:s.Discard()], false
	n := min(rapid.IntRange(1, 11).Draw(t, "tokens"), s.Limit())
	ids := slices.Clone(s.ids)
	for range n {
		ids = append(ids, int32(rapid.IntRange(0, 1).Draw(t, "id")))
	}
	pages := s.Held()
	if err := s.Extend(n); err != nil {
		if !errors.Is(err, kvcache.ErrFull) || m.c.Budget == 0 {
			t.Fatal(err)
		}
		if now := s.Held(); now > pages {
			t.Fatalf("a failed Extend: %d pages, had %d", now, pages)
		}
		return
	}
	if err := s.Extend(n); err != nil {
		t.Fatalf("Extend again: %v", err)
	}
	m.write(t, s, ids)
	switch rapid.IntRange(0, 9).Draw(t, "fails") {
	case 9:
		s.ids = s.ids[:s.Discard()]
	case 8:
		s.extended = true // the next action finds it so
	default:
		s.Commit(ids[len(s.ids):])
		s.ids = ids
		m.texts = append(m.texts, ids)
	}
}

// write does what a pass does: it reads what is there and adds to it.
func (m *machine) write(t *rapid.T, s *seq, ids []int32) {
	from := len(s.ids)
	for g, group := range m.c.Groups {
		if group.Kind == kvcache.State {
			state := s.State(g)
			if got := binary.LittleEndian.Uint64(state); from > 0 && got != history(s.salt, ids[:from]) || from == 0 && got != 0 {
				t.Fatalf("the state is not that of %v", ids[:from])
			}
			binary.LittleEndian.PutUint64(state, history(s.salt, ids))
			continue
		}
		for i := from; i < len(ids); i++ {
			binary.LittleEndian.PutUint64(s.Pages(g)[i/size][i%size*8:], history(s.salt, ids[:i+1]))
		}
	}
}

func (m *machine) Rewind(t *rapid.T) {
	s := m.pick(t)
	n := rapid.IntRange(0, len(s.ids)).Draw(t, "n")
	at := s.Rewind(n)
	if at > n {
		t.Fatalf("Rewind(%d) = %d", n, at)
	}
	s.ids, s.extended = s.ids[:at:at], false
}

// Keep keeps what a sequence has, so that another of the same text goes on where
// this one ends.
func (m *machine) Mark(t *rapid.T) { m.pick(t).Mark() }

func (m *machine) Keep(t *rapid.T) {
	s := m.pick(t)
	s.Keep()
	other := m.cache.NewSeq(s.salt)
	n, want := other.Resume(s.ids), s.Len()
	if m.c.NoPrefix {
		want = 0
	}
	if s.private {
		m.add(other, s.salt, s.ids[:n])
		return
	}
	// In the middle of a chunk whose window page has gone because others are far
	// ahead there is no place for the page of this one.
	inside := want%size > 0 && slices.ContainsFunc(m.c.Groups, func(g kvcache.Group) bool { return g.Kind == kvcache.Window })
	if n != want && !inside && !s.extended {
		t.Fatalf("kept %d positions, resumed at %d", want, n)
	}
	m.add(other, s.salt, s.ids[:n])
}

func (m *machine) Fork(t *rapid.T) {
	s := m.pick(t)
	f := s.Fork()
	if n := f.Len(); n != len(s.ids) && !s.extended {
		t.Fatalf("the fork of %d positions has %d", len(s.ids), n)
	}
	m.add(f, s.salt, s.ids[:f.Len()])
	m.seqs[len(m.seqs)-1].private = s.private
}

func (m *machine) Close(t *rapid.T) {
	s := m.pick(t)
	s.Close()
	s.Close()
	m.seqs = slices.DeleteFunc(m.seqs, func(o *seq) bool { return o == s })
}

func (m *machine) Trim(t *rapid.T) { m.cache.Trim() }
func (m *machine) Evict(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "evict") == 3 {
		m.cache.Evict()
	}
}

// actions are what rapid may do with m.
func (m *machine) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"new": m.New, "resume": m.Resume, "resume again": m.ResumeAgain, "forward": m.Forward, "forward 2": m.Forward, "forward 3": m.Forward, "rewind": m.Rewind,
		"keep": m.Keep, "keep 2": m.Keep, "resume 2": m.Resume, "rewind 2": m.Rewind, "fork": m.Fork, "close": m.Close, "trim": m.Trim, "evict": m.Evict, "mark": m.Mark, "mark 2": m.Mark,
		"to disk": m.ToDisk, "to disk 2": m.ToDisk, "load": m.Load, "load 2": m.Load, "save": m.Save, "": m.Check,
	}
}

// faultVariable tells the test below to run with a fault.
const faultVariable = "KVCACHE_TEST_FAULT"

// TestMain fixes the seed and the numbers, unless somebody gives others.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.seed": "1", "rapid.checks": "400", "rapid.steps": "60", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func TestMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		t.Repeat(m.actions())
		m.end(t)
	})
}

// TestMachineFindsFault runs TestMachine in a process in which all ids count as
// equal, as if a hash of them were compared that is always the same.
func TestMachineFindsFault(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	c := exec.Command(self, "-test.run=^TestMachine$", "-rapid.shrinktime=0s")
	c.Env = append(os.Environ(), faultVariable+"=1")
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !bytes.Contains(out, []byte("--- FAIL: TestMachine")) {
		t.Fatalf("%v:\n%s", err, out)
	}
}
