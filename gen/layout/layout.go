// Package layout is the one table of what is known of a type of weights: how a
// block lies in a file, in which order it is interleaved, what its quants can
// be; and of a tier: which functions it has, for how many tokens. The
// generators of kernels read it, and command dispatch writes simd's tables
// from it.
package layout

import (
	"fmt"
	"slices"
)

// Rows is how many rows layout X16 interleaves: a tile.
const Rows = 16

// Sizes of activation records, for one token: the int8 quants, the float32
// scale, and what is subtracted for quants that are multiplied as unsigned
// numbers or have minima.
const (
	Record32  = 32 + 4 + 4 + 4    // 32 columns; -8·Σq, -128·Σq
	Record256 = 256 + 4 + 32 + 16 // 256 columns; the sums of 16 and of 32 quants
)

// A Type is a type of weights.
type Type struct {
	Name    string // ggml's
	Columns int    // of a block
	Bytes   int    // of a block

	// Fields are the parts of a block in the order of layout X16. A type that
	// has fields has kernels, in every tier; of another, products take the
	// blocks apart in Go.
	Fields []Field
	Scales []int // where a block without fields has its f16
	Spread bool  // products take blocks of 256 without fields as Integers, which have the same quants and scales

	Least, Most int    // of the quants; without Values Least is 0 or minus a power of two: kernels subtract no other number
	Values      []int8 // what quants of four bits stand for, if not for themselves
	Group       int    // how many of 256 columns share a scale, or could; 16 of blocks of 64 where scales are floats
	Bits        int    // of a quant, 1 or 2, where a dword has those of 32 or 16 columns in order; else 0

	Cache bool // keys and values may be of the type
}

// A Field is a run of elements of a block: Count of them, Width bytes each, from
// byte Offset of the file's block on. Interleaved, a block has its fields one
// after the other, each element of all sixteen rows together. Quants go by
// dwords, of which kernels multiply four bytes at a time.
//
// Every type calls its scale d. Blocks of 32 may have minima m and fifth bits
// qh, and have quants qs; minima of blocks of 256 are scaled by dmin.
type Field struct {
	Name                 string
	Offset, Width, Count int
}

// Of returns the type called name, or Integers. It panics if there is none.
func Of(name string) Type {
	for _, t := range append(Types[:len(Types):len(Types)], Integers) {
		if t.Name == name {
			return t
		}
	}
	panic("layout: no type " + name)
}

// Kernels are the types with kernels whose blocks have the given columns; blocks of
// floats have one.
func Kernels(columns int) []Type {
	return slices.DeleteFunc(slices.Clone(Types), func(t Type) bool { return t.Fields == nil || t.Columns != columns })
}

// Small are the types with kernels that take activations in blocks of 32.
func Small() []Type {
	return slices.DeleteFunc(slices.Clone(Types), func(t Type) bool { return t.Fields == nil || !t.Small() })
}

// find returns the field called name and where it starts in an interleaved block.
func (t Type) find(name string) (f Field, at int, ok bool) {
	for _, f := range t.Fields {
		if f.Name == name {
			return f, at, true
		}
		at += Rows * f.Width * f.Count
	}
	return Field{}, 0, false
}

// At is where a field starts in an interleaved block.
func (t Type) At(name string) int {
	_, at, ok := t.find(name)
	if !ok {
		panic(fmt.Sprintf("layout: %s has no field %s", t.Name, name))
	}
	return at
}

// Width is the bytes of an element of a field, 0 if the type has no such field.
func (t Type) Width(name string) int {
	f, _, _ := t.find(name)
	return f.Width
}

// Has reports whether the type has a field.
func (t Type) Has(name string) bool { return t.Width(name) > 0 }

// TileBytes is the size of an interleaved block.
func (t Type) TileBytes() int { return Rows * t.Bytes }

// Minima reports whether a weight is d·q + m, or d·q - dmin·m.
func (t Type) Minima() bool { return t.Has("m") || t.Has("dmin") }

// Small reports whether products with t take activations in blocks of 32.
func (t Type) Small() bool { return 1 < t.Columns && t.Columns < 256 }

// Parts is how many blocks of 32 columns a block of a type that is Small has.
func (t Type) Parts() int { return t.Columns / 32 }

// A Plane is where in a block with Bits four columns of a row are: in the four
// bytes of a dword of qs, from bit Shift of each byte on.
type Plane struct{ Dword, Shift int }

// Plane returns the place of dword c of part p's activations. These are ordered so
// that a plane is four of them: with one bit columns c, c+8, c+16 and c+24 of the
// part, with two c, c+4, c+8 and c+12 of one of its halves.
func (t Type) Plane(p, c int) Plane {
	if t.Bits == 1 {
		return Plane{p, c}
	}
	return Plane{2*p + c/4, c % 4 * 2}
}

// FifthBits reports whether quants of blocks of 32 have a bit beside their
// nibble.
func (t Type) FifthBits() bool { return t.Has("qh") }

// Chunks is how many dwords a row's quants of 32 columns have: 4 of nibbles, the low
// ones first, or 8 of bytes.
func (t Type) Chunks() int { return t.Dwords() / t.Parts() }

// Dwords is how many dwords a row's quants of a block have.
func (t Type) Dwords() int {
	f, _, _ := t.find("qs")
	return f.Count
}

// Halves reports whether 16 columns of a part share a scale.
func (t Type) Halves() bool { return t.Small() && t.Group == 16 }

// Nibbles returns which dword of a part's quants has columns 4c to 4c+3, and
// whether in its high nibbles: those of half the columns that share a scale.
func (t Type) Nibbles(c int) (dword int, high bool) {
	if t.Halves() {
		return c/4*2 + c%2, c%4 > 1
	}
	return c % 4, c > 3
}

// Excess is what quants have too much that are made unsigned: the power of two
// that is no less than -Least, 0 for those that are not negative.
func (t Type) Excess() int {
	n := 0
	for n < -t.Least {
		n = max(1, 2*n)
	}
	return n
}

// Magnitude is the largest magnitude of a quant.
func (t Type) Magnitude() int { return max(t.Most, -t.Least) }

// Packing are the fields as Pack functions take them: in blocks of 32 fifth bits
// and quants are one run of dwords.
func (t Type) Packing() []Field {
	fields := slices.Clone(t.Fields)
	n := len(fields) - 1
	if t.Small() && n > 0 && fields[n-1].Width == fields[n].Width {
		fields[n-1].Count += fields[n].Count
		fields = fields[:n]
	}
	return fields
}

// Packer is the type whose Pack function packs t: the first of the same widths at
// the same places.
func (t Type) Packer() Type {
	places := func(t Type) []Field {
		fields := t.Packing()
		for i := range fields {
			fields[i].Name = ""
		}
		return fields
	}
	i := slices.IndexFunc(Types, func(o Type) bool {
		return o.Bytes == t.Bytes && slices.Equal(places(o), places(t))
	})
	return Types[i]
}

// Packed are the types in blocks that have a Pack function of their own.
func Packed() []Type {
	return slices.DeleteFunc(slices.Clone(Types), func(t Type) bool {
		return t.Fields == nil || t.Columns == 1 || t.Packer().Name != t.Name
	})
}

// F16 are the places of a block's f16 scales and minima in a file.
func (t Type) F16() []int {
	at := t.Scales
	for _, f := range t.Fields {
		if f.Width == 2 && slices.Contains([]string{"d", "dmin", "m"}, f.Name) {
			at = append(at, f.Offset)
		}
	}
	return at
}
