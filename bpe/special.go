package bpe

import (
	"cmp"
	"slices"
	"strings"
)

// A special is a control, user-defined or unknown token. Special tokens are found
// in a text before it is encoded. The rank of a special token is its index in the
// order in which they are cut out of a text: the longest first, then by id.
type special struct {
	id    int32
	size  int // bytes of its name
	strip strip
	chain
}

// specials are the special tokens of a vocabulary.
type specials struct {
	list   []special  // by rank
	always *automaton // finds user-defined tokens
	parse  *automaton // finds the others, unless NoParseSpecial says no
}

// newSpecials returns the control, user-defined and unknown tokens of t.
func newSpecials(t *Tokenizer) *specials {
	f := &specials{}
	for id, kind := range t.types {
		if kind == Control || kind == UserDefined || kind == Unknown {
			f.list = append(f.list, special{id: int32(id), size: len(t.vocab.Tokens[id])})
		}
	}
	slices.SortStableFunc(f.list, func(a, b special) int { return cmp.Compare(b.size, a.size) })
	names, ids := make([]string, len(f.list)), make([]int32, len(f.list))
	var always, parse []int32
	for rank, s := range f.list {
		names[rank], ids[rank] = t.vocab.Tokens[s.id], s.id
		if t.types[s.id] == UserDefined {
			always = append(always, int32(rank))
		} else {
			parse = append(parse, int32(rank))
		}
	}
	for rank, s := range t.strips(ids) {
		f.list[rank].strip = s
	}
	f.always, f.parse = f.newAutomaton(names, always), f.newAutomaton(names, parse)
	return f
}

// A strip says on which sides a special token includes the white space beside it.
// No key of a file says it: as in llama.cpp, the names of model and pre-tokenizer
// do.
type strip uint8

const (
	stripLeft strip = 1 << iota
	stripRight
)

// asciiSpace is the white space that special tokens can include.
const asciiSpace = " \t\n\v\f\r"

// strips returns the strip of each of the special tokens ids.
func (t *Tokenizer) strips(ids []int32) []strip {
	v, s := &t.vocab, make([]strip, len(ids))
	set := func(name string, to strip) {
		for i, id := range ids {
			if v.Tokens[id] == name {
				s[i] = to
			}
		}
	}
	name := strings.ToLower(v.Name)
	switch {
	case has(v.Pre, "jina-v2-de", "jina-v2-es", "jina-v2-code") || has(v.Arch, "nomic-bert-moe", "jina-bert-v3"):
		set("<mask>", stripLeft)
	case has(name, "phi-3", "phi3"):
		for i := range s {
			s[i] = stripRight
		}
		for _, kept := range []string{"<unk>", "<s>", "<|endoftext|>"} {
			set(kept, 0)
		}
	case has(name, "modern-bert"):
		set("[MASK]", stripLeft)
	}
	return s
}

// has reports whether s contains one of parts.
func has(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

// [ac] Aho, Corasick, Efficient String Matching: An Aid to Bibliographic Search, 1975
// [myers] Myers, An Applicative Random-Access Stack, 1983

// An automaton finds the names of special tokens in one pass over a text [ac].
type automaton struct {
	trie  *trie
	fail  []int32 // (nodes,): the node of the longest proper suffix
	found []int32 // (nodes,): rank of the longest special token that is a suffix, -1: none
}

// A chain links a special token to the shorter ones that are suffixes of it. -1
// means none.
type chain struct {
	up    int32 // the longest of them
	far   int32 // a shorter one, so that a search takes O(log n) steps [myers]
	level int32 // the number of suffixes plus 1
}

// newAutomaton returns the automaton of the tokens with these ranks, nil for no
// ranks, and sets their chains.
func (f *specials) newAutomaton(names []string, ranks []int32) *automaton {
	if len(ranks) == 0 {
		return nil
	}
	a := &automaton{trie: newTrie(names, ranks)}
	n := len(a.trie.value)
	a.fail, a.found = make([]int32, n), make([]int32, n)
	for node := range int32(n) { // parents before children, suffixes before longer nodes
		a.found[node] = -1
		if node > 0 {
			a.found[node] = a.found[a.fail[node]]
		}
		if rank := a.trie.value[node]; rank >= 0 {
			f.list[rank].chain = f.above(a.found[node])
			a.found[node] = rank
		}
		for child := a.trie.first[node]; child < a.trie.first[node+1]; child++ {
			if node > 0 {
				a.fail[child] = a.next(a.fail[node], a.trie.label[child])
			}
		}
	}
	return a
}

// next returns the node of the longest suffix of node's bytes followed by b.
func (a *automaton) next(node int32, b byte) int32 {
	for {
		next := a.trie.child(node, b)
		if next != 0 || node == 0 {
			return next
		}
		node = a.fail[node]
	}
}

// above returns the chain of a token whose longest suffix is up.
func (f *specials) above(up int32) chain {
	at := func(rank int32) chain {
		if rank < 0 {
			return chain{-1, -1, 0}
		}
		return f.list[rank].chain
	}
	c := chain{up, up, at(up).level + 1}
	if far := at(up).far; at(up).level-at(far).level == at(far).level-at(at(far).far).level {
		c.far = at(far).far
	}
	return c
}
