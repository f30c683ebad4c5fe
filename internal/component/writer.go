package component

import (
	"encoding/binary"

	"github.com/querent-ai/chord/internal/wit"
)

// Sections of a component [bin].
const (
	sectionModule   = 1
	sectionCore     = 2 // core instances
	sectionNested   = 4
	sectionInstance = 5
	sectionAlias    = 6
	sectionType     = 7
	sectionCanon    = 8
	sectionImport   = 10
	sectionExport   = 11
)

// Sorts of what has an index.
const (
	sortCore      = 0
	sortFunc      = 1
	sortType      = 3
	sortComponent = 4
	sortInstance  = 5

	coreFunc     = 0
	coreTable    = 1
	coreMemory   = 2
	coreInstance = 0x12
)

// bytesOf are bytes in the making.
type bytesOf []byte

func (b *bytesOf) add(c ...byte)      { *b = append(*b, c...) }
func (b *bytesOf) number(n int)       { *b = binary.AppendUvarint(*b, uint64(n)) }
func (b *bytesOf) name(s string)      { b.number(len(s)); *b = append(*b, s...) }
func (b *bytesOf) whole(s string)     { b.add(0); b.name(s) } // of an import or export
func (b *bytesOf) sized(c []byte)     { b.number(len(c)); b.add(c...) }
func (b *bytesOf) item(s byte, n int) { b.add(s); b.number(n) }

// signed appends n, not negative, as a signed number.
func signed(b []byte, n int) []byte {
	for n >= 1<<6 {
		b = append(b, byte(n)|1<<7)
		n >>= 7
	}
	return append(b, byte(n))
}

// A space is a component in the making, with the number of what has an index so far.
type space struct {
	out                                 bytesOf
	types, funcs, instances, components int
	modules, coreFuncs, coreInstances   int
	named                               map[*wit.Type]int     // types with names
	resources                           map[*wit.Resource]int // their types
}

func newSpace() *space {
	s := &space{named: map[*wit.Type]int{}, resources: map[*wit.Resource]int{}}
	s.out = bytesOf("\x00asm\x0d\x00\x01\x00")
	return s
}

// section adds a section with one item.
func (s *space) section(id byte, item []byte) {
	s.out.add(id)
	s.out.sized(append([]byte{1}, item...))
}

// module adds a module of WebAssembly.
func (s *space) module(m []byte) int {
	s.out.add(sectionModule)
	s.out.sized(m)
	s.modules++
	return s.modules - 1
}

// instantiate begins a module with instances for its imports, by name.
func (s *space) instantiate(module int, names []string, with []int) int {
	var b bytesOf
	b.item(0, module)
	b.number(len(names))
	for i, name := range names {
		b.name(name)
		b.item(coreInstance, with[i])
	}
	return s.coreInstance(b)
}

// A coreItem is a function or memory with a name.
type coreItem struct {
	name  string
	sort  byte
	index int
}

// bundle makes an instance of items.
func (s *space) bundle(items []coreItem) int {
	var b bytesOf
	b.add(1)
	b.number(len(items))
	for _, i := range items {
		b.name(i.name)
		b.item(i.sort, i.index)
	}
	return s.coreInstance(b)
}

func (s *space) coreInstance(b []byte) int {
	s.section(sectionCore, b)
	s.coreInstances++
	return s.coreInstances - 1
}

// coreExport gives the export of an instance of a module an index.
func (s *space) coreExport(instance int, name string, sort byte) int {
	var b bytesOf
	b.add(sortCore, sort)
	b.item(1, instance)
	b.name(name)
	s.section(sectionAlias, b)
	if sort != coreFunc {
		return 0 // there is one memory
	}
	s.coreFuncs++
	return s.coreFuncs - 1
}

// instanceFunc gives the function of an instance of a component an index.
func (s *space) instanceFunc(instance int, name string) int {
	var b bytesOf
	b.add(sortFunc)
	b.item(0, instance)
	b.name(name)
	s.section(sectionAlias, b)
	s.funcs++
	return s.funcs - 1
}

// lower makes a function of WebAssembly of one of the component model. What it returns
// lies in the memory.
func (s *space) lower(f int) int {
	var b bytesOf
	b.add(1, 0)
	b.number(f)
	b.number(1)
	b.item(3, 0)
	return s.canon(b)
}

// resourceNew makes the function that makes handles of a type.
func (s *space) resourceNew(typ int) int {
	var b bytesOf
	b.item(2, typ)
	return s.canon(b)
}

func (s *space) canon(b []byte) int {
	s.section(sectionCanon, b)
	s.coreFuncs++
	return s.coreFuncs - 1
}

// lift makes a function of the component model of one of WebAssembly. post is the one to
// call with its result, -1 if there is none.
func (s *space) lift(f, realloc, post, typ int) int {
	var b bytesOf
	b.add(0, 0)
	b.number(f)
	options := 3
	if post >= 0 {
		options++
	}
	b.number(options)
	b.add(0) // UTF-8
	b.item(3, 0)
	b.item(4, realloc)
	if post >= 0 {
		b.item(5, post)
	}
	b.number(typ)
	s.section(sectionCanon, b)
	s.funcs++
	return s.funcs - 1
}
