package wasm

import (
	"fmt"
	"slices"
)

// A Variant is a kind of memory.
type Variant struct {
	Name     string
	Shared   bool // by threads; then instructions of package wasm that are atomic are allowed
	Memory64 bool // addresses have 64 bits
	Far      bool // there is a second memory, whose addresses have 64 bits, of threads too
}

// The variants.
var (
	Plain    = Variant{Name: "plain"}
	Shared   = Variant{Name: "shared", Shared: true}
	Memory64 = Variant{Name: "memory64", Memory64: true}
	Far      = Variant{Name: "far", Shared: true, Far: true}
)

// maxPages is the most pages of a shared memory: 4 GiB. farPages is that of the second
// one: 16 GiB, the most that browsers take.
const maxPages, farPages = 65536, 262144

// A Module is a module in the making. It imports the memory "chord" "memory", if it is
// [Far] the memory "chord" "weights" as well, and exports functions.
type Module struct {
	Variant
	Ptr Type // of addresses

	types   []signature
	funcs   []*Func
	exports []export
	globals []Type // all can be changed, and begin at 0
	table   []*Func
}

// A signature is the type of a function.
type signature struct{ params, results []Type }

// An export is a name for a function.
type export struct {
	name string
	fn   *Func
}

// NewModule returns a module without functions.
func NewModule(v Variant) *Module {
	m := &Module{Variant: v, Ptr: I32}
	if v.Memory64 {
		m.Ptr = I64
	}
	return m
}

// Func starts a function; nobody sees it who does not have the Func.
func (m *Module) Func(name string, params []Type, results ...Type) *Func {
	f := &Func{m: m, name: name, params: params, results: results, free: map[Type][]Var{}, consts: map[[4]uint32]Var{}, index: uint32(len(m.funcs))}
	m.funcs = append(m.funcs, f)
	return f
}

// Export gives a function a name for others. It panics if another has it.
func (m *Module) Export(name string, f *Func) {
	if slices.ContainsFunc(m.exports, func(e export) bool { return e.name == name }) {
		panic(fmt.Sprintf("wasm: two exports %s", name))
	}
	m.exports = append(m.exports, export{name, f})
}

// Global adds a variable of the module, which begins at 0, and returns its index.
func (m *Module) Global(t Type) int {
	m.globals = append(m.globals, t)
	return len(m.globals) - 1
}

// Table adds a function to the table and returns its index there.
func (m *Module) Table(f *Func) int {
	m.table = append(m.table, f)
	return len(m.table) - 1
}

// typeOf is the index of a type of function.
func (m *Module) typeOf(params, results []Type) uint64 {
	i := slices.IndexFunc(m.types, func(s signature) bool {
		return slices.Equal(s.params, params) && slices.Equal(s.results, results)
	})
	if i < 0 {
		m.types = append(m.types, signature{params, results})
		i = len(m.types) - 1
	}
	return uint64(i)
}

// section is a section of a module.
func section(id byte, content []byte) []byte {
	return append(uleb([]byte{id}, uint64(len(content))), content...)
}

// vector is the number of items and the items.
func vector[T any](all []T, item func(b []byte, t T) []byte) []byte {
	b := uleb(nil, uint64(len(all)))
	for _, t := range all {
		b = item(b, t)
	}
	return b
}

// name appends a string.
func name(b []byte, s string) []byte { return append(uleb(b, uint64(len(s))), s...) }

// Bytes is the module. note is put into a section that nobody reads.
func (m *Module) Bytes(note string) []byte {
	indices := make([]uint64, len(m.funcs))
	for i, f := range m.funcs {
		indices[i] = m.typeOf(f.params, f.results)
	}
	types := func(b []byte, t []Type) []byte {
		return append(b, vector(t, func(b []byte, t Type) []byte { return append(b, byte(t)) })...)
	}
	b := []byte("\x00asm\x01\x00\x00\x00")
	b = append(b, section(0, append(name(nil, "chord"), note...))...)
	b = append(b, section(1, vector(m.types, func(b []byte, s signature) []byte {
		return types(types(append(b, 0x60), s.params), s.results)
	}))...)
	b = append(b, section(2, m.imports())...)
	b = append(b, section(3, vector(indices, uleb))...)
	if len(m.table) > 0 {
		b = append(b, section(4, uleb([]byte{1, 0x70, 0}, uint64(len(m.table))))...)
	}
	if len(m.globals) > 0 {
		b = append(b, section(6, vector(m.globals, func(b []byte, t Type) []byte {
			return append(b, byte(t), 1, map[Type]byte{I32: 0x41, I64: 0x42}[t], 0, 0x0b)
		}))...)
	}
	b = append(b, section(7, vector(m.exports, func(b []byte, e export) []byte {
		return uleb(append(name(b, e.name), 0), uint64(e.fn.index))
	}))...)
	if len(m.table) > 0 {
		elements := vector(m.table, func(b []byte, f *Func) []byte { return uleb(b, uint64(f.index)) })
		b = append(b, section(9, append([]byte{1, 0, 0x41, 0, 0x0b}, elements...))...)
	}
	return append(b, section(10, vector(m.funcs, func(b []byte, f *Func) []byte {
		body := f.body()
		return append(uleb(b, uint64(len(body))), body...)
	}))...)
}

// imports is the content of the section of imports: the memories.
func (m *Module) imports() []byte {
	if m.Far {
		b := m.importMemory([]byte{2})
		return uleb(append(name(name(b, "chord"), "weights"), 2, 7, 0), farPages)
	}
	return m.importMemory([]byte{1})
}

func (m *Module) importMemory(b []byte) []byte {
	b = append(name(name(b, "chord"), "memory"), 2)
	switch {
	case m.Shared:
		return uleb(append(b, 3, 0), maxPages)
	case m.Memory64:
		return append(b, 4, 0)
	}
	return append(b, 0, 0)
}

// body is the function's locals and instructions.
func (f *Func) body() []byte {
	var runs []Type // of locals of a type each
	var lengths []uint64
	for i, t := range f.locals {
		if i == 0 || t != f.locals[i-1] {
			runs, lengths = append(runs, t), append(lengths, 0)
		}
		lengths[len(lengths)-1]++
	}
	b := uleb(nil, uint64(len(runs)))
	for i, t := range runs {
		b = append(uleb(b, lengths[i]), byte(t))
	}
	return append(append(append(b, f.prelude...), f.code...), 0x0b)
}
