package component

import "github.com/querent-ai/chord/internal/wit"

// primitives are the numbers of types without parts.
var primitives = map[wit.Kind]byte{
	wit.Bool: 0x7f, wit.S8: 0x7e, wit.U8: 0x7d, wit.S16: 0x7c, wit.U16: 0x7b, wit.S32: 0x7a, wit.U32: 0x79,
	wit.S64: 0x78, wit.U64: 0x77, wit.F32: 0x76, wit.F64: 0x75, wit.Char: 0x74, wit.String: 0x73,
}

// Numbers of types with parts.
const (
	typeRecord   = 0x72
	typeVariant  = 0x71
	typeList     = 0x70
	typeTuple    = 0x6f
	typeEnum     = 0x6d
	typeOption   = 0x6b
	typeResult   = 0x6a
	typeOwn      = 0x69
	typeBorrow   = 0x68
	typeFunc     = 0x40
	typeInstance = 0x42
	typeResource = 0x3f
)

// A typeWriter defines types: in a component or in the type of an instance.
type typeWriter interface {
	define(b []byte) int // adds a type and returns its index
	name(t *wit.Type) (index int, ok bool)
	resource(r *wit.Resource) int
}

func (s *space) define(b []byte) int {
	s.section(sectionType, b)
	s.types++
	return s.types - 1
}
func (s *space) name(t *wit.Type) (int, bool) { i, ok := s.named[t]; return i, ok }
func (s *space) resource(r *wit.Resource) int { return s.resources[r] }

// reference is a type where one is used; what has no name is defined.
func reference(w typeWriter, t *wit.Type) []byte {
	if p, ok := primitives[t.Kind]; ok {
		return []byte{p}
	}
	if i, ok := w.name(t); ok {
		return signed(nil, i)
	}
	return signed(nil, w.define(definition(w, t)))
}

// optional is a type, or nothing.
func optional(w typeWriter, t *wit.Type) []byte {
	if t == nil {
		return []byte{0}
	}
	return append([]byte{1}, reference(w, t)...)
}

// definition is what a type is made of.
func definition(w typeWriter, t *wit.Type) []byte {
	var b bytesOf
	switch t.Kind {
	case wit.Alias:
		if p, ok := primitives[t.Resolve().Kind]; ok {
			return []byte{p}
		}
		return definition(w, t.Resolve())
	case wit.List:
		b.add(typeList)
		b.add(reference(w, t.Elem)...)
	case wit.Option:
		b.add(typeOption)
		b.add(reference(w, t.Elem)...)
	case wit.Result:
		b.add(typeResult)
		b.add(optional(w, t.Elem)...)
		b.add(optional(w, t.Err)...)
	case wit.Own:
		b.item(typeOwn, w.resource(t.Resource))
	case wit.Borrow:
		b.item(typeBorrow, w.resource(t.Resource))
	default:
		b.fields(w, t)
	}
	return b
}

// fields adds a type with fields or cases.
func (b *bytesOf) fields(w typeWriter, t *wit.Type) {
	b.add(map[wit.Kind]byte{wit.Record: typeRecord, wit.Variant: typeVariant, wit.Tuple: typeTuple, wit.Enum: typeEnum}[t.Kind])
	b.number(len(t.Fields))
	for _, f := range t.Fields {
		if t.Kind != wit.Tuple {
			b.name(f.Name)
		}
		switch t.Kind {
		case wit.Variant:
			b.add(optional(w, f.Type)...)
			b.add(0)
		case wit.Record, wit.Tuple:
			b.add(reference(w, f.Type)...)
		}
	}
}

// function is the type of a function.
func function(w typeWriter, f *wit.Func) int {
	var b bytesOf
	b.add(typeFunc)
	b.number(len(f.Params))
	for _, p := range f.Params {
		b.name(p.Name)
		b.add(reference(w, p.Type)...)
	}
	if f.Result == nil {
		b.add(1, 0)
	} else {
		b.add(0)
		b.add(reference(w, f.Result)...)
	}
	return w.define(b)
}

// An instanceType is the type of an instance in the making.
type instanceType struct {
	out          bytesOf
	items, types int
	named        map[*wit.Type]int
}

func (i *instanceType) define(b []byte) int {
	i.out.add(1)
	i.out.add(b...)
	i.items++
	i.types++
	return i.types - 1
}
func (i *instanceType) name(t *wit.Type) (int, bool) { n, ok := i.named[t]; return n, ok }
func (i *instanceType) resource(*wit.Resource) int   { panic("component: an import with resources") }

// importType is the type of an interface that is imported, which has no resources.
func importType(face *wit.Interface) []byte {
	i := &instanceType{named: map[*wit.Type]int{}}
	for _, t := range face.Types {
		n := i.define(definition(i, t))
		i.out.add(4)
		i.out.whole(t.Name)
		i.out.add(sortType, 0)
		i.out.number(n)
		i.items++
		i.named[t] = i.types
		i.types++
	}
	for n := range face.Funcs {
		f := &face.Funcs[n]
		typ := function(i, f)
		i.out.add(4)
		i.out.whole(f.Name)
		i.out.item(sortFunc, typ)
		i.items++
	}
	var b bytesOf
	b.add(typeInstance)
	b.number(i.items)
	return append(b, i.out...)
}
