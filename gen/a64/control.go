package a64

import "fmt"

// Label returns a label of this function that no other place uses; Place sets
// it here.
func (f *File) Label(name string) string {
	f.fn.labels++
	return fmt.Sprintf("%s%d", name, f.fn.labels)
}

// Place sets a label here.
func (f *File) Place(label string) { fmt.Fprintf(&f.text, "\n%s:\n", label) }

// Loop runs body n times, counting n down to 0; n must not be 0 at the start.
func (f *File) Loop(name string, n R, body func()) {
	l := f.Label(name)
	f.Place(l)
	body()
	f.line("SUB", "$1, %v, %v", n, n)
	f.line("CBNZ", "%v, %s", n, l)
}

// While runs body as long as n ≥ step, taking step from n each time.
func (f *File) While(name string, n R, step int, body func()) {
	l, end := f.Label(name), f.Label(name+"_end")
	f.Place(l)
	f.line("CMP", "$%d, %v", step, n)
	f.line("BLT", "%s", end)
	body()
	f.line("SUB", "$%d, %v, %v", step, n, n)
	f.line("B", "%s", l)
	f.Place(end)
}

// Branch jumps to a label: op is a branch of Go's assembler ("B", "BEQ",
// "BLT", …).
func (f *File) Branch(op, label string) { f.line(op, "%s", label) }

// Cmp compares a with b, CmpI with a constant; a branch then asks "a < b?".
func (f *File) Cmp(a, b R)         { f.line("CMP", "%v, %v", b, a) }
func (f *File) CmpI(a R, b int)    { f.line("CMP", "$%d, %v", b, a) }
func (f *File) Cbz(r R, l string)  { f.line("CBZ", "%v, %s", r, l) }
func (f *File) Cbnz(r R, l string) { f.line("CBNZ", "%v, %s", r, l) }

// Arithmetic of general registers: d = a op b.
func (f *File) MovR(d, a R)        { f.line("MOVD", "%v, %v", a, d) }
func (f *File) Const(d R, v int64) { f.line("MOVD", "$%d, %v", v, d) }
func (f *File) AddR(d, a, b R)     { f.line("ADD", "%v, %v, %v", b, a, d) }
func (f *File) SubR(d, a, b R)     { f.line("SUB", "%v, %v, %v", b, a, d) }
func (f *File) AddI(d, a R, i int) { f.line("ADD", "$%d, %v, %v", i, a, d) }
func (f *File) SubI(d, a R, i int) { f.line("SUB", "$%d, %v, %v", i, a, d) }
func (f *File) AndI(d, a R, i int) { f.line("AND", "$%d, %v, %v", i, a, d) }
func (f *File) LslI(d, a R, i int) { f.line("LSL", "$%d, %v, %v", i, a, d) }
func (f *File) LsrI(d, a R, i int) { f.line("LSR", "$%d, %v, %v", i, a, d) }
func (f *File) MulR(d, a, b R)     { f.line("MUL", "%v, %v, %v", b, a, d) }

// AddShifted is d = a + b<<s.
func (f *File) AddShifted(d, a, b R, s int) { f.line("ADD", "%v<<%d, %v, %v", b, s, a, d) }
