package grammar

import (
	"cmp"
	"slices"
)

// An item is a right side that has been read up to a dot: pos is the place in
// rules.symbols, count how often the symbol there has been read already. When
// the right side is done, the items of row that wait for nonterminal lhs go on;
// row nil is the end of the text.
//
// A right side whose last symbol is a nonterminal hands its own row and lhs down
// to it, so that right recursion needs no longer chain of rows with every round.
type item struct {
	pos, count int32
	row        *row
	lhs        int32
}

// A row is what the parser knows at a place in the text: an Earley set whose
// items point to other rows instead of to places, so that equal situations at
// different places are one row, shared by all texts.
type row struct {
	id      int32
	kernel  []item    // what tells it from other rows
	waiting []waiting // by what is waited for
	accepts bool      // the text may end here
	start   *lexState // of all terminals that may come
}

// waiting is an item with what it waits for.
type waiting struct {
	code int32 // terminal t is 2t, nonterminal n is 2n+1
	item item
}

func code(s symbol) int32 {
	if s.kind == symTerminal {
		return 2 * s.id
	}
	return 2*s.id + 1
}

// expecting returns the items that wait for what code says.
func (r *row) expecting(code int32) []waiting {
	lo, ok := slices.BinarySearchFunc(r.waiting, code, func(w waiting, c int32) int { return cmp.Compare(w.code, c) })
	if !ok {
		return nil
	}
	hi := lo + 1
	for hi < len(r.waiting) && r.waiting[hi].code == code {
		hi++
	}
	return r.waiting[lo:hi]
}
