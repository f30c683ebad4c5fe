package jinja

import "math"

// A Dict is a Python dict: pairs in the order in which their keys were first
// set. Use [NewDict].
type Dict struct {
	keys, values []any
	index        map[any]int // of the keys; nil while there are few
}

// fewKeys is the number of keys up to which a linear search is fastest.
const fewKeys = 8

// NewDict returns an empty dict.
func NewDict() *Dict { return &Dict{} }

// Set sets the value of a key: nil, bool, int64, float64, string, *[List] or
// *[Dict].
func (d *Dict) Set(key string, value any) { d.set(key, value) }

// Get returns the value of a key.
func (d *Dict) Get(key string) (value any, ok bool) {
	i := d.find(key)
	if i < 0 {
		return nil, false
	}
	return d.values[i], true
}

// Len returns the number of keys.
func (d *Dict) Len() int { return len(d.keys) }

// find returns the position of a hashed key, -1 if it is missing.
func (d *Dict) find(key any) int {
	if d.index != nil {
		if i, ok := d.index[key]; ok {
			return i
		}
		return -1
	}
	if s, ok := key.(string); ok {
		for i, k := range d.keys {
			if k, ok := textOf(k); ok && k == s {
				return i
			}
		}
		return -1
	}
	for i, k := range d.keys {
		if hashed(k) == key {
			return i
		}
	}
	return -1
}

// set sets the value of a valid key.
func (d *Dict) set(key, value any) {
	h := hashed(key)
	if i := d.find(h); i >= 0 {
		d.values[i] = value
		return
	}
	d.keys, d.values = append(d.keys, key), append(d.values, value)
	if d.index != nil {
		d.index[h] = len(d.keys) - 1
	} else if len(d.keys) > fewKeys {
		d.index = make(map[any]int, 2*len(d.keys))
		for i, k := range d.keys {
			d.index[hashed(k)] = i
		}
	}
}

// hashed returns a Go value that is equal for equal keys: 1, 1.0 and True are one
// key. It returns absent for a value that cannot be a key.
func hashed(key any) any {
	switch k := key.(type) {
	case bool:
		if k {
			return int64(1)
		}
		return int64(0)
	case float64:
		if i := int64(k); k == math.Trunc(k) && math.Abs(k) < 1<<62 {
			return i
		}
		return k
	case markup:
		return string(k)
	case *marked:
		return k.s
	case nil, int64, string, bigInt:
		return k
	}
	return absent
}

// get returns the value of any key, absent if it is missing.
func (r *renderer) get(d *Dict, key any) any {
	if s, ok := textOf(key); ok {
		r.spend(len(s) / 32)
	}
	h := hashed(key)
	if h == absent {
		return absent
	}
	if i := d.find(h); i >= 0 {
		return d.values[i]
	}
	return absent
}

// put sets the value of any key.
func (r *renderer) put(d *Dict, key, value any) {
	if hashed(key) == absent {
		r.fail("unhashable type: '%s'", typeName(key))
	}
	if s, ok := textOf(key); ok {
		r.spend(len(s) / 32)
	}
	r.alloc(dictEntry)
	d.set(key, value)
}
