package jinja

import (
	"math"
	"time"
)

// maxRange is the longest range that jinja2's sandbox allows.
const maxRange = 100_000

// builtins are the functions that every template has.
var builtins = map[string]*builtin{
	"range":           {callRange},
	"namespace":       {callNamespace},
	"dict":            {callDict},
	"raise_exception": {callRaise},
	"strftime_now":    {callStrftime},
}

func callRange(r *renderer, a args) any {
	b := a.bind(r, "range", "start", "stop", "step")
	var n [3]int64
	for i, v := range b {
		n[i] = r.count64("range", v, 0)
	}
	s := &span{n[0], n[1], n[2]}
	switch {
	case b[0] == absent:
		r.fail("range expected at least 1 argument, got 0")
	case b[1] == absent:
		s = &span{0, n[0], 1}
	case b[2] == absent:
		s.step = 1
	case s.step == 0 || s.step == math.MinInt64:
		r.fail("range() arg 3 must not be zero")
	}
	if s.length() > maxRange || s.length() < 0 {
		r.fail("range too big: at most %d elements", maxRange)
	}
	r.alloc(64)
	return s
}

func callDict(r *renderer, a args) any {
	r.alloc(dictEntry)
	d := NewDict()
	for _, v := range a.pos {
		if m, ok := v.(*Dict); ok {
			for i, k := range m.keys {
				r.put(d, k, m.values[i])
			}
			continue
		}
		for _, pair := range r.iterate(v) {
			kv := r.iterate(pair)
			if len(kv) != 2 {
				r.fail("dict() wants pairs")
			}
			r.put(d, kv[0], kv[1])
		}
	}
	a.into(r, d)
	return d
}

func callNamespace(r *renderer, a args) any { return &namespace{callDict(r, a).(*Dict)} }

// callRaise ends the render with the template's own message.
func callRaise(r *renderer, a args) any {
	e := errorAt(r.t.src, r.at, r.str(orNil(a.bind(r, "raise_exception", "message")[0])).s)
	e.Raised = true
	panic(e)
}

func callStrftime(r *renderer, a args) any {
	now := r.now
	if now.IsZero() {
		now = time.Now()
	}
	format := r.word("strftime_now", a.bind(r, "strftime_now", "format")[0])
	r.alloc(16 * format.size()) // "%c" becomes 24 bytes
	return format.all(strftime(now, format.s)).value()
}
