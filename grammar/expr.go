package grammar

import "slices"

// An expr is the number of a regular expression over bytes in an [exprs]; equal
// expressions have equal numbers.
type expr int32

// The expressions that every exprs has.
const (
	none expr = iota // matches nothing
	eps              // matches the empty text
)

type kind uint8

const (
	kNone kind = iota
	kEps
	kSet    // one byte of sets[a]
	kConcat // args[0] then args[1]
	kOr     // any of args, sorted
	kAnd    // all of args, sorted
	kNot    // not args[0]
	kRepeat // args[0], a to b times; b < 0 is no limit
	kMod    // the digits of a number that is a multiple of something, see mod.go
)

const unbounded = -1

// byteSet is a set of bytes.
type byteSet [4]uint64

func (s *byteSet) add(b byte)      { s[b>>6] |= 1 << (b & 63) }
func (s *byteSet) has(b byte) bool { return s[b>>6]>>(b&63)&1 != 0 }

func (s *byteSet) addRange(lo, hi byte) {
	for b := int(lo); b <= int(hi); b++ {
		s.add(byte(b))
	}
}

func (s *byteSet) union(t *byteSet) {
	for i := range s {
		s[i] |= t[i]
	}
}

// A node is what an expr stands for.
type node struct {
	kind     kind
	nullable bool  // matches the empty text
	negates  bool  // has an And or a Not: may match nothing without being none
	infinite bool  // matches texts of any length, as far as the form shows
	level    uint8 // matches all characters of this class, and only one: see freedom
	a, b     int32
	args     []expr
	free     freedom // see exprs.free; free[0] < 0 is not known yet
	first    byteSet // see exprs.first, if known is true
	known    bool
	counted  bool // has a repeat with a limit
	alive    int8 // 1 matches something, -1 nothing, 0 not known yet
}

// An exprs holds regular expressions and remembers their derivatives. It is not
// safe for use by several goroutines.
type exprs struct {
	nodes             []node
	index             table // of nodes
	setOf             map[byteSet]int32
	sets              []byteSet
	derived           derivatives
	jsonAny, jsonWide expr // see jsonText and jsonChar, none before
	mods              []modulus
	modOf             map[modulus]int32
	all               []expr // any text, by every encoder in use
	budget            *budget

	explored int // by explore, in all
	visit    int32
	visited  []int32 // the last visit of each expression
	parts    []byteSet
	partOf   map[*partNode]expr // of parts that are regular
}

func newExprs(b *budget) *exprs {
	x := &exprs{
		setOf:  map[byteSet]int32{},
		modOf:  map[modulus]int32{},
		budget: b,
	}
	x.nodes = append(x.nodes, node{kind: kNone, alive: -1}, node{kind: kEps, nullable: true, alive: 1})
	return x
}

// intern returns the expression of n, a new one if there is none yet.
func (x *exprs) intern(n node) expr {
	h := mix(mix(hashOf, uint64(n.kind)<<32|uint64(uint32(n.a))), uint64(uint32(n.b)))
	for _, e := range n.args {
		h = mix(h, uint64(e))
	}
	if i := x.index.find(h, func(i int32) bool { return x.nodes[i].same(&n) }); i != 0 {
		return expr(i)
	}
	x.budget.spend(int64(128 + 4*len(n.args)))
	n.args = slices.Clone(n.args)
	n.free[0] = -1
	e := expr(len(x.nodes))
	x.nodes = append(x.nodes, n)
	x.index.add(h, int32(e))
	return e
}

func (n *node) same(o *node) bool {
	return n.kind == o.kind && n.a == o.a && n.b == o.b && slices.Equal(n.args, o.args)
}

// set returns the expression of one byte of s.
func (x *exprs) set(s byteSet) expr {
	if s == (byteSet{}) {
		return none
	}
	i, ok := x.setOf[s]
	if !ok {
		i = int32(len(x.sets))
		x.sets = append(x.sets, s)
		x.setOf[s] = i
	}
	return x.intern(node{kind: kSet, a: i, alive: 1, level: levelOf(&s)})
}

// byte returns the expression of the byte b.
func (x *exprs) byte(b byte) expr {
	var s byteSet
	s.add(b)
	return x.set(s)
}

// bytes returns the expression of the text s.
func (x *exprs) bytes(s string) expr {
	e := eps
	for i := len(s) - 1; i >= 0; i-- {
		e = x.concat(x.byte(s[i]), e)
	}
	return e
}

// concat returns the expression of the texts of a list, one after another.
func (x *exprs) concat(list ...expr) expr {
	e := eps
	for i := len(list) - 1; i >= 0; i-- {
		e = x.concat2(list[i], e)
	}
	return e
}

func (x *exprs) concat2(a, b expr) expr {
	switch {
	case a == none || b == none:
		return none
	case a == eps:
		return b
	case b == eps:
		return a
	}
	if n := &x.nodes[a]; n.kind == kConcat {
		head, tail := n.args[0], n.args[1]
		return x.concat2(head, x.concat2(tail, b))
	}
	m, n := &x.nodes[a], &x.nodes[b]
	return x.intern(node{
		kind:     kConcat,
		nullable: m.nullable && n.nullable,
		negates:  m.negates || n.negates,
		counted:  m.counted || n.counted,
		infinite: m.infinite || n.infinite,
		args:     []expr{a, b},
	})
}

// repeat returns the expression of lo to hi texts of e; hi < 0 is no limit.
func (x *exprs) repeat(e expr, lo, hi int) expr {
	switch {
	case hi == 0 || e == eps || e == none && lo == 0:
		return eps
	case e == none:
		return none
	case lo == 1 && hi == 1:
		return e
	}
	n := &x.nodes[e]
	if n.nullable {
		lo = 0
	}
	if n.kind == kRepeat && n.a == 0 && n.b < 0 {
		return e
	}
	return x.intern(node{
		kind:     kRepeat,
		nullable: lo == 0,
		negates:  n.negates,
		counted:  hi > 1 || n.counted,
		infinite: hi < 0 || n.infinite,
		a:        int32(lo),
		b:        int32(hi),
		args:     []expr{e},
	})
}

func (x *exprs) star(e expr) expr     { return x.repeat(e, 0, unbounded) }
func (x *exprs) plus(e expr) expr     { return x.repeat(e, 1, unbounded) }
func (x *exprs) optional(e expr) expr { return x.repeat(e, 0, 1) }
