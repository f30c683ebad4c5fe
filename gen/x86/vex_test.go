package x86

import (
	"testing"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/reg"
)

// The bytes are those of GNU as for {vex} vpdpbusd, with the operands the other
// way round.
func TestVexDot(t *testing.T) {
	for _, c := range []struct {
		x, q, s reg.Register
		want    string
	}{
		{reg.Y10, reg.Y9, reg.Y11, "$0x503542c4; BYTE $0xda // VPDPBUSD Y10, Y9, Y11"},
		{reg.Y0, reg.Y0, reg.Y0, "$0x507de2c4; BYTE $0xc0 // VPDPBUSD Y0, Y0, Y0"},
		{reg.Y1, reg.Y2, reg.Y3, "$0x506de2c4; BYTE $0xd9 // VPDPBUSD Y1, Y2, Y3"},
		{reg.Y8, reg.Y2, reg.Y3, "$0x506dc2c4; BYTE $0xd8 // VPDPBUSD Y8, Y2, Y3"},
		{reg.Y1, reg.Y15, reg.Y3, "$0x5005e2c4; BYTE $0xd9 // VPDPBUSD Y1, Y15, Y3"},
		{reg.Y1, reg.Y2, reg.Y12, "$0x506d62c4; BYTE $0xe1 // VPDPBUSD Y1, Y2, Y12"},
		{reg.Y15, reg.Y15, reg.Y15, "$0x500542c4; BYTE $0xff // VPDPBUSD Y15, Y15, Y15"},
	} {
		got, err := vexDot([]operand.Op{c.x, c.q, c.s})
		if err != nil || string(got) != c.want {
			t.Errorf("%s, %s, %s: got %q, %v, want %q", c.x.Asm(), c.q.Asm(), c.s.Asm(), got, err, c.want)
		}
	}
	for _, ops := range [][]operand.Op{
		{reg.Y16, reg.Y1, reg.Y2}, {reg.Y1, reg.Y16, reg.Y2}, {reg.Y1, reg.Y2, reg.Y31},
		{reg.Z1, reg.Z2, reg.Z3}, {operand.Mem{Base: reg.RAX}, reg.Y2, reg.Y3}, {reg.Y1, reg.Y2},
	} {
		if got, err := vexDot(ops); err == nil {
			t.Errorf("%v: got %q, want an error", ops, got)
		}
	}
}

// TestLowRegisters wants an error of a function with seventeen live vectors, where a
// CPU has sixteen registers.
func TestLowRegisters(t *testing.T) {
	for live, fails := range map[int]bool{16: false, 17: true} {
		f := &File{Context: build.NewContext()}
		f.Func("F", "func(p *float32)")
		p := f.Arg("p")
		var all []reg.VecVirtual
		for i := range live {
			r := f.YMM()
			f.VMOVUPS(operand.Mem{Base: p, Disp: 32 * i}, r)
			all = append(all, r)
		}
		for i, r := range all {
			f.VMOVUPS(r, operand.Mem{Base: p, Disp: 32 * i})
		}
		f.End()
		file, err := f.Result()
		if err == nil {
			err = pass.Compile.Execute(file)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := lowRegisters(file); (err != nil) != fails {
			t.Errorf("%d live vectors: %v", live, err)
		}
	}
}
