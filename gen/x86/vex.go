package x86

import (
	"fmt"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/reg"
)

// vex turns every VPDPBUSD of a compiled file, which avo and Go's assembler
// know only with an EVEX prefix, into the bytes of its VEX form, for CPUs with
// AVX-VNNI and without AVX-512.
func vex(file *ir.File) error {
	for _, fn := range file.Functions() {
		found := false
		for _, i := range fn.Instructions() {
			if i.Opcode != "VPDPBUSD" {
				continue
			}
			text, err := vexDot(i.Operands)
			if err != nil {
				return fmt.Errorf("%s: %w", fn.Name, err)
			}
			i.Opcode, i.Operands = "LONG", []operand.Op{text}
			i.ISA = []string{"AVXVNNI"}
			found = true
		}
		if found {
			fn.ISA = nil
			if err := pass.RequiredISAExtensions(fn); err != nil {
				return err
			}
		}
	}
	return nil
}

// lowRegisters returns an error if a compiled file has a vector register above 15,
// which only CPUs with AVX-512 have: avo takes them when the others are used up.
func lowRegisters(file *ir.File) error {
	for _, fn := range file.Functions() {
		for _, i := range fn.Instructions() {
			for _, op := range i.Operands {
				if r, ok := op.(reg.Physical); ok && r.Kind() == reg.KindVector && r.PhysicalIndex() > 15 {
					return fmt.Errorf("%s: %s %s: more than sixteen vector registers", fn.Name, i.Opcode, r.Asm())
				}
			}
		}
	}
	return nil
}

// bytes are an instruction as text: all but the mnemonic LONG of its first four
// bytes.
type bytes string

func (b bytes) Asm() string { return string(b) }

// vexDot encodes VPDPBUSD x, q, s of YMM registers below 16 (x signed bytes, q
// unsigned):
//
//	C4 | ¬R ¬X ¬B 00010 | W=0 ¬vvvv L=1 01 | 50 | 11 reg rm
func vexDot(ops []operand.Op) (bytes, error) {
	if len(ops) != 3 {
		return "", fmt.Errorf("VPDPBUSD with %d operands", len(ops))
	}
	var n [3]uint32
	for i, op := range ops {
		r, ok := op.(reg.Physical)
		if !ok || r.Size() != 32 || r.PhysicalIndex() > 15 {
			return "", fmt.Errorf("VPDPBUSD of %s has no VEX form here", op.Asm())
		}
		n[i] = uint32(r.PhysicalIndex())
	}
	x, q, s := n[0], n[1], n[2]
	second := (^s>>3&1)<<7 | 1<<6 | (^x>>3&1)<<5 | 0b00010
	third := (^q&15)<<3 | 1<<2 | 0b01
	modrm := 3<<6 | (s&7)<<3 | x&7
	return bytes(fmt.Sprintf("$0x50%02x%02xc4; BYTE $0x%02x // VPDPBUSD %s, %s, %s",
		third, second, modrm, ops[0].Asm(), ops[1].Asm(), ops[2].Asm())), nil
}
