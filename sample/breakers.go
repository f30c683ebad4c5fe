package sample

import (
	"slices"
	"strings"
)

// maxBreaker is the greatest length of a sequence breaker, and maxBreakers their
// greatest number.
const (
	maxBreaker  = 40
	maxBreakers = 256
)

// maxTail is the most tokens that a breaker has after its first.
const maxTail = 20

// defaultBreakers are llama.cpp's.
var defaultBreakers = []string{"\n", ":", "\"", "*"}

// A Vocabulary has what [NewBreakers] needs to know of one.
type Vocabulary interface {
	Len() int                     // number of tokens
	Piece(id int32) string        // the text of a token, or the name of a control token
	Tokenize(text string) []int32 // the tokens of a text, without BOS and the like
}

// Breakers are sequence breakers as tokens of a vocabulary. They do not change, so
// that any number of samplers may use the same.
type Breakers struct {
	first []uint64            // a bit for each token that a breaker may begin in
	whole []uint64            // a bit for each token that has a whole breaker in it
	tails map[int32][][]int32 // the tokens that have to follow one in first
}

// NewBreakers returns the breakers of [Params.DRYSequenceBreakers], nil meaning the
// default, as the tokens of v.
//
// A token that contains a breaker is one. A token that ends in the beginning of a
// breaker is one if the tokens of the breaker's rest follow, as llama.cpp does.
// The work is O(v.Len() · len(breakers)).
func NewBreakers(breakers []string, v Vocabulary) *Breakers {
	if breakers == nil {
		breakers = defaultBreakers
	}
	words := (v.Len() + 63) / 64
	b := &Breakers{first: make([]uint64, words), whole: make([]uint64, words), tails: map[int32][][]int32{}}
	var starts [256]bool
	for _, s := range breakers {
		if s != "" {
			starts[s[0]] = true
		}
	}
	for id := range int32(v.Len()) {
		piece := v.Piece(id)
		for i := range len(piece) {
			if starts[piece[i]] {
				b.add(id, piece[i:], breakers, v)
			}
		}
	}
	return b
}

// add notes the breakers that begin where rest, the end of token id, does.
func (b *Breakers) add(id int32, rest string, breakers []string, v Vocabulary) {
	for _, s := range breakers {
		switch {
		case s == "":
		case strings.HasPrefix(rest, s):
			b.first[id/64] |= 1 << (id % 64)
			b.whole[id/64] |= 1 << (id % 64)
		case strings.HasPrefix(s, rest):
			tail := v.Tokenize(s[len(rest):])
			tail = slices.Clip(tail[:min(len(tail), maxTail)])
			if !slices.ContainsFunc(b.tails[id], func(t []int32) bool { return slices.Equal(t, tail) }) {
				b.first[id/64] |= 1 << (id % 64)
				b.tails[id] = append(b.tails[id], tail)
			}
		}
	}
}

// bit reports whether the bit of id is set.
func bit(set []uint64, id int32) bool {
	return uint(id)/64 < uint(len(set)) && set[id/64]>>(id%64)&1 != 0
}

// has reports whether a whole breaker is in a token.
func (b *Breakers) has(id int32) bool { return b != nil && bit(b.whole, id) }

// since returns the number of ids after the last breaker in them, all if there is
// none.
func (b *Breakers) since(ids []int32) int {
	if b == nil {
		return len(ids)
	}
	for i := len(ids) - 1; i >= 0; i-- {
		if !bit(b.first, ids[i]) {
			continue
		}
		rest, longest := ids[i+1:], -1
		if bit(b.whole, ids[i]) {
			longest = 0
		}
		for _, tail := range b.tails[ids[i]] {
			if n := len(tail); n > longest && n <= len(rest) && slices.Equal(rest[:n], tail) {
				longest = n
			}
		}
		if longest >= 0 {
			return len(rest) - longest
		}
	}
	return len(ids)
}
