package wit

import "slices"

// A Core is a type of WebAssembly's own, with its number in binaries.
type Core byte

// The types of values that the canonical ABI passes.
const (
	I32    Core = 0x7f
	I64    Core = 0x7e
	Float  Core = 0x7d
	Double Core = 0x7c
)

// The most values that the canonical ABI passes one by one.
const (
	MaxFlatParams  = 16
	MaxFlatResults = 1
)

// sizes are the bytes of types without parts, which are their alignments too.
var sizes = map[Kind]int{Bool: 1, U8: 1, S8: 1, U16: 2, S16: 2, U32: 4, S32: 4, U64: 8, S64: 8, F32: 4, F64: 8, Char: 4, Own: 4, Borrow: 4}

// Resolve returns a type without its other names.
func (t *Type) Resolve() *Type {
	for t.Kind == Alias {
		t = t.Elem
	}
	return t
}

// Cases are the types of the cases of a variant, an option, a result or an enum; nil is
// none.
func (t *Type) Cases() []*Type {
	switch t.Kind {
	case Option:
		return []*Type{nil, t.Elem}
	case Result:
		return []*Type{t.Elem, t.Err}
	}
	all := make([]*Type, len(t.Fields))
	for i, f := range t.Fields {
		all[i] = f.Type
	}
	return all
}

// Align is the alignment of a type in memory, in bytes.
func (t *Type) Align() int {
	t = t.Resolve()
	if n := sizes[t.Kind]; n > 0 {
		return n
	}
	n := 1
	switch t.Kind {
	case String, List:
		return 4
	case Record, Tuple:
	default:
		n = t.Discriminant()
	}
	for _, c := range t.Cases() {
		if c != nil {
			n = max(n, c.Align())
		}
	}
	return n
}

// Discriminant is the bytes of the number of a variant's case.
func (t *Type) Discriminant() int {
	switch n := len(t.Cases()); {
	case n <= 1<<8:
		return 1
	case n <= 1<<16:
		return 2
	}
	return 4
}

// Payload is where a variant's value begins.
func (t *Type) Payload() int {
	n := 1
	for _, c := range t.Cases() {
		if c != nil {
			n = max(n, c.Align())
		}
	}
	return align(t.Discriminant(), n)
}

// Size is the bytes of a type in memory.
func (t *Type) Size() int {
	t = t.Resolve()
	if n := sizes[t.Kind]; n > 0 {
		return n
	}
	switch t.Kind {
	case String, List:
		return 8
	case Record, Tuple:
		_, n := Offsets(t.Fields)
		return align(n, t.Align())
	}
	n := 0
	for _, c := range t.Cases() {
		if c != nil {
			n = max(n, c.Size())
		}
	}
	return align(t.Payload()+n, t.Align())
}

// Offsets are where fields begin in memory, and where the last one ends.
func Offsets(fields []Field) (offsets []int, end int) {
	for _, f := range fields {
		end = align(end, f.Type.Align())
		offsets = append(offsets, end)
		end += f.Type.Size()
	}
	return offsets, end
}

func align(n, to int) int { return (n + to - 1) / to * to }

// Flat is the values that pass a type one by one.
func (t *Type) Flat() []Core {
	t = t.Resolve()
	switch t.Kind {
	case U64, S64:
		return []Core{I64}
	case F32:
		return []Core{Float}
	case F64:
		return []Core{Double}
	case String, List:
		return []Core{I32, I32}
	case Record, Tuple:
		return FlatAll(t.Fields)
	case Option, Result, Variant, Enum:
		flat := []Core{}
		for _, c := range t.Cases() {
			if c != nil {
				flat = join(flat, c.Flat())
			}
		}
		return append([]Core{I32}, flat...)
	}
	return []Core{I32}
}

// FlatAll is the values that pass fields, or parameters.
func FlatAll(fields []Field) []Core {
	var all []Core
	for _, f := range fields {
		all = append(all, f.Type.Flat()...)
	}
	return all
}

// join is types for values of either list.
func join(a, b []Core) []Core {
	if len(a) < len(b) {
		a, b = b, a
	}
	a = slices.Clone(a)
	for i, c := range b {
		switch {
		case a[i] == c:
		case a[i] != I64 && a[i] != Double && c != I64 && c != Double:
			a[i] = I32
		default:
			a[i] = I64
		}
	}
	return a
}
