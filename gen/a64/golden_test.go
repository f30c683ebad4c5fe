package a64

import (
	_ "embed"
	"strings"
	"testing"
)

// golden is what GNU as makes of every line that everything emits: word, text.
//
//go:embed testdata/golden.txt
var golden string

// TestGolden emits every instruction that is a word, in all its forms, and
// compares the words with those that GNU as makes of their comments.
func TestGolden(t *testing.T) {
	want := map[string]string{}
	for line := range strings.Lines(golden) {
		word, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		want[text] = word
	}
	seen := map[string]bool{}
	for line := range strings.Lines(everything()) {
		word, text, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "WORD    $0x")), " // ")
		switch w, ok := want[text]; {
		case !ok:
			t.Errorf("%s: not in the table, where GNU as must say what it is", text)
		case w != word:
			t.Errorf("%s: got %s, want %s", text, word, w)
		}
		seen[text] = true
	}
	for text := range want {
		if !seen[text] {
			t.Errorf("%s: never emitted", text)
		}
	}
}

// everything emits each row of the tables in each arrangement that it has, with
// registers that set different bits of each field.
func everything() string {
	f := &File{}
	all := []Arr{B8, H4, S2, B16, H8, S4}
	each := func(table map[string]code, arrs []Arr, emit func(op string, a Arr)) {
		for op, c := range table {
			for _, a := range arrs {
				size := a.size()
				if op == "not" {
					size = 2 - size // of bytes only
				}
				if !c.float || size == 2 {
					emit(op, a)
				}
			}
		}
	}
	each(sames, all, func(op string, a Arr) { f.Same(op, a, 1, 18, 31) })
	each(ones, all, func(op string, a Arr) { f.One(op, a, 9, 22) })
	each(pairs, all, func(op string, a Arr) { f.Pair(op, a, 21, 10) })
	each(longs, all, func(op string, a Arr) { f.Long(op, a, 30, 5, 12) })
	each(wides, all, func(op string, a Arr) { f.Wide(op, a, 28, 6, 17) })
	each(narrows, all, func(op string, a Arr) { f.Narrow(op, a, 14, 19) })
	for i := range 8 {
		each(lanes, []Arr{H4, H8}, func(op string, a Arr) { f.Lane(op, a, 16, 7, V(8+i%8), i) })
		each(laneLongs, []Arr{H4, H8}, func(op string, a Arr) { f.LaneLong(op, a, 2, 29, V(15-i), i) })
	}
	for i := range 4 {
		each(lanes, []Arr{S2, S4}, func(op string, a Arr) { f.Lane(op, a, 16, 7, V(10+7*i), i) })
		each(laneLongs, []Arr{S2, S4}, func(op string, a Arr) { f.LaneLong(op, a, 2, 29, V(31-i), i) })
		for op := range laneDots {
			f.DotLane(op, 4, 27, V(3+9*i), i)
		}
	}
	for _, by := range []int{0, 1, 7, 8, 13, 16, 32} {
		each(rights, append(all, D2), func(op string, a Arr) {
			if by > 0 && by <= 8<<a.size() {
				f.Right(op, a, 11, 24, by)
			}
		})
		each(longLefts, all, func(op string, a Arr) {
			if by < 8<<a.size() {
				f.LongLeft(op, a, 11, 24, by)
			}
		})
		each(narrowRights, all, func(op string, a Arr) {
			if by > 0 && by <= 8<<a.size() {
				f.NarrowRight(op, a, 11, 24, by)
			}
		})
	}
	each(acrosses, []Arr{B8, H4, B16, H8, S4}, func(op string, a Arr) { f.Across(op, a, 13, 26) })
	for op := range dots {
		f.Dot(op, 8, 23, 15)
	}
	for op := range mmlas {
		f.Mmla(op, 8, 23, 15)
	}
	f.Fcvtl(5, 26)
	f.Fcvtl2(5, 26)
	f.Fcvtn(5, 26)
	f.Fcvtn2(5, 26)
	return f.text.String()
}
