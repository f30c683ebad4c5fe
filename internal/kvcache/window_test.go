package kvcache

import "testing"

// TestKeepBehindAnother keeps a sequence after another one with the same
// beginning has gone far ahead, and the tree has forgotten its window there.
func TestKeepBehindAnother(t *testing.T) {
	c := New(Config{Positions: size, Groups: []Group{{Kind: Full, Bytes: 64}, {Kind: Window, Bytes: 64, Window: 6}}})
	defer c.Close()
	c.slack = 4
	ids := text(100, 1)
	behind, ahead := c.NewSeq(""), c.NewSeq("")
	compute(t, behind, ids[:40], 40)
	if n := ahead.Resume(ids[:40]); n != 40 {
		t.Fatalf("resumed at %d", n)
	}
	compute(t, ahead, ids, 10)
	if n := c.NewSeq("").Resume(ids[:40]); n != 0 {
		t.Fatalf("resumed at %d: the window is there", n)
	}
	behind.Keep()
	other := c.NewSeq("")
	if n := other.Resume(ids[:40]); n != 40 {
		t.Errorf("resumed at %d, 40 were kept", n)
	}
	for _, s := range []*Seq{behind, ahead, other} {
		s.Close()
	}
}

// TestWindowWithGap takes a beginning whose window pages are there but for one
// that only a Rewind would need: those before it would stay for ever.
func TestWindowWithGap(t *testing.T) {
	c := New(Config{Positions: size, Groups: []Group{{Kind: Full, Bytes: 64}, {Kind: Window, Bytes: 64, Window: 4}}})
	defer c.Close()
	c.slack = 16
	ids := text(60, 1)
	s := c.NewSeq("")
	compute(t, s, ids[:24], 24)
	s.Close()
	path, _ := c.find("", ids[:24])
	c.strip(path[3])
	s = c.NewSeq("")
	if n := s.Resume(ids[:24]); n != 24 {
		t.Fatalf("resumed at %d", n)
	}
	compute(t, s, ids, len(ids))
	for at, p := range s.Pages(1)[:(60-4-16)/size] {
		if p != nil {
			t.Errorf("page %d is there", at)
		}
	}
	s.Close()
}
