package grammar

// A symbol is what a rule is made of: at least min and at most max times the
// terminal or nonterminal number id; max < 0 is no limit.
type symbol struct {
	kind     symbolKind
	id       int32
	min, max int32
}

type symbolKind uint8

const (
	symEnd      symbolKind = iota // the end of a rule of nonterminal id
	symTerminal                   // a regular expression: rules.terminals[id]
	symRule                       // a nonterminal
)

func (s symbol) once() bool { return s.min == 1 && s.max == 1 }

// rules is a context-free grammar over regular expressions. Right sides lie one
// after another in symbols, so that a position in it is a rule with a dot.
type rules struct {
	x         *exprs
	terminals []expr
	termOf    map[expr]int32
	lazy      []bool // of each terminal: see lazyTerminal; nil if none is
	lazyOf    map[expr]int32
	symbols   []symbol
	starts    [][]int32 // of each nonterminal, where its right sides begin
	nullable  []bool    // of each nonterminal
	first     int32     // the nonterminal of the whole text
	parts     map[*partNode]symbol
}

func newRules(x *exprs) *rules { return &rules{x: x, termOf: map[expr]int32{}} }

// nonterminal returns a new nonterminal, without rules yet.
func (r *rules) nonterminal() symbol {
	r.x.budget.spend(64)
	r.starts = append(r.starts, nil)
	return symbol{kind: symRule, id: int32(len(r.starts) - 1), min: 1, max: 1}
}

// terminal returns the symbol of the texts of e.
func (r *rules) terminal(e expr) symbol {
	t, ok := r.termOf[e]
	if !ok {
		t = int32(len(r.terminals))
		r.terminals = append(r.terminals, e)
		r.termOf[e] = t
	}
	return symbol{kind: symTerminal, id: t, min: 1, max: 1}
}

// lazyTerminal returns the symbol of the shortest texts of e. Where it ends, so do
// all terminals that were begun at the same place.
func (r *rules) lazyTerminal(e expr) symbol {
	if r.x.nodes[e].nullable {
		return r.terminal(eps)
	}
	t, ok := r.lazyOf[e]
	if !ok {
		if r.lazyOf == nil {
			r.lazyOf = map[expr]int32{}
		}
		t = int32(len(r.terminals))
		r.terminals = append(r.terminals, e)
		r.lazy = append(r.lazy, make([]bool, len(r.terminals)-len(r.lazy))...)
		r.lazy[t] = true
		r.lazyOf[e] = t
	}
	return symbol{kind: symTerminal, id: t, min: 1, max: 1}
}

// isLazy reports whether a terminal ends where it first can.
func (r *rules) isLazy(terminal int32) bool {
	return int(terminal) < len(r.lazy) && r.lazy[terminal]
}

// add gives the nonterminal lhs another right side.
func (r *rules) add(lhs symbol, rhs ...symbol) {
	r.x.budget.spend(int64(16 * (len(rhs) + 2)))
	r.starts[lhs.id] = append(r.starts[lhs.id], int32(len(r.symbols)))
	r.symbols = append(append(r.symbols, rhs...), symbol{kind: symEnd, id: lhs.id})
}

// finish finds out which nonterminals are nullable and drops the right sides
// that no text matches. It reports whether the grammar has any text.
func (r *rules) finish() bool {
	productive := r.fixpoint(func(s symbol, done []bool) bool {
		switch s.kind {
		case symTerminal:
			return s.min == 0 || r.x.notEmpty(r.terminals[s.id])
		case symRule:
			return s.min == 0 || done[s.id]
		}
		return true
	})
	for n, list := range r.starts {
		kept := list[:0]
		for _, at := range list {
			if r.every(at, func(s symbol) bool {
				if s.kind == symTerminal {
					return s.min == 0 || r.x.notEmpty(r.terminals[s.id])
				}
				return s.kind == symEnd || s.min == 0 || productive[s.id]
			}) {
				kept = append(kept, at)
			}
		}
		r.starts[n] = kept
	}
	r.nullable = r.fixpoint(func(s symbol, done []bool) bool {
		switch s.kind {
		case symTerminal:
			return s.min == 0 || r.x.nodes[r.terminals[s.id]].nullable
		case symRule:
			return s.min == 0 || done[s.id]
		}
		return true
	})
	return productive[r.first]
}

// every reports whether ok is true of all symbols of the right side at at.
func (r *rules) every(at int32, ok func(symbol) bool) bool {
	for ; ; at++ {
		s := r.symbols[at]
		if !ok(s) {
			return false
		}
		if s.kind == symEnd {
			return true
		}
	}
}

// fixpoint returns the nonterminals that have a right side for which ok is true,
// given those that are known to have one. It goes over a right side again only
// when a nonterminal in it has become known.
func (r *rules) fixpoint(ok func(s symbol, done []bool) bool) []bool {
	done := make([]bool, len(r.starts))
	users := make([][]int32, len(r.starts)) // nonterminals whose right sides have this one
	for n, list := range r.starts {
		for _, at := range list {
			r.every(at, func(s symbol) bool {
				if s.kind == symRule {
					users[s.id] = append(users[s.id], int32(n))
				}
				return true
			})
		}
	}
	queue := make([]int32, 0, len(r.starts))
	for n := range r.starts {
		queue = append(queue, int32(n))
	}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		if done[n] {
			continue
		}
		for _, at := range r.starts[n] {
			if r.every(at, func(s symbol) bool { return ok(s, done) }) {
				done[n] = true
				queue = append(queue, users[n]...)
				break
			}
		}
	}
	return done
}

// isNullable reports whether s may be empty.
func (r *rules) isNullable(s symbol) bool {
	switch {
	case s.min == 0:
		return true
	case s.kind == symTerminal:
		return r.x.nodes[r.terminals[s.id]].nullable
	}
	return r.nullable[s.id]
}
