package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIntList(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []int
	}{
		{"5", []int{5}}, {"0,4096", []int{0, 4096}}, {"1-4", []int{1, 2, 3, 4}}, {"1-16*2", []int{1, 2, 4, 8, 16}},
		{"128-512+128, 7", []int{128, 256, 384, 512, 7}}, {"3-3", []int{3}},
		{"", nil}, {"x", nil}, {"-1", nil}, {"4-1", nil}, {"0-4*2", nil}, {"1-4*1", nil}, {"1-4+0", nil}, {"1-99999", nil}, {"99999999", nil}, {"1,", nil},
	} {
		l := intList{list: []int{9}}
		err := l.Set(c.in)
		if (err == nil) != (c.want != nil) || err == nil && !cmp.Equal(l.list, c.want) {
			t.Errorf("%q: got %d, %v", c.in, l.list, err)
		}
	}
}
