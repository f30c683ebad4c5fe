package jinja

import (
	"slices"
	"time"
)

// Options say how a template is rendered. The zero value is a good default.
type Options struct {
	// Now is the time for strftime_now. The zero time means the current time
	// of the call.
	Now time.Time
}

// Render returns the text of the template with these variables, which it does not
// change. vars may be nil. The error is an *[Error].
func (t *Template) Render(vars *Dict, o Options) (string, error) {
	c, err := t.render(vars, o)
	return c.s, err
}

// Segments returns the text of [Template.Render] in parts: those from strings that
// [Mark] has marked as content, and the others.
func (t *Template) Segments(vars *Dict, o Options) ([]Segment, error) {
	c, err := t.render(vars, o)
	return c.segments(), err
}

func (t *Template) render(vars *Dict, o Options) (c chars, err error) {
	defer rescue(&err)
	if vars == nil {
		vars = NewDict()
	}
	var n size
	n.add(vars, 0)
	given, content := min(n.bytes, maxSize), min(n.content, maxSize)
	r := &renderer{t: t, now: o.Now, globals: slices.Clone(t.globals), scope: &scope{},
		filters: filters, tests: tests,
		steps: baseSteps + given, bytes: baseBytes + 16*(given+content), most: baseOutput + 4*given}
	for i, k := range vars.keys {
		if s, ok := textOf(k); ok {
			if sym, ok := t.symbols[s]; ok {
				r.globals[sym] = vars.values[i]
			}
		}
	}
	r.run(t.body)
	return r.out.chars(), nil
}

// A renderer is one render.
type renderer struct {
	t       *Template
	globals []any // by symbol: the values of variables that the template has not set
	scope   *scope
	out     buffer
	now     time.Time
	at      int // the byte of the template, for errors
	depth   int // of evaluation
	steps   int // left in the budget
	bytes   int // left in the budget
	most    int // length of out

	filters map[string]*filter
	tests   map[string]*test
}

// A scope has the variables that a block of a template has set.
type scope struct {
	parent *scope
	vars   []variable
}

type variable struct {
	sym int
	v   any
}

// lookup returns the value of a variable.
func (r *renderer) lookup(sym int) any {
	looked := 0
	for s := r.scope; s != nil; s = s.parent {
		for i := range s.vars {
			if s.vars[i].sym == sym {
				r.spend((looked + i) / 16)
				return s.vars[i].v
			}
		}
		looked += 2 + len(s.vars)
	}
	r.spend(looked / 16)
	return r.globals[sym]
}

// define sets a variable of the innermost scope.
func (r *renderer) define(sym int, v any) {
	s := r.scope
	for i := range s.vars {
		if s.vars[i].sym == sym {
			s.vars[i].v = v
			r.spend(i / 16)
			return
		}
	}
	if len(s.vars) == cap(s.vars) {
		r.alloc(scopeEntry * max(len(s.vars), 1))
	}
	r.spend(len(s.vars) / 16)
	s.vars = append(s.vars, variable{sym, v})
}

// push opens a scope within parent and returns the one to go back to.
func (r *renderer) push(parent *scope) *scope {
	r.alloc(scopeEntry)
	old := r.scope
	r.scope = &scope{parent: parent}
	return old
}

// eval returns the value of x.
func (r *renderer) eval(x expr) any {
	if r.steps--; r.steps < 0 {
		r.spend(0)
	}
	r.enter()
	v := x.eval(r)
	r.depth--
	return v
}

// run executes statements.
func (r *renderer) run(body []stmt) control {
	r.enter()
	for _, s := range body {
		if r.steps--; r.steps < 0 {
			r.spend(0)
		}
		if c := s.exec(r); c != goOn {
			r.depth--
			return c
		}
	}
	r.depth--
	return goOn
}

// within runs body in a scope of its own.
func (r *renderer) within(body []stmt) control {
	old := r.push(r.scope)
	c := r.run(body)
	r.scope = old
	return c
}

// capture returns the text that f prints.
func (r *renderer) capture(f func()) any {
	out := r.out
	r.out = buffer{}
	f()
	c := r.out.chars()
	r.out = out
	r.alloc(c.size())
	return c.value()
}

// write prints c.
func (r *renderer) write(c chars) {
	if len(r.out.b)+len(c.s) > r.most {
		r.fail("the text is longer than %d bytes", r.most)
	}
	r.alloc(c.size())
	r.out.add(c)
}
