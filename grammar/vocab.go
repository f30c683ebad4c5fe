package grammar

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// A Vocab is the vocabulary of a model, arranged for masks. It does not change
// and is shared by all grammars and goroutines.
type Vocab struct {
	size   int
	depth  int      // the bytes of the longest token
	tokens [][]byte // nil for control tokens
	ends   []int32
	parts  [len(partKinds)]part
}

// Tokens of nothing but characters of one class lie apart, by length: where that
// many characters of the class may follow, whichever they are, the part is
// allowed as a whole.
var partKinds = [...]partKind{
	{levelSmall, 12},
	{levelASCII, 12},
	{levelSafe, 8},
	{levelSafe, 32},
	{levelNone, 0}, // all others
}

type partKind struct {
	level  uint8
	length int32 // the most characters
}

// A part is a trie of some of the tokens: its nodes in the order of depth first,
// and the set of its tokens.
type part struct {
	nodes []trieNode
	first byteSet    // the bytes that its tokens begin with
	roots [256]int32 // the nodes of those bytes
	all   []uint64
}

// A trieNode is one byte of some tokens. Of the tokens that end here, one is in
// token, and those with the same bytes follow in nodes with jump 0.
type trieNode struct {
	depth uint16
	byte  byte
	same  bool  // another token of the node before
	token int32 // -1 if none ends here
	next  int32 // the node after those below this one
}

// NewVocab returns the vocabulary of tokens, each its bytes, in the order of
// their ids. The ids in ends end a text. Those in control, and tokens without
// bytes, are in no text.
func NewVocab(tokens [][]byte, ends, control []int32) *Vocab {
	v := &Vocab{size: len(tokens), tokens: slices.Clone(tokens), ends: slices.Clone(ends)}
	for _, id := range slices.Concat(ends, control) {
		v.tokens[id] = nil
	}
	var ids [len(partKinds)][]int32
	for id, t := range v.tokens {
		if len(t) > 0 && len(t) < 1<<16 {
			v.depth = max(v.depth, len(t))
			p := partOf(t)
			ids[p] = append(ids[p], int32(id))
		}
	}
	for i := range v.parts {
		v.parts[i] = v.part(ids[i])
	}
	return v
}

// Size returns the number of tokens.
func (v *Vocab) Size() int { return v.size }

// Words returns the length of a mask: one bit a token, 64 in a word.
func (v *Vocab) Words() int { return (v.size + 63) / 64 }

// partOf returns the part that a token lies in.
func partOf(t []byte) int {
	n, level := int32(0), uint8(levelSmall)
	for len(t) > 0 {
		r, size := utf8.DecodeRune(t)
		switch {
		case r == utf8.RuneError && size == 1 || r < 0x20 || r == '"' || r == '\\' || r == 0x7f:
			return len(partKinds) - 1
		case r >= 'a' && r <= 'z':
		case r >= 'A' && r <= 'Z':
			level = max(level, levelASCII)
		default:
			level = levelSafe
		}
		t = t[size:]
		n++
	}
	for i, k := range partKinds {
		if level <= k.level && n <= k.length {
			return i
		}
	}
	return len(partKinds) - 1
}

// part returns the trie of the tokens in ids.
func (v *Vocab) part(ids []int32) part {
	slices.SortFunc(ids, func(a, b int32) int {
		if c := bytes.Compare(v.tokens[a], v.tokens[b]); c != 0 {
			return c
		}
		return int(a - b)
	})
	p := part{all: make([]uint64, v.Words())}
	for _, id := range ids {
		p.all[id/64] |= 1 << (id % 64)
	}
	v.build(&p, ids, 0)
	for i := int32(0); i < int32(len(p.nodes)); i = p.nodes[i].next {
		p.first.add(p.nodes[i].byte)
		p.roots[p.nodes[i].byte] = i
	}
	return p
}

// build appends the nodes of tokens that have their first depth bytes in common.
func (v *Vocab) build(p *part, ids []int32, depth int) {
	for len(ids) > 0 {
		b := v.tokens[ids[0]][depth]
		n := 1
		for n < len(ids) && v.tokens[ids[n]][depth] == b {
			n++
		}
		at := len(p.nodes)
		p.nodes = append(p.nodes, trieNode{depth: uint16(depth), byte: b, token: -1})
		below := ids[:n]
		for len(below) > 0 && len(v.tokens[below[0]]) == depth+1 {
			if p.nodes[at].token < 0 {
				p.nodes[at].token = below[0]
			} else {
				p.nodes = append(p.nodes, trieNode{depth: uint16(depth + 1), same: true, token: below[0], next: int32(len(p.nodes) + 1)})
			}
			below = below[1:]
		}
		v.build(p, below, depth+1)
		p.nodes[at].next = int32(len(p.nodes))
		ids = ids[n:]
	}
}

// Text returns the bytes of a token; none for one that is in no text.
func (v *Vocab) Text(token int32) []byte {
	if token < 0 || int(token) >= v.size {
		return nil
	}
	return v.tokens[token]
}
