// Package stream is the way of a generation's text to its caller: whole
// characters, cut before a stop string, held back while that is not decided.
package stream

import "unicode/utf8"

// A Stream takes tokens with their texts and sends them on. It holds back those
// whose text may be part of a stop string, and the last one while its character
// is not complete, for the rest of the text to belong to something. T is what a
// token is to its caller.
type Stream[T any] struct {
	send  func(t T, text string) bool
	stops stops
	left  bool // the caller wants no more

	held []held[T] // from head on: not yet sent
	head int
	at   int // bytes looked for stop strings before held[head]
	end  int // in all
}

type held[T any] struct {
	t    T
	text string
	size int // bytes looked for stop strings
}

// New returns a stream that ends before the first of stops, none of them "", to
// be complete. send is called for every token in turn and reports whether the
// caller wants more.
func New[T any](stops []string, send func(t T, text string) bool) *Stream[T] {
	return &Stream[T]{stops: newStops(stops), send: send}
}

// A Token is what a stream is told of a token.
type Token struct {
	Text       string // what it adds
	Name       string // of a control token, which adds no text but is looked for
	Unfinished bool   // it ends within a character
}

// Add takes the next token. It reports whether a stop string is complete, which
// ends the text before it, and whether the caller wants more.
func (s *Stream[T]) Add(t T, k Token) (stopped, ok bool) {
	text := k.Text
	if text == "" && s.stops.name(k.Name) {
		text = k.Name
	}
	s.held = append(s.held, held[T]{t, k.Text, len(text)})
	start, stopped := s.stops.feed(text, s.end)
	s.end += len(text)
	if stopped {
		s.release(start, 0)
		if s.head < len(s.held) && s.at < start {
			cut := s.held[s.head]
			cut.text = cut.text[:min(start-s.at, len(cut.text))]
			s.yield(cut)
		}
		s.held, s.head = s.held[:0], 0
		return true, !s.left
	}
	keep := 0
	if k.Unfinished {
		keep = 1
	}
	s.release(s.end-s.stops.open(), keep)
	return false, !s.left
}

// Flush sends what was held back, with rest at the end of it, as no stop string
// will come. It reports whether the caller wants more.
func (s *Stream[T]) Flush(rest string) bool {
	if n := len(s.held); n > s.head {
		s.held[n-1].text += rest
		s.held[n-1].size += len(rest)
	}
	s.end += len(rest)
	s.release(s.end, 0)
	return !s.left
}

// release sends the tokens that end in the first decided bytes, but keeps the
// last keep tokens.
func (s *Stream[T]) release(decided, keep int) {
	for s.head < len(s.held)-keep && s.at+s.held[s.head].size <= decided && !s.left {
		h := s.held[s.head]
		s.head++
		s.at += h.size
		s.yield(h)
	}
	if s.head*2 >= len(s.held) { // moving the rest costs no more than sending did
		s.held, s.head = s.held[:copy(s.held, s.held[s.head:])], 0
	}
}

// yield sends h.
func (s *Stream[T]) yield(h held[T]) { s.left = s.left || !s.send(h.t, h.text) }

// Unfinished reports whether a decoder that made text of piece, the last of
// several, is left with the beginning of a character.
func Unfinished(text, piece string) bool {
	for i := len(piece) - 1; i >= 0 && i >= len(piece)-utf8.UTFMax; i-- {
		if utf8.RuneStart(piece[i]) {
			return !utf8.FullRuneInString(piece[i:])
		}
	}
	return text == "" && piece != "" // the middle of a character
}
