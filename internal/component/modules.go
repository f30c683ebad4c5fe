package component

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/querent-ai/chord/internal/wit"
)

// A signature is the type of a function of WebAssembly.
type signature struct{ params, results []wit.Core }

func (b *bytesOf) signature(t signature) {
	b.add(0x60)
	for _, list := range [][]wit.Core{t.params, t.results} {
		b.number(len(list))
		for _, c := range list {
			b.add(byte(c))
		}
	}
}

// A coreImport is a function that a module imports, and its type.
type coreImport struct {
	module, name string
	typ          signature
}

// A body is a function of a module: its type, how many i32 variables it has beside the
// parameters, and its instructions.
type body struct {
	name   string // for others
	typ    signature
	locals int
	code   []byte
}

// A module is a module of WebAssembly in the making.
type module struct {
	imports []coreImport
	memory  int // pages of its own memory; if 0 it imports "chord" "memory"; -1 is none
	table   int // elements of its own table; if -1 it imports "base" "table"
	bodies  []body
	exports []coreItem // beside the bodies
	start   int        // the function that runs first, -1 if there is none
	fill    []int      // functions for the imported table
}

// bytes is the module.
func (m *module) bytes() []byte {
	var types, imports, funcs, exports, code bytesOf
	types.number(len(m.imports) + len(m.bodies))
	n := len(m.imports)
	if m.memory == 0 {
		n++
	}
	if m.table < 0 {
		n++
	}
	imports.number(n)
	for i, f := range m.imports {
		types.signature(f.typ)
		imports.name(f.module)
		imports.name(f.name)
		imports.item(coreFunc, i)
	}
	if m.memory == 0 {
		imports.name("chord")
		imports.name("memory")
		imports.add(coreMemory, 0, 0)
	}
	if m.table < 0 {
		imports.name("base")
		imports.name("table")
		imports.add(coreTable, 0x70, 0, 0)
	}
	funcs.number(len(m.bodies))
	code.number(len(m.bodies))
	exports.number(len(m.bodies) + len(m.exports))
	for i, f := range m.bodies {
		types.signature(f.typ)
		funcs.number(len(m.imports) + i)
		exports.name(f.name)
		exports.item(coreFunc, len(m.imports)+i)
		code.sized(f.bytes())
	}
	for _, e := range m.exports {
		exports.name(e.name)
		exports.item(e.sort, e.index)
	}
	return m.sections(types, imports, funcs, exports, code)
}

// sections are the module's sections, in their order.
func (m *module) sections(types, imports, funcs, exports, code bytesOf) []byte {
	out := bytesOf("\x00asm\x01\x00\x00\x00")
	section := func(id byte, content []byte) { out.add(id); out.sized(content) }
	section(1, types)
	section(2, imports)
	section(3, funcs)
	if m.table > 0 {
		b := bytesOf{1, 0x70, 0}
		b.number(m.table)
		section(4, b)
	}
	if m.memory > 0 {
		b := bytesOf{1, 0}
		b.number(m.memory)
		section(5, b)
	}
	section(7, exports)
	if m.start >= 0 {
		var b bytesOf
		b.number(m.start)
		section(8, b)
	}
	if len(m.fill) > 0 {
		b := bytesOf{1, 0, 0x41, 0, 0x0b} // from element 0 on
		b.number(len(m.fill))
		for _, f := range m.fill {
			b.number(f)
		}
		section(9, b)
	}
	section(10, code)
	return out
}

// bytes is the body with its variables.
func (f *body) bytes() []byte {
	b := bytesOf{0}
	if f.locals > 0 {
		b = bytesOf{1}
		b.number(f.locals)
		b.add(byte(wit.I32))
	}
	b.add(f.code...)
	return append(b, 0x0b)
}

// reader reads a module's sections.
type reader struct{ b []byte }

func (r *reader) number() int {
	n := 0
	for shift := 0; shift < 35; shift += 7 {
		c := r.take(1)[0]
		n |= int(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
	panic(errShort)
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		panic(errShort)
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) name() string { return string(r.take(r.number())) }

// failure is what a reader panics with; [Make] returns it.
type failure struct{ error }

var errShort = failure{errors.New("component: a section ends early")}

// signatures are the types of functions in a section.
func signatures(content []byte) []signature {
	r := &reader{content}
	list := func() (all []wit.Core) {
		for range r.number() {
			all = append(all, wit.Core(r.take(1)[0]))
		}
		return all
	}
	var all []signature
	for range r.number() {
		if r.take(1)[0] != 0x60 {
			panic(failure{fmt.Errorf("component: type %d is none of a function", len(all))})
		}
		all = append(all, signature{list(), list()})
	}
	return all
}

// again is between the name of an import and its number, from the second of the name on.
const again = " "

// imports are the functions in a section of imports, and the section with a name for
// each: Go imports some functions in many places, which a component may not. It errs if
// the section has anything but functions.
func imports(content []byte, types []signature) (all []coreImport, unique []byte) {
	r := &reader{content}
	seen := map[[2]string]int{}
	n := r.number()
	var b bytesOf
	b.number(n)
	for range n {
		i := coreImport{module: r.name(), name: r.name()}
		kind, typ := r.take(1)[0], r.number()
		if kind != coreFunc {
			panic(failure{fmt.Errorf("component: %s %s is an import of kind %d", i.module, i.name, kind)})
		}
		if typ >= len(types) {
			panic(errShort)
		}
		key := [2]string{i.module, i.name}
		if seen[key]++; seen[key] > 1 {
			i.name += again + strconv.Itoa(seen[key])
		}
		i.typ = types[typ]
		all = append(all, i)
		b.name(i.module)
		b.name(i.name)
		b.item(coreFunc, typ)
	}
	return all, b
}

// exports are the names in a section of exports that are of functions.
func exports(content []byte) []string {
	r := &reader{content}
	var all []string
	for range r.number() {
		name, kind := r.name(), r.take(1)[0]
		r.number()
		if kind == coreFunc {
			all = append(all, name)
		}
	}
	return all
}
