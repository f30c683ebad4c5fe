package grammar

import (
	"cmp"
	"encoding/binary"
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

// A builder makes rows. Its lists are used again for every row.
type builder struct {
	r       *rules
	l       *lexer
	rows    map[string]*row
	ids     int32
	items   []item
	seen    map[item]struct{}
	done    map[target]struct{}   // what has been completed
	asked   map[question]struct{} // what has been predicted
	accepts bool
	self    *row // while items are predicted
	key     []byte
}

// A target is a nonterminal that a row waits for.
type target struct {
	row *row
	lhs int32
}

// A question is a nonterminal that may begin, and where it returns to.
type question struct {
	target
	id int32
}

func newBuilder(r *rules, l *lexer) *builder {
	return &builder{r: r, l: l, rows: map[string]*row{}, seen: map[item]struct{}{},
		done: map[target]struct{}{}, asked: map[question]struct{}{}}
}

func (b *builder) begin() {
	b.items = b.items[:0]
	b.accepts, b.self = false, nil
	clear(b.seen)
	clear(b.done)
	clear(b.asked)
}

// advance adds what w becomes when what it waits for has been read.
func (b *builder) advance(it item) {
	s := b.r.symbols[it.pos]
	switch {
	case s.once():
		it.pos++
	case s.max >= 0 && it.count+1 >= s.max:
		it.pos, it.count = it.pos+1, 0
	case s.max < 0:
		it.count = min(it.count+1, s.min)
	default:
		it.count++
	}
	b.add(it)
}

// add adds an item, and those that it becomes without another byte.
func (b *builder) add(it item) {
	for {
		if _, ok := b.seen[it]; ok {
			return
		}
		b.seen[it] = struct{}{}
		s := b.r.symbols[it.pos]
		if s.kind == symEnd {
			b.complete(it)
			return
		}
		b.items = append(b.items, it)
		if it.count < s.min && !b.r.isNullable(s) {
			return
		}
		it.pos, it.count = it.pos+1, 0
	}
}

// complete goes on with the items that wait for what it has read. What is done
// without a byte is known from rules.nullable.
func (b *builder) complete(it item) {
	if b.self != nil {
		return
	}
	if it.row == nil {
		b.accepts = true
		return
	}
	t := target{it.row, it.lhs}
	if _, ok := b.done[t]; ok {
		return
	}
	b.done[t] = struct{}{}
	for _, w := range it.row.expecting(2*it.lhs + 1) {
		b.advance(w.item)
	}
}

// row returns the row of the items that were added, nil if there are none.
func (b *builder) row() *row {
	if len(b.items) == 0 && !b.accepts {
		return nil
	}
	slices.SortFunc(b.items, compareItems)
	k := append(b.key[:0], 0)
	if b.accepts {
		k[0] = 1
	}
	for _, it := range b.items {
		id := int32(-1)
		if it.row != nil {
			id = it.row.id
		}
		for _, v := range [...]int32{it.pos, it.count, id, it.lhs} {
			k = binary.AppendVarint(k, int64(v))
		}
	}
	b.key = k
	if r, ok := b.rows[string(k)]; ok {
		return r
	}
	r := &row{id: b.ids, accepts: b.accepts}
	b.ids++
	b.rows[string(k)] = r
	b.predict(r)
	b.r.x.budget.spend(int64(128 + len(k) + 32*len(r.waiting)))
	return r
}

func compareItems(a, b item) int {
	if c := cmp.Compare(a.pos, b.pos); c != 0 {
		return c
	}
	if c := cmp.Compare(a.count, b.count); c != 0 {
		return c
	}
	if c := cmp.Compare(a.lhs, b.lhs); c != 0 || a.row == b.row {
		return c
	}
	switch {
	case a.row == nil:
		return -1
	case b.row == nil:
		return 1
	}
	return cmp.Compare(a.row.id, b.row.id)
}

// predict fills r: the items that were added and all that they begin.
func (b *builder) predict(r *row) {
	b.self = r
	var terminals []int32
	for i := 0; i < len(b.items); i++ {
		it := b.items[i]
		s := b.r.symbols[it.pos]
		r.waiting = append(r.waiting, waiting{code(s), it})
		if s.kind == symTerminal {
			terminals = append(terminals, s.id)
			continue
		}
		t := target{r, s.id}
		if s.once() && b.r.symbols[it.pos+1].kind == symEnd {
			t = target{it.row, it.lhs}
		}
		q := question{t, s.id}
		if _, ok := b.asked[q]; ok {
			continue
		}
		b.asked[q] = struct{}{}
		for _, at := range b.r.starts[s.id] {
			b.add(item{pos: at, row: t.row, lhs: t.lhs})
		}
	}
	slices.SortFunc(r.waiting, func(a, b waiting) int { return cmp.Compare(a.code, b.code) })
	slices.Sort(terminals)
	r.start = b.l.start(slices.Compact(terminals))
}
