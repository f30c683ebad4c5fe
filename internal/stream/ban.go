package stream

// A Ban follows a text token by token, looks for strings that must not be in it, and
// holds back the tokens that one may begin in.
type Ban struct {
	banned, stops stops
	held          []mark
	saved         []int // states of the strings before each held token
	tokens, end   int   // tokens and bytes so far
}

// A mark is where a token begins.
type mark struct{ start int }

// NewBan returns a Ban on the strings of banned, none of them "". A text ends with
// the first complete string of stops.
func NewBan(banned, stops []string) *Ban {
	return &Ban{banned: newStops(banned), stops: newStops(stops)}
}

// Tokens returns the number of tokens so far.
func (b *Ban) Tokens() int { return b.tokens }

// Add takes the next token: its text, and its name if it is a control token, which
// stop strings may contain. back is how many of the last tokens have to be taken back
// because a banned string is complete: those from the one that it begins in, or from
// the first that is held. stopped reports whether a stop string was complete before
// it.
func (b *Ban) Add(text, name string) (back int, stopped bool) {
	b.held = append(b.held, mark{b.end})
	for _, list := range []stops{b.banned, b.stops} {
		for j := range list {
			b.saved = append(b.saved, list[j].n)
		}
	}
	b.tokens++
	begin := b.end
	b.end += len(text)
	if text == "" && b.stops.name(name) {
		for i := range len(name) {
			stopped = b.stops.step(name[i]) > 0 || stopped
		}
		return 0, stopped
	}
	for i := range len(text) {
		if b.stops.step(text[i]) > 0 {
			return 0, true
		}
		if n := b.banned.step(text[i]); n > 0 {
			return b.from(begin + i + 1 - n), false
		}
	}
	return 0, false
}

// step takes one byte and returns the length of the longest string that it completes,
// 0 for none. The search goes on.
func (s stops) step(c byte) (longest int) {
	for j := range s {
		if s[j].next(c) {
			longest = max(longest, len(s[j].text))
			s[j].n = s[j].fail[s[j].n]
		}
	}
	return longest
}

// from returns the number of held tokens from the one on that has byte start.
func (b *Ban) from(start int) int {
	k := len(b.held) - 1
	for k > 0 && b.held[k].start > start {
		k--
	}
	return len(b.held) - k
}

// Back takes the last n held tokens back.
func (b *Ban) Back(n int) {
	k := len(b.held) - n
	b.tokens -= n
	b.end = b.held[k].start
	strings := len(b.banned) + len(b.stops)
	saved := b.saved[k*strings:]
	for j := range b.banned {
		b.banned[j].n = saved[j]
	}
	for j := range b.stops {
		b.stops[j].n = saved[len(b.banned)+j]
	}
	b.held, b.saved = b.held[:k], b.saved[:k*strings]
}

// Decided returns how many of the first held tokens cannot be taken back any more, all
// of them if the text has ended. They are no longer held.
func (b *Ban) Decided(ended bool) int {
	n, open := len(b.held), b.end-b.banned.open()
	for !ended && n > 0 {
		end := b.end // of token n-1
		if n < len(b.held) {
			end = b.held[n].start
		}
		if end <= open {
			break
		}
		n--
	}
	strings := len(b.banned) + len(b.stops)
	b.held = b.held[:copy(b.held, b.held[n:])]
	b.saved = b.saved[:copy(b.saved, b.saved[n*strings:])]
	return n
}

// Completes reports whether text would complete a banned string.
func (b *Ban) Completes(text string) bool {
	for j := range b.banned {
		s := b.banned[j] // a copy
		for i := range len(text) {
			if s.next(text[i]) {
				return true
			}
		}
	}
	return false
}
