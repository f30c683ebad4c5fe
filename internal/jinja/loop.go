package jinja

// A loop is the value of the variable loop in a for block.
type loop struct {
	items   []any
	i       int   // the current one
	depth   int64 // of recursion, from 0
	changed any   // the last arguments of loop.changed
	again   *forStmt
	scope   *scope // around the block
}

func (s *forStmt) exec(r *renderer) control {
	v := r.eval(s.over)
	r.at = s.pos
	return s.repeat(r, v, 0)
}

// repeat runs the block for the elements of v. It never returns a break or a
// continue to what is around it.
func (s *forStmt) repeat(r *renderer, v any, depth int64) control {
	items := r.iterate(v)
	outer := r.scope
	if s.test != nil {
		items = s.filter(r, items)
	}
	if len(items) == 0 {
		return r.within(s.orElse)
	}
	l := &loop{items: items, depth: depth, changed: absent, again: s, scope: outer}
	r.push(outer)
	for i, x := range items {
		if i > 0 && s.keeps {
			r.push(outer)
		}
		l.i = i
		r.scope.vars = r.scope.vars[:0]
		r.define(s.loop, l)
		s.into.assign(r, x, s.pos)
		if r.run(s.body) == breakLoop {
			break
		}
	}
	r.scope = outer
	return goOn
}

// filter returns the items that pass the test of "for x in y if test".
func (s *forStmt) filter(r *renderer, items []any) []any {
	old := r.push(r.scope)
	var kept []any
	for _, x := range items {
		r.scope.vars = r.scope.vars[:0]
		s.into.assign(r, x, s.pos)
		if truth(r.eval(s.test)) {
			r.alloc(listEntry)
			kept = append(kept, x)
		}
	}
	r.scope = old
	return kept
}

// field returns loop.name, absent if there is no such field.
func (l *loop) field(name string) any {
	i, n := int64(l.i), int64(len(l.items))
	switch name {
	case "index":
		return i + 1
	case "index0":
		return i
	case "revindex":
		return n - i
	case "revindex0":
		return n - i - 1
	case "first":
		return i == 0
	case "last":
		return i == n-1
	case "length":
		return n
	case "depth":
		return l.depth + 1
	case "depth0":
		return l.depth
	case "previtem":
		if i == 0 {
			return &undefined{what: "there is no previous item"}
		}
		return l.items[i-1]
	case "nextitem":
		if i == n-1 {
			return &undefined{what: "there is no next item"}
		}
		return l.items[i+1]
	case "cycle":
		return &method{l, loopCycle}
	case "changed":
		return &method{l, loopChanged}
	}
	return absent
}

func loopCycle(r *renderer, self any, a args) any {
	if len(a.pos) == 0 {
		r.fail("no items for cycling given")
	}
	return a.pos[self.(*loop).i%len(a.pos)]
}

func loopChanged(r *renderer, self any, a args) any {
	l, now := self.(*loop), &List{items: a.pos, kind: isTuple}
	if l.changed != absent && r.equal(l.changed, now) {
		return false
	}
	l.changed = now
	return true
}

// recurse prints the block again for other elements: loop(elements).
func (l *loop) recurse(r *renderer, a args) any {
	if !l.again.recursive {
		r.fail("the loop must have the 'recursive' marker to be called recursively")
	}
	v := a.bind(r, "loop", "iterable")[0]
	if v == absent {
		r.fail("loop() wants what to repeat over")
	}
	old := r.scope
	r.scope = l.scope
	s := r.capture(func() { l.again.repeat(r, v, l.depth+1) })
	r.scope = old
	return s
}

// iterate returns the elements of v.
func (r *renderer) iterate(v any) []any {
	switch v := v.(type) {
	case *List:
		return v.take()
	case *Dict:
		return v.keys
	case string, markup, *marked:
		c, _ := charsOf(v)
		return r.characters(c)
	case *span:
		n := v.length()
		r.alloc(int(min(n, maxSize)) * (listEntry + 8))
		r.spend(int(n))
		items := make([]any, n)
		for i := range items {
			items[i] = v.start + int64(i)*v.step
		}
		return items
	case *loop:
		return v.items[min(v.i+1, len(v.items)):]
	case *undefined:
		return nil
	}
	r.fail("'%s' object is not iterable", typeName(v))
	return nil
}

// characters returns the characters of c.
func (r *renderer) characters(c chars) []any {
	n := r.runes(c.s)
	r.alloc(n * 2 * listEntry)
	if c.marks != "" {
		r.alloc(n * 2 * listEntry)
	}
	r.spend(n)
	items := make([]any, 0, n)
	for len(c.s) > 0 {
		n := runeLen(c.s)
		items = append(items, c.to(n).value())
		c = c.from(n)
	}
	return items
}
