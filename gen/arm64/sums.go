package arm64

import (
	"fmt"
	"strings"

	. "github.com/querent-ai/chord/gen/a64"
)

// valueRows are rows of a type.
type valueRows struct {
	name   string
	column int // bytes of a column
	block  int // bytes of a block of 32 columns, 0: there are no blocks
}

// Sums are the sums of values for up to so many queries: o += Σ p·v.
func Sums(queries int) []Kernel {
	var all []Kernel
	for _, r := range []valueRows{{"F32", 4, 0}, {"F16", 2, 0}, {"Q8_0", 1, 34}, {"Q4_0", 1, 18}} {
		all = append(all, Kernel{Name: "sums_" + strings.ToLower(r.name), Write: func(f *File) {
			for n := 1; n <= queries; n++ {
				sums(f, r, n)
			}
		}})
	}
	return all
}

// valueSums is a sum of values in the making: columns that stay in registers,
// for all queries, while all rows go by, four rows at a time.
type valueSums struct {
	f       *File
	r       valueRows
	queries int

	o, p, v, n, dim, next, stride R // o and v at the columns to work on
}

// sumColumns is how many columns of so many queries stay in registers: sixteen
// sums at most, beside as many scores as there are queries, two or four registers of
// values and what is being added.
func sumColumns(queries int) int {
	switch {
	case queries <= 2:
		return 32
	case queries <= 4:
		return 16
	}
	return 8
}

// sums is one function.
func sums(f *File, r valueRows, queries int) {
	name := fmt.Sprintf("Sums%sx%d", r.name, queries)
	f.Func(name, "o *float32, p *float32, v *byte, n int, dim int, next int", "",
		name+" adds scaled rows of "+r.name+":",
		"",
		fmt.Sprintf("\tfor q < %d, i < n, d < dim { o[q*dim+d] += float32(p[256*q+i] * v[i][d]) }", queries),
		"",
		"and fetches what lies next bytes from the rows.")
	s := &valueSums{f, r, queries, f.Arg("o"), f.Arg("p"), f.Arg("v"), f.Arg("n"), f.Arg("dim"), f.Arg("next"), f.R()}
	left := f.R()
	f.MovR(left, s.dim)
	f.LslI(s.dim, s.dim, 2) // bytes
	if r.block > 0 {
		s.blocks(left)
	} else {
		f.LsrI(s.stride, s.dim, map[int]int{4: 0, 2: 1}[r.column])
		for _, columns := range []int{sumColumns(queries), 4, 1} {
			f.While("columns", left, columns, func() {
				s.columns(columns, 0)
				f.AddI(s.o, s.o, 4*columns)
				f.AddI(s.v, s.v, r.column*columns)
			})
		}
	}
	f.End()
}

// blocks walks rows of blocks of 32 columns, a block after the other.
func (s *valueSums) blocks(left R) {
	f, columns := s.f, sumColumns(s.queries)
	f.LsrI(s.stride, left, 5)
	f.AddShifted(s.stride, s.stride, s.stride, map[int]int{34: 4, 18: 3}[s.r.block]) // 17 or 9 times
	f.LslI(s.stride, s.stride, 1)
	f.While("block", left, 32, func() {
		for at := 0; at < 32; at += columns {
			s.columns(columns, at)
		}
		f.AddI(s.o, s.o, 128)
		f.AddI(s.v, s.v, s.r.block)
	})
}

// columns adds all rows in so many columns, the first of which is column at of
// o and v.
func (s *valueSums) columns(columns, at int) {
	f := s.f
	f.Scope(func() {
		acc := make([][]V, s.queries)
		o, p, v, n := f.R(), f.R(), f.R(), f.R()
		g := group{f, min(columns, 4)}
		each := func(do func(regs []V)) {
			f.AddI(o, s.o, 4*at)
			for q := range acc {
				do(acc[q])
				if q+1 < len(acc) {
					f.AddR(o, o, s.dim)
				}
			}
		}
		for q := range acc {
			acc[q] = f.Vs(max(columns/4, 1))
		}
		each(func(regs []V) { // o's columns
			for i, r := range regs {
				if g.elems == 1 {
					f.LdS(r, o.At(0))
				} else {
					f.LdQ(r, o.At(16*i))
				}
			}
		})
		f.MovR(p, s.p)
		f.MovR(v, s.v)
		f.MovR(n, s.n)
		for _, rows := range []int{4, 1} {
			f.While("rows", n, rows, func() { s.rows(rows, columns, at, acc, p, v) })
		}
		each(func(regs []V) {
			for i, r := range regs {
				if g.elems == 1 {
					f.StS(r, o.At(0))
				} else {
					f.StQ(r, o.At(16*i))
				}
			}
		})
	})
}

// rows adds four rows or one, and fetches as many that will be wanted.
func (s *valueSums) rows(rows, columns, at int, acc [][]V, p, v R) {
	f := s.f
	f.Scope(func() {
		ahead := f.R()
		score := f.Vs(s.queries)
		for q, r := range score {
			if rows == 4 {
				f.LdQ(r, p.At(4*attendBlock*q))
			} else {
				f.LdS(r, p.At(4*attendBlock*q))
			}
		}
		for i := range rows {
			if columns > 4 && at == 0 {
				f.AddR(ahead, v, s.next)
				f.Prefetch(ahead.At(0))
			}
			f.Scope(func() { s.row(acc, score, i, s.values(columns, at, v)) })
			f.AddR(v, v, s.stride)
		}
		f.AddI(p, p, 4*rows)
	})
}

// row adds values, times score i of each query.
func (s *valueSums) row(acc [][]V, score []V, i int, values []V) {
	f := s.f
	for j, v := range values {
		f.Scope(func() {
			t := []V{f.V(), f.V()}
			for q := range acc {
				f.FmulLane(t[q%2], v, score[q], i)
				f.Fadd(acc[q][j], acc[q][j], t[q%2]) // o[q] += p[q] * v
			}
		})
	}
}

// values loads columns of the row at v.
func (s *valueSums) values(columns, at int, v R) []V {
	f := s.f
	switch s.r.name {
	case "F16":
		return halfRow(f, columns, v)
	case "Q8_0":
		return q8Row(f, columns, at, v)
	case "Q4_0":
		return q4Row(f, columns, at, v)
	}
	row := f.Vs(max(columns/4, 1))
	for i, r := range row {
		if columns == 1 {
			f.LdS(r, v.At(0))
		} else {
			f.LdQ(r, v.At(16*i))
		}
	}
	return row
}
