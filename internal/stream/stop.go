package stream

import "strings"

// [kmp] Knuth, Morris, Pratt, Fast Pattern Matching in Strings, 1977

// A stopString is looked for in a text that comes piece by piece [kmp].
type stopString struct {
	text string
	fail []int // fail[n]: the longest proper beginning of text that ends text[:n]
	n    int   // the longest beginning of text that ends what was fed so far
}

// stops are the stop strings of a generation.
type stops []stopString

// newStops returns the strings, none of them "", to look for.
func newStops(texts []string) stops {
	s := make(stops, len(texts))
	for i, text := range texts {
		fail := make([]int, len(text)+1)
		for j, n := 1, 0; j < len(text); j++ {
			for n > 0 && text[j] != text[n] {
				n = fail[n]
			}
			if text[j] == text[n] {
				n++
			}
			fail[j+1] = n
		}
		s[i] = stopString{text: text, fail: fail}
	}
	return s
}

// feed takes the next piece of the text, which begins at byte at of it. It
// returns where the first stop string to be complete begins, the earliest if
// several become so with the same byte. After that it must not be called again.
func (s stops) feed(piece string, at int) (start int, found bool) {
	if len(s) == 0 {
		return 0, false
	}
	for i := range len(piece) {
		longest := 0
		for j := range s {
			if s[j].next(piece[i]) {
				longest = max(longest, len(s[j].text))
			}
		}
		if longest > 0 {
			return at + i + 1 - longest, true
		}
	}
	return 0, false
}

// next takes one byte and reports whether the string is complete with it.
func (s *stopString) next(c byte) bool {
	for s.n > 0 && s.text[s.n] != c {
		s.n = s.fail[s.n]
	}
	if s.text[s.n] == c {
		s.n++
	}
	return s.n == len(s.text)
}

// open returns how many bytes at the end of the text may be the beginning of
// a stop string.
func (s stops) open() int {
	n := 0
	for j := range s {
		n = max(n, s[j].n)
	}
	return n
}

// name reports whether a stop string has the name of a control token in it.
func (s stops) name(name string) bool {
	if name == "" {
		return false
	}
	for j := range s {
		if strings.Contains(s[j].text, name) {
			return true
		}
	}
	return false
}
