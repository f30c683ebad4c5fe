package stream

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// cut is the definition of stopping: the text before the earliest of the stop
// strings that are complete first.
func cut(text string, stops []string) (string, bool) {
	for end := 1; end <= len(text); end++ {
		longest := -1
		for _, s := range stops {
			if strings.HasSuffix(text[:end], s) {
				longest = max(longest, len(s))
			}
		}
		if longest > 0 {
			return text[:end-longest], true
		}
	}
	return text, false
}

// mayStop returns how much of the end of text is the beginning of a stop.
func mayStop(text string, stops []string) int {
	for i := range len(text) {
		if slices.ContainsFunc(stops, func(s string) bool { return strings.HasPrefix(s, text[i:]) }) {
			return len(text) - i
		}
	}
	return 0
}

// pass sends pieces through an output and returns what was yielded after each
// of them, the whole, and whether it stopped.
func pass(pieces, stops []string) (after []string, whole string, stopped bool) {
	var got strings.Builder
	next := 0
	s := New(stops, func(i int, text string) bool {
		if i < next {
			panic("tokens out of order or twice")
		}
		next = i + 1
		got.WriteString(text)
		return true
	})
	for i, p := range pieces {
		if stopped, _ = s.Add(i, Token{Text: p}); stopped {
			return after, got.String(), true
		}
		after = append(after, got.String())
	}
	s.Flush("")
	return after, got.String(), false
}

func TestStop(t *testing.T) {
	for name, c := range map[string]struct {
		pieces, stops []string
		want          string
		stopped       bool
	}{
		"none":                  {[]string{"a", "b"}, nil, "ab", false},
		"whole token":           {[]string{"a", "STOP", "b"}, []string{"STOP"}, "a", true},
		"at the beginning":      {[]string{"STOP"}, []string{"STOP"}, "", true},
		"inside a token":        {[]string{"aSTOPb"}, []string{"STOP"}, "a", true},
		"across tokens":         {[]string{"aS", "T", "OPb"}, []string{"STOP"}, "a", true},
		"almost, then flushed":  {[]string{"a", "STO"}, []string{"STOP"}, "aSTO", false},
		"almost, then not":      {[]string{"STO", "STO", "x"}, []string{"STOP"}, "STOSTOx", false},
		"overlaps itself":       {[]string{"aab", "aab", "aac"}, []string{"aabaac"}, "aab", true},
		"first complete wins":   {[]string{"abcdef"}, []string{"abcdef", "cd"}, "ab", true},
		"earliest of one byte":  {[]string{"xabc"}, []string{"c", "abc"}, "x", true},
		"tokens without text":   {[]string{"", "a", "", "S", "", "T"}, []string{"ST"}, "a", true},
		"character of 3 bytes":  {[]string{"a", "…", "b"}, []string{"…b"}, "a", true},
		"same string again":     {[]string{"ab"}, []string{"b", "b"}, "a", true},
		"longer than the text":  {[]string{"ab"}, []string{"abc"}, "ab", false},
		"newline before a name": {[]string{"Hi", ".\n", "User", ":"}, []string{"\nUser:"}, "Hi.", true},
	} {
		t.Run(name, func(t *testing.T) {
			_, got, stopped := pass(c.pieces, c.stops)
			if got != c.want || stopped != c.stopped {
				t.Errorf("got %q, %v, want %q, %v", got, stopped, c.want, c.stopped)
			}
		})
	}
}

// TestStopRandom compares with the definition, for texts of few letters cut
// anywhere; and checks that no token is kept whose text is decided.
func TestStopRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ab"[rng.IntN(2)]
		}
		return string(b)
	}
	for range 20000 {
		var pieces, stops []string
		for range rng.IntN(10) {
			pieces = append(pieces, word(rng.IntN(4)))
		}
		for range rng.IntN(3) {
			stops = append(stops, word(1+rng.IntN(8)))
		}
		after, got, stopped := pass(pieces, stops)
		if want, wantStop := cut(strings.Join(pieces, ""), stops); got != want || stopped != wantStop {
			t.Fatalf("%q stops %q: got %q, %v, want %q, %v", pieces, stops, got, stopped, want, wantStop)
		}
		for i, sent := range after {
			text := strings.Join(pieces[:i+1], "")
			decided, whole := len(text)-mayStop(text, stops), 0
			for _, p := range pieces[:i+1] {
				if whole+len(p) > decided {
					break
				}
				whole += len(p)
			}
			if sent != text[:whole] {
				t.Fatalf("%q stops %q, after %d tokens: sent %q, decided %q", pieces, stops, i+1, sent, text[:whole])
			}
		}
	}
}

// TestHeldTokensAllocateNothing holds and releases for a long time.
func TestHeldTokensAllocateNothing(t *testing.T) {
	s := New([]string{"abababababc", "x"}, func(int, string) bool { return true })
	step := func() {
		for _, text := range []string{"ab", "", "a", "b", "abd", "hello"} {
			s.Add(1, Token{Text: text})
		}
	}
	step()
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

// TestUnfinishedCharacter checks that the last token waits for the end of its
// character and gets what is left of it.
func TestUnfinishedCharacter(t *testing.T) {
	type sent struct {
		i    int
		text string
	}
	var got []sent
	s := New(nil, func(i int, text string) bool { got = append(got, sent{i, text}); return true })
	for i, c := range []struct {
		text       string
		unfinished bool
		sent       int
	}{{"a ", true, 0}, {"", true, 1}, {"…b", false, 3}, {"c", true, 3}} {
		s.Add(i, Token{Text: c.text, Unfinished: c.unfinished})
		if len(got) != c.sent {
			t.Errorf("after token %d: %d sent, want %d", i, len(got), c.sent)
		}
	}
	s.Flush("\uFFFD")
	if want := []sent{{0, "a "}, {1, ""}, {2, "…b"}, {3, "c\uFFFD"}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A control token adds no text, and a stop string may name it.
func TestStopAtControlToken(t *testing.T) {
	for _, c := range []struct {
		stop, want string
		stopped    bool
	}{{"<end>", "ab", true}, {"b<end>", "a", true}, {"<end>c", "ab", true}, {"<en", "abc", false}, {"bc", "a", true}, {"<eos>", "abc", false}} {
		got := ""
		s := New([]string{c.stop}, func(_ int, text string) bool { got += text; return true })
		stopped := false
		for _, k := range []Token{{Text: "a"}, {Text: "b"}, {Name: "<end>"}, {Text: "c"}} {
			if stopped, _ = s.Add(0, k); stopped {
				break
			}
		}
		if !stopped {
			s.Flush("")
		}
		if got != c.want || stopped != c.stopped {
			t.Errorf("stop %q: got %q, %v, want %q, %v", c.stop, got, stopped, c.want, c.stopped)
		}
	}
}

func TestUnfinished(t *testing.T) {
	for _, c := range []struct {
		text, piece string
		want        bool
	}{
		{"abc", "abc", false}, {"", "", false}, {"…", "…", false},
		{" ", " \xe2\x80", true},  // the beginning of a character after a space
		{"", "\xe2", true},        // the beginning alone
		{"", "\x80", true},        // the middle
		{"…", "\xa6", false},      // the end
		{"…", "\xa6\xe2", true},   // the end, and another beginning
		{"\uFFFD", "\xff", false}, // no character at all
		{"😀", "\x9f\x98\x80", false},
	} {
		if got := Unfinished(c.text, c.piece); got != c.want {
			t.Errorf("Unfinished(%q, %q) = %v", c.text, c.piece, got)
		}
	}
}
