package grammar

// derive returns the expression of what may follow b in a text of e.
func (x *exprs) derive(e expr, b byte) expr {
	n := &x.nodes[e]
	switch n.kind {
	case kNone, kEps:
		return none
	case kSet:
		if x.sets[n.a].has(b) {
			return eps
		}
		return none
	case kMod:
		return x.deriveMod(e, b)
	}
	if n.known && !n.first.has(b) && n.kind != kNot {
		return none
	}
	key := uint64(e)<<8 | uint64(b)
	if d, ok := x.derived.get(key); ok {
		return d
	}
	x.budget.spend(24)
	d := x.deriveNew(e, b)
	x.derived.put(key, d)
	return d
}

// derivatives is a map from expressions and bytes to derivatives: open
// addressing, key 0 is free.
type derivatives struct {
	keys   []uint64
	values []expr
	count  int
}

func (d *derivatives) get(key uint64) (expr, bool) {
	if len(d.keys) == 0 {
		return none, false
	}
	i := d.slot(key)
	return d.values[i], d.keys[i] == key
}

// slot returns the place of key, or the free one where it belongs.
func (d *derivatives) slot(key uint64) uint64 {
	mask := uint64(len(d.keys) - 1)
	i := mix(hashOf, key) & mask
	for d.keys[i] != 0 && d.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

func (d *derivatives) put(key uint64, e expr) {
	if 2*d.count >= len(d.keys) {
		old := *d
		d.keys = make([]uint64, max(64, 2*len(old.keys)))
		d.values = make([]expr, len(d.keys))
		for i, k := range old.keys {
			if k != 0 {
				at := d.slot(k)
				d.keys[at], d.values[at] = k, old.values[i]
			}
		}
	}
	i := d.slot(key)
	d.keys[i], d.values[i] = key, e
	d.count++
}

// deriveNew is derive of an expression made of others.
func (x *exprs) deriveNew(e expr, b byte) expr {
	n := x.nodes[e]
	switch n.kind {
	case kConcat:
		d := x.concat2(x.derive(n.args[0], b), n.args[1])
		if x.nodes[n.args[0]].nullable {
			return x.or(d, x.derive(n.args[1], b))
		}
		return d
	case kRepeat:
		hi := int(n.b)
		if hi > 0 {
			hi--
		}
		return x.concat2(x.derive(n.args[0], b), x.repeat(n.args[0], max(int(n.a)-1, 0), hi))
	case kNot:
		return x.not(x.derive(n.args[0], b))
	}
	list := make([]expr, 0, len(n.args))
	for _, a := range n.args {
		d := x.derive(a, b)
		if d == none && n.kind == kAnd {
			return none
		}
		list = append(list, d)
	}
	if n.kind == kOr {
		return x.or(list...)
	}
	return x.and(list...)
}

// first returns the bytes that a text of e may begin with, perhaps more.
func (x *exprs) first(e expr) byteSet {
	if n := &x.nodes[e]; n.known {
		return n.first
	}
	n := x.nodes[e]
	var s byteSet
	switch n.kind {
	case kSet:
		s = x.sets[n.a]
	case kNot:
		s.addRange(0, 255)
	case kMod:
		s.addRange('0', '9')
		s.add('.')
	case kAnd:
		s.addRange(0, 255)
		for _, a := range n.args {
			f := x.first(a)
			for i := range s {
				s[i] &= f[i]
			}
		}
	default:
		for i, a := range n.args {
			if n.kind == kConcat && i > 0 && !x.nodes[n.args[i-1]].nullable {
				break
			}
			f := x.first(a)
			s.union(&f)
		}
	}
	x.nodes[e].first, x.nodes[e].known = s, true
	return s
}
