//go:build cgo

package main

import "sync"

// A table gives numbers to values. No number is given twice, 0 to none.
type table struct {
	mu   sync.Mutex
	last uint
	all  map[uint]any
}

// add returns the number of v.
func (t *table) add(v any) uint {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[uint]any{}
	}
	t.last++
	t.all[t.last] = v
	return t.last
}

// lookup returns the value with a number, nil if there is none.
func (t *table) lookup(id uint) any {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[id]
}

// remove takes a value out if it is a T, and reports whether it is.
func remove[T any](t *table, id uint) (T, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := t.all[id].(T)
	if ok {
		delete(t.all, id)
	}
	return v, ok
}
