package bpe

import "sort"

// A trie finds the tokens that a text begins with. The children of a node are
// adjacent, so a node takes 9 bytes. There is at most one node for each byte of
// the tokens, and the root.
type trie struct {
	root  [256]int32 // the children of node 0 by byte, 0: none
	first []int32    // the children of node i are first[i] to first[i+1]-1
	label []byte     // (nodes,): the byte from the parent, ascending among siblings
	value []int32    // (nodes,): the token that ends at the node, -1: none
}

// newTrie returns the trie of the tokens ids. Their texts are not empty and
// differ. It sorts ids.
func newTrie(tokens []string, ids []int32) *trie {
	sort.Slice(ids, func(i, j int) bool { return tokens[ids[i]] < tokens[ids[j]] })
	t := &trie{label: []byte{0}, value: []int32{-1}}
	type span struct{ lo, hi, depth int32 } // the tokens below a node, and its depth
	spans := []span{{0, int32(len(ids)), 0}}
	for i := 0; i < len(spans); i++ {
		s := spans[i]
		t.first = append(t.first, int32(len(spans)))
		if s.lo < s.hi && int(s.depth) == len(tokens[ids[s.lo]]) {
			t.value[i] = ids[s.lo]
			s.lo++
		}
		for s.lo < s.hi {
			b := tokens[ids[s.lo]][s.depth]
			end := s.lo + int32(sort.Search(int(s.hi-s.lo), func(k int) bool { return tokens[ids[int(s.lo)+k]][s.depth] > b }))
			spans = append(spans, span{s.lo, end, s.depth + 1})
			t.label, t.value = append(t.label, b), append(t.value, -1)
			s.lo = end
		}
	}
	t.first = append(t.first, int32(len(spans)))
	for n := t.first[0]; n < t.first[1]; n++ {
		t.root[t.label[n]] = n
	}
	return t
}

// child returns the child of node with label b, 0 for none.
func (t *trie) child(node int32, b byte) int32 {
	if node == 0 {
		return t.root[b]
	}
	lo, hi := t.first[node], t.first[node+1]
	for hi-lo > 8 {
		mid := lo + (hi-lo)/2
		if t.label[mid] <= b {
			lo = mid
		} else {
			hi = mid
		}
	}
	for ; lo < hi; lo++ {
		if t.label[lo] == b {
			return lo
		}
	}
	return 0
}

// longest returns the longest token that s begins with and its length, 0 for none.
func (t *trie) longest(s []byte) (id int32, n int) {
	node := int32(0)
	for i, b := range s {
		if node = t.child(node, b); node == 0 {
			break
		}
		if t.value[node] >= 0 {
			id, n = t.value[node], i+1
		}
	}
	return id, n
}

// depth returns the length of the longest common prefix of s and a token.
func (t *trie) depth(s string) int {
	node := int32(0)
	for i := range len(s) {
		if node = t.child(node, s[i]); node == 0 {
			return i
		}
	}
	return len(s)
}
