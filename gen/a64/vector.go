package a64

// Vector instructions that Go's assembler has: d is the destination.

func (f *File) three(op string, a Arr, d, n, m V) {
	f.line(op, "V%d.%s, V%d.%s, V%d.%s", m, a.golang(), n, a.golang(), d, a.golang())
}

// And, Orr, Eor and Add, Sub are d = n op m.
func (f *File) And(d, n, m V)        { f.three("VAND", B16, d, n, m) }
func (f *File) Orr(d, n, m V)        { f.three("VORR", B16, d, n, m) }
func (f *File) Eor(d, n, m V)        { f.three("VEOR", B16, d, n, m) }
func (f *File) Add(a Arr, d, n, m V) { f.three("VADD", a, d, n, m) }
func (f *File) Sub(a Arr, d, n, m V) { f.three("VSUB", a, d, n, m) }

// Addp is the sums of neighbours, n's first and then m's.
func (f *File) Addp(a Arr, d, n, m V) { f.three("VADDP", a, d, n, m) }

// Cmtst sets lanes in which n&m is not 0 to ones, Cmeq those that are equal.
func (f *File) Cmtst(a Arr, d, n, m V) { f.three("VCMTST", a, d, n, m) }
func (f *File) Cmeq(a Arr, d, n, m V)  { f.three("VCMEQ", a, d, n, m) }

// Bsl chooses the bits of n where d has ones and those of m elsewhere; Bit
// takes n's bits where m has ones, Bif where it has zeros.
func (f *File) Bsl(d, n, m V) { f.three("VBSL", B16, d, n, m) }
func (f *File) Bit(d, n, m V) { f.three("VBIT", B16, d, n, m) }
func (f *File) Bif(d, n, m V) { f.three("VBIF", B16, d, n, m) }

// Zip1 and Zip2 interleave the low and the high halves, Uzp1 and Uzp2 take the
// even and the odd lanes of n and then of m, Trn1 and Trn2 the even and the
// odd of both in turn.
func (f *File) Zip1(a Arr, d, n, m V) { f.three("VZIP1", a, d, n, m) }
func (f *File) Zip2(a Arr, d, n, m V) { f.three("VZIP2", a, d, n, m) }
func (f *File) Uzp1(a Arr, d, n, m V) { f.three("VUZP1", a, d, n, m) }
func (f *File) Uzp2(a Arr, d, n, m V) { f.three("VUZP2", a, d, n, m) }
func (f *File) Trn1(a Arr, d, n, m V) { f.three("VTRN1", a, d, n, m) }
func (f *File) Trn2(a Arr, d, n, m V) { f.three("VTRN2", a, d, n, m) }

// Ext is the bytes from i on of n and then of m.
func (f *File) Ext(d, n, m V, i int) {
	f.line("VEXT", "$%d, V%d.B16, V%d.B16, V%d.B16", i, m, n, d)
}

// Tbl looks 16 bytes up in a table of 16, 32, 48 or 64: d[i] = table[idx[i]].
func (f *File) Tbl(d V, table []V, idx V) {
	f.line("VTBL", "V%d.B16, %s, V%d.B16", idx, list(table, B16), d)
}

func (f *File) shift(op string, a Arr, d, n V, by int) {
	f.line(op, "$%d, V%d.%s, V%d.%s", by, n, a.golang(), d, a.golang())
}

// Shl and Ushr shift lanes by a constant, zeros coming in; Sli and Sri insert
// what is shifted and keep d's bits where the zeros would be.
func (f *File) Shl(a Arr, d, n V, by int)  { f.shift("VSHL", a, d, n, by) }
func (f *File) Ushr(a Arr, d, n V, by int) { f.shift("VUSHR", a, d, n, by) }
func (f *File) Sli(a Arr, d, n V, by int)  { f.shift("VSLI", a, d, n, by) }
func (f *File) Sri(a Arr, d, n V, by int)  { f.shift("VSRI", a, d, n, by) }

// Mov copies a register.
func (f *File) Mov(d, n V) { f.line("VMOV", "V%d.B16, V%d.B16", n, d) }

// Movi sets all bytes to a constant.
func (f *File) Movi(d V, b uint8) { f.line("VMOVI", "$%d, V%d.B16", b, d) }

// Dup is lane i of n in all lanes; a has 16 bytes.
func (f *File) Dup(a Arr, d, n V, i int) {
	f.line("VDUP", "V%d.%c[%d], V%d.%s", n, a.golang()[0], i, d, a.golang())
}

// DupR is the low bits of a general register in all lanes.
func (f *File) DupR(a Arr, d V, n R) { f.line("VDUP", "%v, V%d.%s", n, d, a.golang()) }

// Ins sets lane i of d to lane j of n.
func (f *File) Ins(a Arr, d V, i int, n V, j int) {
	c := a.golang()[0]
	f.line("VMOV", "V%d.%c[%d], V%d.%c[%d]", n, c, j, d, c, i)
}

// Umov is lane i of n in a general register, zero-extended; S and D lanes.
func (f *File) Umov(a Arr, d R, n V, i int) {
	f.line("VMOV", "V%d.%c[%d], %v", n, a.golang()[0], i, d)
}
