package a64

import (
	"fmt"
	"strings"
)

// list prints registers in a row, as loads and stores of several want them.
func list(vs []V, a Arr) string {
	var names []string
	for i, v := range vs {
		if i > 0 && v != (vs[i-1]+1)%32 {
			panic(fmt.Sprintf("a64: V%d and V%d are no registers in a row", vs[i-1], v))
		}
		names = append(names, fmt.Sprintf("V%d.%s", v, a.golang()))
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// A Step is how far a load or store moves its base on: no bytes, as many as it
// moves, or a register's.
type Step struct {
	kind int
	by   R
}

// Stay and Next leave the base alone and move it behind what was moved.
var (
	Stay = Step{}
	Next = Step{kind: 1}
)

// By moves the base on by r.
func By(r R) Step { return Step{2, r} }

// multi prints a load or store of several registers.
func (f *File) multi(op string, p R, s Step, bytes int, regs string) {
	mem := fmt.Sprintf("(%v)", p)
	switch s.kind {
	case 1:
		op, mem = op+".P", fmt.Sprintf("%d(%v)", bytes, p)
	case 2:
		op, mem = op+".P", fmt.Sprintf("(%v)(%v)", p, s.by)
	}
	if strings.HasPrefix(op, "VST") {
		f.line(op, "%s, %s", regs, mem)
		return
	}
	f.line(op, "%s, %s", mem, regs)
}

// Ld1 loads one to four registers in a row from memory in a row.
func (f *File) Ld1(vs []V, p R, s Step) { f.multi("VLD1", p, s, 16*len(vs), list(vs, B16)) }

// St1 stores one to four registers in a row.
func (f *File) St1(vs []V, p R, s Step) { f.multi("VST1", p, s, 16*len(vs), list(vs, B16)) }

// LdR loads len(vs) lanes, each into all lanes of its register.
func (f *File) LdR(vs []V, a Arr, p R, s Step) {
	f.multi(fmt.Sprintf("VLD%dR", len(vs)), p, s, len(vs)<<a.size(), list(vs, a))
}

// LdN loads structures of len(vs) lanes, 2 to 4, lane i of each into vs[i].
func (f *File) LdN(vs []V, a Arr, p R, s Step) {
	f.multi(fmt.Sprintf("VLD%d", len(vs)), p, s, 16*len(vs), list(vs, a))
}

// StN stores structures of len(vs) lanes, 2 to 4, lane i of each from vs[i].
func (f *File) StN(vs []V, a Arr, p R, s Step) {
	f.multi(fmt.Sprintf("VST%d", len(vs)), p, s, 16*len(vs), list(vs, a))
}

// LdQ, LdD and LdS load 16, 8 and 4 bytes; the rest of the register becomes 0.
func (f *File) LdQ(v V, m Mem) { f.line("FMOVQ", "%v, F%d", m, v) }
func (f *File) LdD(v V, m Mem) { f.line("FMOVD", "%v, F%d", m, v) }
func (f *File) LdS(v V, m Mem) { f.line("FMOVS", "%v, F%d", m, v) }

// StQ, StD and StS store the low 16, 8 and 4 bytes.
func (f *File) StQ(v V, m Mem) { f.line("FMOVQ", "F%d, %v", v, m) }
func (f *File) StD(v V, m Mem) { f.line("FMOVD", "F%d, %v", v, m) }
func (f *File) StS(v V, m Mem) { f.line("FMOVS", "F%d, %v", v, m) }

// LdP loads two registers, 32 bytes; StP stores them.
func (f *File) LdP(a, b V, m Mem) { f.line("FLDPQ", "%v, (F%d, F%d)", m, a, b) }
func (f *File) StP(a, b V, m Mem) { f.line("FSTPQ", "(F%d, F%d), %v", a, b, m) }

// Ld64 and St64 move a general register, Ld32 and St32 its low half, Ld16 and
// St16 two bytes; loads set the rest to 0.
func (f *File) Ld64(d R, m Mem) { f.line("MOVD", "%v, %v", m, d) }
func (f *File) St64(d R, m Mem) { f.line("MOVD", "%v, %v", d, m) }
func (f *File) Ld32(d R, m Mem) { f.line("MOVWU", "%v, %v", m, d) }
func (f *File) St32(d R, m Mem) { f.line("MOVW", "%v, %v", d, m) }
func (f *File) Ld16(d R, m Mem) { f.line("MOVHU", "%v, %v", m, d) }
func (f *File) St16(d R, m Mem) { f.line("MOVH", "%v, %v", d, m) }

// Prefetch asks for the cache line at m.
func (f *File) Prefetch(m Mem) { f.line("PRFM", "%v, PLDL1KEEP", m) }

// LdQX, LdDX and LdSX load from base plus index.
func (f *File) LdQX(v V, base, index R) { f.line("FMOVQ", "(%v)(%v), F%d", base, index, v) }
func (f *File) LdDX(v V, base, index R) { f.line("FMOVD", "(%v)(%v), F%d", base, index, v) }
func (f *File) LdSX(v V, base, index R) { f.line("FMOVS", "(%v)(%v), F%d", base, index, v) }

// LdLane loads lane i of v and leaves the others alone; StLane stores it.
func (f *File) LdLane(a Arr, v V, i int, p R) {
	f.line("VLD1", "(%v), V%d.%c[%d]", p, v, a.golang()[0], i)
}
func (f *File) StLane(a Arr, v V, i int, p R) {
	f.line("VST1", "V%d.%c[%d], (%v)", v, a.golang()[0], i, p)
}
