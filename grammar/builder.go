package grammar

import (
	"cmp"
	"slices"
)

// A builder makes rows. Its lists are used again for every row.
type builder struct {
	r         *rules
	l         *lexer
	rows      []*row // by number; 0 is none
	index     table  // of rows
	items     []item // those that wait for something
	all       []item
	seen      table    // of all
	done      []target // what has been completed
	doneAt    table    // of done
	left      int      // items that may still go on, see maxWork
	asked     []question
	askedAt   table // of asked
	accepts   bool
	self      *row // while items are predicted
	terminals []int32
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
	return &builder{r: r, l: l, rows: []*row{nil}}
}

func (b *builder) begin() {
	b.items, b.all, b.done, b.asked = b.items[:0], b.all[:0], b.done[:0], b.asked[:0]
	b.accepts, b.self = false, nil
	b.seen.reset()
	b.doneAt.reset()
	b.askedAt.reset()
}

// number returns the number of r, 0 for nil.
func (r *row) number() uint64 {
	if r == nil {
		return 0
	}
	return uint64(r.id)
}

func (it *item) hash(h uint64) uint64 {
	return mix(mix(h, uint64(it.pos)<<32|uint64(uint32(it.count))), it.row.number()<<32|uint64(it.lhs))
}

// isNew reports whether it has not been added yet, and notes it.
func (b *builder) isNew(it item) bool {
	h := it.hash(hashOf)
	if b.seen.find(h, func(n int32) bool { return b.all[n-1] == it }) != 0 {
		return false
	}
	b.all = append(b.all, it)
	b.seen.add(h, int32(len(b.all)))
	return true
}

// maxWork bounds the items that go on for a token, or for its mask. Schemas take some
// hundreds; in a very ambiguous grammar their number grows with the square of the text.
const maxWork = 500_000

// advance adds what w becomes when what it waits for has been read. It panics where
// that is too much work, before there is a row.
func (b *builder) advance(it item) {
	if b.left--; b.left < 0 {
		panic(errTooAmbiguous)
	}
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
		if !b.isNew(it) {
			return
		}
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
	h := mix(mix(hashOf, t.row.number()), uint64(t.lhs))
	if b.doneAt.find(h, func(n int32) bool { return b.done[n-1] == t }) != 0 {
		return
	}
	b.done = append(b.done, t)
	b.doneAt.add(h, int32(len(b.done)))
	for _, w := range it.row.expecting(2*it.lhs + 1) {
		b.advance(w.item)
	}
}

// row returns the row of the items that were added, nil if there are none.
func (b *builder) row() *row {
	if len(b.items) == 0 && !b.accepts {
		return nil
	}
	if len(b.items) > 1 {
		slices.SortFunc(b.items, compareItems)
	}
	h := hashOf
	if b.accepts {
		h++
	}
	for i := range b.items {
		h = b.items[i].hash(h)
	}
	n := b.index.find(h, func(n int32) bool {
		return b.rows[n].accepts == b.accepts && slices.Equal(b.rows[n].kernel, b.items)
	})
	if n != 0 {
		return b.rows[n]
	}
	r := &row{id: int32(len(b.rows)), accepts: b.accepts, kernel: slices.Clone(b.items)}
	b.rows = append(b.rows, r)
	b.index.add(h, r.id)
	b.predict(r)
	b.r.x.budget.spend(int64(128 + 24*len(r.kernel) + 32*len(r.waiting)))
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
	return cmp.Compare(a.row.number(), b.row.number())
}

// predict fills r: the items that were added and all that they begin.
func (b *builder) predict(r *row) {
	b.self = r
	terminals := b.terminals[:0]
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
		h := mix(mix(hashOf, t.row.number()<<32|uint64(t.lhs)), uint64(q.id))
		if b.askedAt.find(h, func(n int32) bool { return b.asked[n-1] == q }) != 0 {
			continue
		}
		b.asked = append(b.asked, q)
		b.askedAt.add(h, int32(len(b.asked)))
		for _, at := range b.r.starts[s.id] {
			b.add(item{pos: at, row: t.row, lhs: t.lhs})
		}
	}
	slices.SortFunc(r.waiting, func(a, b waiting) int { return cmp.Compare(a.code, b.code) })
	slices.Sort(terminals)
	b.terminals = terminals
	r.start = b.l.start(slices.Compact(terminals))
}
