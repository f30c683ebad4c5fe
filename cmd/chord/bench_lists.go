package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// maxList bounds a list of numbers.
const maxList = 1000

// maxInt bounds numbers of tokens, sequences and threads.
const maxInt = 1 << 24

// An intList is a flag whose value is a list of numbers or ranges with commas: 8,
// 1-4, 1-16*2, 128-512+128. The first value replaces the default, later ones are
// added.
type intList struct {
	list []int
	min  int // the smallest valid number
	max  int // the largest; 0: maxInt
	set  bool
}

// String returns the list in the form of a value.
func (l *intList) String() string {
	var s []string
	for _, n := range l.list {
		s = append(s, strconv.Itoa(n))
	}
	return strings.Join(s, ",")
}

// Type names the values in help texts.
func (l *intList) Type() string { return "list" }

// Set adds numbers.
func (l *intList) Set(s string) error {
	if !l.set {
		l.list, l.set = nil, true
	}
	most := cmp.Or(l.max, maxInt)
	for part := range strings.SplitSeq(s, ",") {
		ns, err := parseRange(strings.TrimSpace(part))
		if err != nil {
			return err
		}
		for _, n := range ns {
			if n < l.min || n > most {
				return fmt.Errorf("%d: want %d to %d", n, l.min, most)
			}
		}
		if l.list = append(l.list, ns...); len(l.list) > maxList {
			return fmt.Errorf("more than %d numbers", maxList)
		}
	}
	return nil
}

// parseRange returns the numbers of N, FIRST-LAST, FIRST-LAST+STEP or
// FIRST-LAST*FACTOR.
func parseRange(s string) ([]int, error) {
	wrong := fmt.Errorf("%q: want N, FIRST-LAST, FIRST-LAST+STEP or FIRST-LAST*FACTOR", s)
	head, tail, isRange := strings.Cut(s, "-")
	first, err := strconv.Atoi(head)
	if err != nil {
		return nil, wrong
	}
	if !isRange {
		return []int{first}, nil
	}
	step, factor := 1, 1
	if at := strings.IndexAny(tail, "+*"); at >= 0 {
		n, err := strconv.Atoi(tail[at+1:])
		if err != nil || n < 1 || n > maxInt || tail[at] == '*' && (n < 2 || first < 1) {
			return nil, wrong
		}
		if step = n; tail[at] == '*' {
			step, factor = 0, n
		}
		tail = tail[:at]
	}
	last, err := strconv.Atoi(tail)
	if err != nil || last < first || last > maxInt {
		return nil, wrong
	}
	var ns []int
	for n := first; n <= last && len(ns) <= maxList; n = n*factor + step {
		ns = append(ns, n)
	}
	return ns, nil
}

// A pairList is a flag whose value is P,N; it may be repeated.
type pairList [][2]int

// String returns the pairs.
func (l *pairList) String() string {
	var s []string
	for _, p := range *l {
		s = append(s, fmt.Sprintf("%d,%d", p[0], p[1]))
	}
	return strings.Join(s, " ")
}

// Type names the values in help texts.
func (l *pairList) Type() string { return "pair" }

// Set adds a pair.
func (l *pairList) Set(s string) error {
	a, b, ok := strings.Cut(s, ",")
	p, errP := strconv.Atoi(a)
	n, errN := strconv.Atoi(b)
	if !ok || errP != nil || errN != nil || p < 1 || n < 1 || p > maxInt || n > maxInt {
		return fmt.Errorf("%q: want P,N: tokens to read and to generate, 1 or more", s)
	}
	*l = append(*l, [2]int{p, n})
	return nil
}
