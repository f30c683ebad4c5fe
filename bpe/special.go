package bpe

import (
	"sort"
	"strings"
)

// A trie finds which special tokens a text has, in one pass over it.
type trie struct {
	t     *Tokenizer
	rank  []int32 // special tokens, longest first: as they are cut out of the text
	first [256]bool
	next  map[trieEdge]int32
	ends  []int32 // by node: the rank of the token that ends there, -1: none
}

type trieEdge struct {
	node int32
	b    byte
}

// newTrie makes the trie of the control, user-defined and unknown tokens.
func newTrie(t *Tokenizer) *trie {
	f := &trie{t: t, next: map[trieEdge]int32{}, ends: []int32{-1}}
	for id, kind := range t.kinds {
		if kind == Control || kind == UserDefined || kind == Unknown {
			f.rank = append(f.rank, int32(id))
		}
	}
	sort.SliceStable(f.rank, func(i, j int) bool {
		return len(t.vocab.Tokens[f.rank[i]]) > len(t.vocab.Tokens[f.rank[j]])
	})
	for rank, id := range f.rank {
		node, text := int32(0), t.vocab.Tokens[id]
		f.first[text[0]] = true
		for i := range len(text) {
			edge := trieEdge{node, text[i]}
			to, ok := f.next[edge]
			if !ok {
				to = int32(len(f.ends))
				f.ends = append(f.ends, -1)
				f.next[edge] = to
			}
			node = to
		}
		f.ends[node] = int32(rank)
	}
	return f
}

// find appends the ranks of the special tokens that occur in text and that o
// lets be found, in ascending order.
func (f *trie) find(found []int32, text string, o EncodeOptions) []int32 {
	for i := range len(text) {
		if !f.first[text[i]] {
			continue
		}
		node, ok := f.next[trieEdge{0, text[i]}]
		for j := i + 1; ok; j++ {
			if rank := f.ends[node]; rank >= 0 {
				found = f.note(found, rank, o)
			}
			if j == len(text) {
				break
			}
			node, ok = f.next[trieEdge{node, text[j]}]
		}
	}
	return found
}

// note enters rank into found, which stays in order, unless it is there.
func (f *trie) note(found []int32, rank int32, o EncodeOptions) []int32 {
	if o.NoParseSpecial && f.t.kinds[f.rank[rank]] != UserDefined {
		return found
	}
	i := sort.Search(len(found), func(i int) bool { return found[i] >= rank })
	if i < len(found) && found[i] == rank {
		return found
	}
	found = append(found, 0)
	copy(found[i+1:], found[i:])
	found[i] = rank
	return found
}

// split appends the tokens of text, of which the special tokens ranked found
// are cut out first: all places of the longest token, then the next.
func (e *encoder) split(dst []int32, text string, found []int32) []int32 {
	if cap(found) > cap(e.found) {
		e.found = found
	}
	for k, rank := range found {
		id := e.t.special.rank[rank]
		name := e.t.vocab.Tokens[id]
		for {
			i := strings.Index(text, name)
			if i < 0 {
				break
			}
			dst = append(e.split(dst, text[:i], found[k+1:]), id)
			e.afterSpecial = true
			text = text[i+len(name):]
		}
	}
	return e.raw(dst, text)
}
