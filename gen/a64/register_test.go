package a64

import (
	"strings"
	"testing"
)

// Registers that nobody has are never handed out, nor any twice.
func TestRegisters(t *testing.T) {
	f := &File{}
	f.Func("F", "x *byte", "")
	seen := map[R]bool{}
	for range len(generalRegisters) {
		r := f.R()
		if seen[r] || r >= 16 && r <= 18 || r > 25 {
			t.Errorf("handed out %v", r)
		}
		seen[r] = true
	}
	wantPanic(t, "no 1 registers R", func() { f.R() })
	first, four, rest := f.V(), f.Vs(4), f.Vs(27)
	if first != 0 || four[0] != 1 || rest[26] != 31 || f.Left() != 0 {
		t.Errorf("got V%d, V%d and V%d, %d left", first, four[0], rest[26], f.Left())
	}
	wantPanic(t, "no 1 registers V", func() { f.V() })
	f.Free(first, four[1])
	wantPanic(t, "no 2 registers V", func() { f.Vs(2) })
	wantPanic(t, "V0 is free already", func() { f.Free(first) })
	if v := f.V(); v != first {
		t.Errorf("got V%d again, want V%d", v, first)
	}
}

// A scope's registers are free again behind it, those from before stay taken.
func TestScope(t *testing.T) {
	f := &File{}
	f.Func("F", "x *byte", "")
	v, r := f.V(), f.R()
	f.Scope(func() { f.Vs(31); f.R() })
	if w, s := f.V(), f.R(); w != v+1 || s != r+1 || f.Left() != 30 {
		t.Errorf("got V%d and %v, %d left", w, s, f.Left())
	}
}

// What would be another instruction than it says is refused.
func TestRefused(t *testing.T) {
	f := &File{}
	f.Func("F", "x *byte", "")
	for name, c := range map[string]struct {
		want string
		emit func()
	}{
		"unknown":            {"no such instruction", func() { f.Same("fadd3", S4, 0, 1, 2) }},
		"float of halves":    {"lanes of 32 bits", func() { f.Same("fadd", H8, 0, 1, 2) }},
		"lane out of range":  {"lane 4 of V2", func() { f.Lane("fmul", S4, 0, 1, 2, 4) }},
		"lane of V16":        {"lane 0 of V16", func() { f.Lane("mul", H8, 0, 1, 16, 0) }},
		"shift left by all":  {"shift of 8b by 8", func() { f.LongLeft("sshll", B8, 0, 1, 8) }},
		"shift right by 0":   {"shift of 4s by 0", func() { f.Right("sshr", S4, 0, 1, 0) }},
		"not in a row":       {"no registers in a row", func() { f.Ld1([]V{3, 5}, 0, Stay) }},
		"no such parameter":  {"no parameter y", func() { f.Arg("y") }},
		"freed when free":    {"free already", func() { f.FreeR(3) }},
		"lane of a byte":     {"lane 0 of V1", func() { f.Lane("mul", B16, 0, 1, 1, 0) }},
		"right by too much":  {"shift of 8h by 17", func() { f.Right("sshr", H8, 0, 1, 17) }},
		"narrow by too much": {"shift of 8b by 9", func() { f.NarrowRight("shrn", B8, 0, 1, 9) }},
	} {
		t.Run(name, func(t *testing.T) { wantPanic(t, c.want, c.emit) })
	}
}

// Parameters lie where Go's ABI0 puts them.
func TestFrame(t *testing.T) {
	f := &File{}
	f.Func("F", "s float32, p *byte, x []float32, a uint32, b uint32, n int", "float32", "F is nothing.")
	f.ArgF32("s")
	f.Arg("p")
	f.Arg("x_len")
	f.ArgF32("b")
	f.RetF32(3)
	f.End()
	f.Func("G", "x *byte, s float32", "")
	f.LdLane(S4, 3, 2, f.Arg("x"))
	f.End()
	for _, want := range []string{"NOSPLIT, $0-12", "VLD1     (R0), V3.S[2]", "NOSPLIT, $0-60", "s+0(FP)", "p+8(FP)", "x_len+24(FP)", "b+44(FP)", "FMOVS    F3, ret+56(FP)"} {
		if !strings.Contains(f.text.String(), want) {
			t.Errorf("no %s in:\n%s", want, &f.text)
		}
	}
}

func wantPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got, _ := recover().(string); !strings.Contains(got, want) {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	f()
}
