package stream

import "strings"

// [kmp] Knuth, Morris, Pratt, Fast Pattern Matching in Strings, 1977

// A stopString searches a text that arrives in pieces for a string [kmp].
type stopString struct {
	text string
	fail []int // fail[n]: length of the longest proper prefix of text that is a suffix of text[:n]
	n    int   // length of the longest prefix of text that is a suffix of the input
}

// stops are the stop strings of a generation.
type stops []stopString

// newStops returns the stop strings, none of them "".
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

// feed takes the next piece of the text, which begins at byte at. It returns the
// start of the first stop string to be complete, the earliest start if several are
// completed by the same byte, and must not be called again after that.
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

// complete returns the stop string that feed has found, "" if there is none.
func (s stops) complete() (text string) {
	for j := range s {
		if s[j].n == len(s[j].text) && s[j].n > len(text) {
			text = s[j].text
		}
	}
	return text
}

// next takes one byte and reports whether it completes the string.
func (s *stopString) next(c byte) bool {
	for s.n > 0 && s.text[s.n] != c {
		s.n = s.fail[s.n]
	}
	if s.text[s.n] == c {
		s.n++
	}
	return s.n == len(s.text)
}

// open returns how many bytes at the end of the text may be the prefix of a stop
// string.
func (s stops) open() int {
	n := 0
	for j := range s {
		n = max(n, s[j].n)
	}
	return n
}

// name reports whether a stop string contains the name of a control token.
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
