// Package stream delivers generated text: whole characters, cut before a stop
// string, and held back while a stop string may be incomplete.
package stream

import "unicode/utf8"

// A Stream takes tokens with their texts and sends them on. It holds back tokens
// whose text may belong to a stop string, and the last token while its character is
// incomplete, so that the rest of that text has a token to go with. T is the
// caller's type of a token.
type Stream[T any] struct {
	send  func(t T, text string) bool
	stops stops
	left  bool // the caller has left

	held []held[T] // not yet sent, from head on
	head int
	at   int // searched bytes before held[head]
	end  int // searched bytes in all
}

type held[T any] struct {
	t    T
	text string
	size int // searched bytes
}

// New returns a stream that ends before the first complete string of stops, none of
// them "". send is called for every token in order and reports whether the caller
// wants more.
func New[T any](stops []string, send func(t T, text string) bool) *Stream[T] {
	return &Stream[T]{stops: newStops(stops), send: send}
}

// A Token describes a token for a stream.
type Token struct {
	Text       string // what it adds
	Name       string // of a control token: searched for stop strings, but no text
	Unfinished bool   // it ends in the middle of a character
}

// Add takes the next token. It reports whether a stop string is complete, in which
// case the text ends before it, and whether the caller wants more.
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

// Stopped returns the stop string that ended the text, after Add has said so.
func (s *Stream[T]) Stopped() string { return s.stops.complete() }

// Flush sends the tokens held back, followed by rest, since no stop string can be
// completed any more. It reports whether the caller wants more.
func (s *Stream[T]) Flush(rest string) bool {
	if n := len(s.held); n > s.head {
		s.held[n-1].text += rest
		s.held[n-1].size += len(rest)
	}
	s.end += len(rest)
	s.release(s.end, 0)
	return !s.left
}

// release sends the tokens that end within the first decided bytes, except the last
// keep tokens.
func (s *Stream[T]) release(decided, keep int) {
	for s.head < len(s.held)-keep && s.at+s.held[s.head].size <= decided && !s.left {
		h := s.held[s.head]
		s.head++
		s.at += h.size
		s.yield(h)
	}
	if s.head*2 >= len(s.held) { // amortised: moves no more than were sent
		s.held, s.head = s.held[:copy(s.held, s.held[s.head:])], 0
	}
}

// yield sends h.
func (s *Stream[T]) yield(h held[T]) { s.left = s.left || !s.send(h.t, h.text) }

// Unfinished reports whether a decoder that turned piece into text still holds the
// beginning of a character.
func Unfinished(text, piece string) bool {
	for i := len(piece) - 1; i >= 0 && i >= len(piece)-utf8.UTFMax; i-- {
		if utf8.RuneStart(piece[i]) {
			return !utf8.FullRuneInString(piece[i:])
		}
	}
	return text == "" && piece != "" // the middle of a character
}
