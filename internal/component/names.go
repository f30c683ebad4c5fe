package component

import "github.com/querent-ai/chord/internal/wit"

// An export's types must have names, which only imports and exports of a component give
// them: so a component within the component imports the functions of an interface, and
// exports them with its types.

// exported adds such a component, makes an instance of it with functions, and exports
// that by its whole name.
func (s *space) exported(id string, face *wit.Interface, funcs []int) {
	s.out.add(sectionNested)
	s.out.sized(naming(face))
	var b bytesOf
	b.item(0, s.components)
	s.components++
	b.number(len(face.Resources) + len(face.Types) + len(face.Funcs))
	for _, r := range face.Resources {
		b.name("type-" + r.Name)
		b.item(sortType, s.resources[r])
	}
	for _, t := range face.Types {
		b.name("type-" + t.Name)
		b.item(sortType, s.named[t])
	}
	for i := range face.Funcs {
		b.name(imported(i))
		b.item(sortFunc, funcs[i])
	}
	s.section(sectionInstance, b)
	b = nil
	b.whole(id)
	b.item(sortInstance, s.instances)
	b.add(0)
	s.section(sectionExport, b)
	s.instances += 2
}

// imported is the name by which the component within imports function i.
func imported(i int) string { return "func-" + string([]byte{byte('a' + i/26), byte('a' + i%26)}) }

// naming is the component within.
func naming(face *wit.Interface) []byte {
	s := newSpace()
	for _, r := range face.Resources {
		s.importItem("type-"+r.Name, []byte{sortType, 1})
		s.resources[r] = s.types
		s.types++
	}
	for _, t := range face.Types {
		n := s.define(definition(s, t))
		s.importItem("type-"+t.Name, indexed([]byte{sortType, 0}, n))
		s.named[t] = s.types
		s.types++
	}
	for i := range face.Funcs {
		typ := function(s, &face.Funcs[i])
		s.importItem(imported(i), indexed([]byte{sortFunc}, typ))
	}
	for _, r := range face.Resources {
		s.exportItem(r.Name, sortType, s.resources[r], nil)
		s.resources[r] = s.types
		s.types++
	}
	for _, t := range face.Types { // defined anew, of exported types
		s.exportItem(t.Name, sortType, s.define(definition(s, t)), nil)
		s.named[t] = s.types
		s.types++
	}
	for i := range face.Funcs {
		f := &face.Funcs[i]
		typ := function(s, f)
		s.exportItem(f.Name, sortFunc, i, indexed([]byte{sortFunc}, typ))
		s.funcs++
	}
	return s.out
}

// indexed is a description that ends with an index.
func indexed(b bytesOf, n int) []byte { b.number(n); return b }

func (s *space) importItem(name string, description []byte) {
	var b bytesOf
	b.whole(name)
	b.add(description...)
	s.section(sectionImport, b)
}

// exportItem exports something; a description that is not nil gives it another type.
func (s *space) exportItem(name string, sort byte, index int, description []byte) {
	var b bytesOf
	b.whole(name)
	b.item(sort, index)
	if description == nil {
		b.add(0)
	} else {
		b.add(1)
		b.add(description...)
	}
	s.section(sectionExport, b)
}
