// Package x86 writes the kernels of the amd64 tiers with avo.
//
// Kernels are written for sixteen lanes, a [V]: one ZMM register or two YMM.
// What differs more than that between tiers is written apart.
package x86

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
)

// A File is one generated pair of .s and .go in the making.
type File struct {
	*build.Context
	Wide   bool // ZMM registers, AVX-512
	VNNI   bool // VPDPBUSD in YMM registers
	EVEX   bool // that with an EVEX prefix, AVX-512
	labels int
	table  *Mem // lanesTable, once it is there

	nibbleMask, nibbleBias Mem // constants of q4Row
}

// A Kernel adds its functions to a file.
type Kernel struct {
	Name  string // asm/<tier>/<Name>_amd64.{s,go}
	Write func(f *File)
}

// VNNI returns kernels as CPUs with AVX-VNNI run them.
func VNNI(kernels []Kernel) []Kernel {
	var all []Kernel
	for _, k := range kernels {
		all = append(all, Kernel{k.Name, func(f *File) {
			f.VNNI = true
			k.Write(f)
		}})
	}
	return all
}

// Twin returns kernels as VNNI does, for CPUs with AVX-512.
func Twin(kernels []Kernel) []Kernel {
	var all []Kernel
	for _, k := range VNNI(kernels) {
		all = append(all, Kernel{k.Name, func(f *File) {
			f.EVEX = true
			k.Write(f)
		}})
	}
	return all
}

// Generate writes every kernel of a tier to asm/<tier>, seen from the
// generator's module.
func Generate(tier string, wide bool, kernels ...[]Kernel) error {
	for _, k := range slices.Concat(kernels...) {
		f := &File{Context: build.NewContext(), Wide: wide}
		f.ConstraintExpr("!purego")
		k.Write(f)
		if err := f.save(tier, k.Name); err != nil {
			return fmt.Errorf("%s/%s: %w", tier, k.Name, err)
		}
	}
	return nil
}

// save compiles the file and prints its two halves.
func (f *File) save(tier, name string) error {
	file, err := f.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	if !f.Wide && !f.EVEX {
		if err := lowRegisters(file); err != nil {
			return err
		}
	}
	if f.VNNI && !f.EVEX {
		if err := vex(file); err != nil {
			return err
		}
	}
	base := filepath.Join("..", "asm", tier, name+"_amd64")
	cfg := printer.Config{Pkg: tier, Argv: []string{"go", "generate", "./..."}}
	for ext, p := range map[string]printer.Printer{".s": printer.NewGoAsm(cfg), ".go": printer.NewStubs(cfg)} {
		text, err := p.Print(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(base+ext, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Func starts an assembly function. doc is the loop that it computes.
func (f *File) Func(name, signature string, doc ...string) {
	f.Function(name)
	f.Attributes(attr.NOSPLIT)
	f.SignatureExpr(signature)
	f.Pragma("noescape")
	f.Doc(doc...)
}

// End returns from the function; wide registers do not slow down what follows.
func (f *File) End() {
	f.VZEROUPPER()
	f.RET()
}

// Arg loads an argument into a general register.
func (f *File) Arg(name string) reg.GPVirtual {
	return f.Load(f.Param(name), f.GP64()).(reg.GPVirtual)
}

// param is the place of an argument, for those that registers cannot hold.
func (f *File) param(name string) Mem {
	a, err := f.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return a.Addr
}

// Base loads the pointer of a slice argument.
func (f *File) Base(name string) reg.GPVirtual {
	return f.Load(f.Param(name).Base(), f.GP64()).(reg.GPVirtual)
}

// Len loads the length of a slice argument.
func (f *File) Len(name string) reg.GPVirtual {
	return f.Load(f.Param(name).Len(), f.GP64()).(reg.GPVirtual)
}

// fresh returns a label of this function that no other place uses.
func (f *File) fresh(name string) string {
	f.labels++
	return fmt.Sprintf("%s%d", name, f.labels)
}

// Loop runs body n times, counting n down to 0; n must not be 0 at the start.
func (f *File) Loop(name string, n reg.GPVirtual, body func()) {
	l := f.fresh(name)
	f.Label(l)
	body()
	f.DECQ(n)
	f.JNZ(LabelRef(l))
}

// While runs body as long as n ≥ step, taking step from n each time.
func (f *File) While(name string, n reg.GPVirtual, step int, body func()) {
	l, end := f.fresh(name), f.fresh(name+"_end")
	f.Label(l)
	f.CMPQ(n, U32(uint32(step)))
	f.JL(LabelRef(end))
	body()
	f.SUBQ(U32(uint32(step)), n)
	f.JMP(LabelRef(l))
	f.Label(end)
}

// Const32 is a read-only dword, or a few, repeated over sixteen lanes, so that
// both widths can use it as a memory operand.
func (f *File) Const32(name string, v ...uint32) Mem {
	m := f.StaticGlobal(name)
	f.DataAttributes(attr.RODATA | attr.NOPTR)
	for i := range 16 {
		f.AppendDatum(U32(v[i%len(v)]))
	}
	return m
}
