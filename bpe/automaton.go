package bpe

// [ac] Aho, Corasick, Efficient String Matching: An Aid to Bibliographic Search, 1975
// [myers] Myers, An Applicative Random-Access Stack, 1983

// An automaton finds the names of special tokens in one pass over a text [ac].
type automaton struct {
	trie  *trie
	fail  []int32 // by node: that of the longest other end of its bytes
	found []int32 // by node: the longest special token that ends its bytes, -1: none
}

// A chain leads from a special token to the shorter ones that end it: to the
// longest of them, and to one further away so that all are near [myers]. -1
// means none.
type chain struct {
	up, far int32
	level   int32 // how many there are, and one
}

// newAutomaton returns the automaton of the tokens with these ranks, nil if
// there are none, and sets their chains.
func (f *specials) newAutomaton(names []string, ranks []int32) *automaton {
	if len(ranks) == 0 {
		return nil
	}
	a := &automaton{trie: newTrie(names, ranks)}
	n := len(a.trie.value)
	a.fail, a.found = make([]int32, n), make([]int32, n)
	for node := range int32(n) { // parents first, and ends before what they end
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

// next returns the node of the longest end of node's bytes and b.
func (a *automaton) next(node int32, b byte) int32 {
	for {
		next := a.trie.child(node, b)
		if next != 0 || node == 0 {
			return next
		}
		node = a.fail[node]
	}
}

// above returns the chain of a token whose longest end is up.
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
