package simd

import (
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/quant"
)

// Keys and values are the same bytes on every tier, and nothing else of the
// page is written to.
func TestKVWriter(t *testing.T) {
	for _, s := range attendShapes {
		want := newAttendCase(t, &generic, 5, s.key, s.value, s.keyDim, s.valueDim, s.page, 100)
		for _, im := range tiers() {
			got := newAttendCase(t, im, 5, s.key, s.value, s.keyDim, s.valueDim, s.page, 100)
			for i := range want.pages {
				if !slices.Equal(got.pages[i], want.pages[i]) {
					t.Errorf("%v/%v dims=%d,%d on %s: page %d differs from generic's", s.key, s.value, s.keyDim, s.valueDim, im.name, i)
				}
			}
		}
		// Storing a position again changes its own bytes alone.
		kv, before := want.kv, slices.Clone(want.pages[0])
		keys, _ := kv.Bytes()
		var w KVWriter
		k, v := make([]float32, s.keyDim), make([]float32, s.valueDim)
		w.Store(kv, want.pages[0][pageSlack:], want.pages[0][2*pageSlack+keys:], 9, k, v)
		changed := 0
		for i, b := range want.pages[0] {
			if b != before[i] {
				changed++
			}
		}
		if changed == 0 || changed > kv.keyBytes+kv.valueBytes {
			t.Errorf("%v/%v dims=%d,%d: storing %d bytes changed %d", s.key, s.value, s.keyDim, s.valueDim, kv.keyBytes+kv.valueBytes, changed)
		}
	}
}

func TestNewKVErrors(t *testing.T) {
	for _, c := range []struct {
		key, value       quant.Type
		keyDim, valueDim int
		says             string
	}{
		{quant.Q8_0, quant.F16, 80, 64, "Q8_0 wants heads of a multiple of 32 elements, not 80"},
		{quant.F16, quant.Q8_0, 64, 33, "not 33"},
		{quant.Q8_0, quant.Q8_0, 96, 80, "not 80"},
		{quant.Q4_1, quant.F16, 64, 64, "no key/value cache of type Q4_1"},
		{quant.F16, quant.BF16, 64, 64, "no key/value cache of type BF16"},
	} {
		if _, err := NewKV(c.key, c.value, c.keyDim, c.valueDim, 16); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v/%v: got %v, want %q", c.key, c.value, err, c.says)
		}
	}
}

// What does not fit the dimensions panics.
func TestKVPanics(t *testing.T) {
	c := newAttendCase(t, &generic, 1, quant.F16, quant.F16, 6, 4, 16, 16)
	k, v := make([]float32, 6), make([]float32, 4)
	page := make([]byte, 4096) // what follows the page is another head's
	var w KVWriter
	store := func(i int, k, v []float32) func() {
		return func() { w.Store(c.kv, page[pageSlack:], page[2*pageSlack:], i, k, v) }
	}
	add := func(out, q int) func() {
		return func() {
			var a Attention
			a.Start(c.kv, c.pages, pageSlack, 2*pageSlack)
			a.Add(make([]float32, out), make([]float32, q), Span{End: 16})
		}
	}
	kv := func(keyDim, valueDim, positions int) func() {
		return func() { NewKV(quant.F16, quant.F16, keyDim, valueDim, positions) }
	}
	for name, call := range map[string]func(){
		"no keys": kv(0, 4, 16), "no values": kv(6, 0, 16), "no positions": kv(6, 4, 0), "part of a tile": kv(6, 4, 8),
		"a short key": store(0, k[:4], v), "a long value": store(0, k, k), "before the page": store(-1, k, v), "behind the page": store(16, k, v),
		"results as long as queries": add(12, 12), "part of a query": add(4, 7), "fewer results": add(4, 12), "more results": add(12, 6), "lengths swapped": add(6, 4),
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
	store(15, k, v)()
	add(8, 12)()
}
