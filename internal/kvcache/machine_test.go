package kvcache

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
	c      *Cache
	seqs   []*Seq
	ids    [][]int32
	texts  [][]int32 // all that ever was, to begin alike
	budget int64
}

const size = 4 // positions of a page

// machineGroups are the kinds of models.
var machineGroups = [][]Group{
	{{Kind: Full, Bytes: 8 * size}},
	{{Kind: Full, Bytes: 8 * size}, {Kind: Window, Bytes: 8 * size, Window: 1}},
	{{Kind: Window, Bytes: 16 * size, Window: 6}, {Kind: Full, Bytes: 8 * size}},
	{{Kind: Full, Bytes: 8 * size}, {Kind: State, Bytes: 8}},
	{{Kind: Window, Bytes: 8 * size, Window: 3}},
	{{Kind: State, Bytes: 8}},
	{{Kind: Window, Bytes: 8 * size, Window: 3}, {Kind: State, Bytes: 16}, {Kind: Window, Bytes: 8 * size, Window: 9}},
	{{Kind: Full, Bytes: 8 * size}, {Kind: Window, Bytes: 8 * size, Window: 5}, {Kind: State, Bytes: 8}},
}

func newMachine(t *rapid.T) *machine {
	m := &machine{}
	groups := machineGroups[rapid.IntRange(0, len(machineGroups)-1).Draw(t, "groups")]
	m.budget = int64(rapid.IntRange(0, 40).Draw(t, "pages")) * 8 * size
	m.c = New(Config{Positions: size, Groups: groups, Checkpoint: rapid.IntRange(1, 7).Draw(t, "checkpoint"), Budget: m.budget, NoPrefix: rapid.IntRange(0, 9).Draw(t, "prefix") == 9})
	m.c.slack = rapid.IntRange(0, 6).Draw(t, "slack")
	m.c.anyIDs = os.Getenv(faultVariable) != ""
	return m
}

// pick draws a sequence.
func (m *machine) pick(t *rapid.T) int {
	if len(m.seqs) == 0 {
		t.Skip("no sequence")
	}
	return rapid.IntRange(0, len(m.seqs)-1).Draw(t, "sequence")
}

// add adds a sequence to the model.
func (m *machine) add(s *Seq, ids []int32) {
	m.seqs, m.ids = append(m.seqs, s), append(m.ids, ids[:len(ids):len(ids)])
}

// salt draws the salt of a new sequence.
func salt(t *rapid.T) string { return rapid.SampledFrom([]string{"", "", "other"}).Draw(t, "salt") }

func (m *machine) New(t *rapid.T) { m.add(m.c.NewSeq(salt(t)), nil) }

// Resume begins a text as another one did.
func (m *machine) Resume(t *rapid.T) {
	if len(m.texts) == 0 {
		t.Skip("no text")
	}
	ids := slices.Clone(m.texts[rapid.IntRange(0, len(m.texts)-1).Draw(t, "text")])
	ids = append(ids[:rapid.IntRange(0, len(ids)).Draw(t, "length")], 1)
	s := m.c.NewSeq(salt(t))
	m.add(s, ids[:s.Resume(ids)])
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

// Forward computes some tokens; sometimes it fails, and sometimes nobody says so.
func (m *machine) Forward(t *rapid.T) {
	i := m.pick(t)
	s := m.seqs[i]
	m.ids[i] = m.ids[i][:s.Discard()]
	n := min(rapid.IntRange(1, 11).Draw(t, "tokens"), s.Limit())
	ids := slices.Clone(m.ids[i])
	for range n {
		ids = append(ids, int32(rapid.IntRange(0, 1).Draw(t, "id")))
	}
	pages := held(s)
	if err := s.Extend(n); err != nil {
		if !errors.Is(err, ErrFull) || m.budget == 0 {
			t.Fatal(err)
		}
		if now := held(s); now > pages {
			t.Fatalf("a failed Extend: %d pages, had %d", now, pages)
		}
		return
	}
	if err := s.Extend(n); err != nil {
		t.Fatalf("Extend again: %v", err)
	}
	m.write(t, s, len(m.ids[i]), ids)
	switch rapid.IntRange(0, 9).Draw(t, "fails") {
	case 9:
		m.ids[i] = m.ids[i][:s.Discard()]
	case 8: // the next action finds it so
	default:
		s.Commit(ids[len(m.ids[i]):])
		m.ids[i] = ids
		m.texts = append(m.texts, ids)
	}
}

// write does what a pass does: it reads what is there and adds to it.
func (m *machine) write(t *rapid.T, s *Seq, from int, ids []int32) {
	for g, group := range m.c.c.Groups {
		if group.Kind == State {
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
	i := m.pick(t)
	n := rapid.IntRange(0, len(m.ids[i])).Draw(t, "n")
	at := m.seqs[i].Rewind(n)
	if at > n {
		t.Fatalf("Rewind(%d) = %d", n, at)
	}
	m.ids[i] = m.ids[i][:at:at]
}

// Keep wants that another sequence of the same text can go on where this one
// ends.
func (m *machine) Keep(t *rapid.T) {
	i := m.pick(t)
	s := m.seqs[i]
	s.Keep()
	other := m.c.NewSeq(s.salt)
	n, want := other.Resume(m.ids[i]), s.Len()
	if m.c.c.NoPrefix {
		want = 0
	}
	// In the middle of a chunk whose window page has gone because others are far
	// ahead there is no place for the page of this one.
	inside := want%size > 0 && slices.ContainsFunc(m.c.c.Groups, func(g Group) bool { return g.Kind == Window })
	if n != want && !inside && s.extended == 0 {
		t.Fatalf("kept %d positions, resumed at %d", want, n)
	}
	m.add(other, m.ids[i][:n])
}

func (m *machine) Fork(t *rapid.T) {
	i := m.pick(t)
	s := m.seqs[i].Fork()
	if n := s.Len(); n != len(m.ids[i]) && m.seqs[i].extended == 0 {
		t.Fatalf("the fork of %d positions has %d", len(m.ids[i]), n)
	}
	m.add(s, m.ids[i][:s.Len()])
}

func (m *machine) Close(t *rapid.T) {
	i := m.pick(t)
	m.seqs[i].Close()
	m.seqs[i].Close()
	m.seqs, m.ids = slices.Delete(m.seqs, i, i+1), slices.Delete(m.ids, i, i+1)
}

func (m *machine) Trim(t *rapid.T) { m.c.Trim() }
func (m *machine) Evict(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "evict") == 3 {
		m.c.Evict()
	}
}

// actions are what rapid may do with m.
func (m *machine) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"new": m.New, "resume": m.Resume, "resume again": m.ResumeAgain, "forward": m.Forward, "forward 2": m.Forward, "forward 3": m.Forward, "rewind": m.Rewind,
		"keep": m.Keep, "keep 2": m.Keep, "resume 2": m.Resume, "rewind 2": m.Rewind, "fork": m.Fork, "close": m.Close, "trim": m.Trim, "evict": m.Evict, "": m.Check,
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
