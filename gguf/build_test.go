package gguf

import "encoding/binary"

// A builder writes GGUF files field by field, valid or not, and keeps where every
// number of the structure is.
type builder struct {
	b       []byte
	version uint32
	marks   []mark
}

// A mark is a number of the structure: a type, a count, a length, an offset.
type mark struct{ at, width int }

// build starts a file of version 3.
func build(tensors, keys uint64) *builder { return buildVersion(3, tensors, keys) }

// buildVersion starts a file of this version.
func buildVersion(version uint32, tensors, keys uint64) *builder {
	b := &builder{b: []byte("GGUF"), version: version}
	return b.u32(version).length(tensors).length(keys)
}

func (b *builder) u32(v uint32) *builder {
	b.marks = append(b.marks, mark{len(b.b), 4})
	b.b = binary.LittleEndian.AppendUint32(b.b, v)
	return b
}

func (b *builder) u64(v uint64) *builder {
	b.marks = append(b.marks, mark{len(b.b), 8})
	b.b = binary.LittleEndian.AppendUint64(b.b, v)
	return b
}

// length writes a count or a length, in 32 or 64 bits by the version.
func (b *builder) length(v uint64) *builder {
	if b.version == 1 {
		return b.u32(uint32(v))
	}
	return b.u64(v)
}

// raw writes bytes that are not a number of the structure.
func (b *builder) raw(p ...byte) *builder {
	b.b = append(b.b, p...)
	return b
}

// text writes a string with its length.
func (b *builder) text(s string) *builder { return b.length(uint64(len(s))).raw([]byte(s)...) }

// key writes a key and the type of its value.
func (b *builder) key(key string, t ValueType) *builder { return b.text(key).u32(uint32(t)) }

// array writes the type and length of an array.
func (b *builder) array(t ValueType, n uint64) *builder { return b.u32(uint32(t)).length(n) }

// align writes general.alignment.
func (b *builder) align(a uint32) *builder { return b.key(keyAlignment, UINT32).u32(a) }

// tensor writes an entry of the directory.
func (b *builder) tensor(name string, typ uint32, offset uint64, dims ...uint64) *builder {
	b.text(name).u32(uint32(len(dims)))
	for _, d := range dims {
		b.length(d)
	}
	return b.u32(typ).u64(offset)
}

// pad writes zeros up to a multiple of n.
func (b *builder) pad(n int) *builder {
	for len(b.b)%n != 0 {
		b.raw(0)
	}
	return b
}

// value writes a value as Write does, with lengths by the version.
func (b *builder) value(v any) *builder {
	elem, n, ok := ArrayOf(v)
	if !ok {
		if s, ok := v.(string); ok {
			return b.text(s)
		}
		return b.fixed(v)
	}
	b.array(elem, uint64(n))
	switch v := v.(type) {
	case []string:
		for _, s := range v {
			b.text(s)
		}
	case []any:
		for _, a := range v {
			b.value(a)
		}
	default:
		return b.fixed(v)
	}
	return b
}

// fixed writes numbers.
func (b *builder) fixed(v any) *builder {
	var err error
	if b.b, err = binary.Append(b.b, binary.LittleEndian, v); err != nil {
		panic(err)
	}
	return b
}

// everything is a valid file of this version, with every kind of value and some
// tensors.
func everything(version uint32) *builder {
	kv := everyType()
	b := buildVersion(version, 3, uint64(len(kv)+1)).align(64)
	for _, p := range kv {
		t, _ := TypeOf(p.Value)
		b.key(p.Key, t).value(p.Value)
	}
	b.tensor("a", 0, 0, 4, 4)         // F32, 64 bytes
	b.tensor("b", 2, 128, 32, 3)      // Q4_0, 54 bytes, after a gap
	b.tensor("c", 24, 64, 1, 2, 3, 1) // I8, 6 bytes, before b
	return b.pad(64).raw(fill(128+54, 5)...)
}
