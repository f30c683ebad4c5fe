package openai

import (
	"fmt"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
)

// TestStoreBounds holds the bounds, and that the oldest responses go.
func TestStoreBounds(t *testing.T) {
	s := newStore()
	s.most = 100 << 10
	put := func(id, text string) {
		a := &response{message: chord.Message{Role: "assistant", Content: text}}
		a.out.ID = id
		if err := s.put(a, []chord.Message{{Role: "user", Content: "a"}}); err != nil {
			t.Fatal(err)
		}
		if n := s.order.Len(); n > storedMost || s.bytes > s.most || n != len(s.byID) {
			t.Fatalf("%d responses of %d bytes, %d by id", n, s.bytes, len(s.byID))
		}
	}
	for i := range 300 {
		put(fmt.Sprint(i), strings.Repeat("x", 1000))
	}
	if _, err := s.find("0", ""); err == nil {
		t.Error("the oldest is still there")
	}
	if _, err := s.find("299", ""); err != nil {
		t.Error("the newest is gone")
	}
	put("large", strings.Repeat("x", 200<<10))
	if s.order.Len() != 0 || s.bytes != 0 {
		t.Errorf("%d responses of %d bytes beside one that is too large", s.order.Len(), s.bytes)
	}
	s.most = storedBytes
	for i := range storedMost + 10 {
		put(fmt.Sprint(i), "")
	}
}
