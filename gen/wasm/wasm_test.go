package wasm

import (
	"bytes"
	"testing"
)

// Numbers are encoded as the specification's examples and the edges of lengths.
func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		n    int64
		want []byte
	}{
		{0, []byte{0}}, {63, []byte{0x3f}}, {64, []byte{0xc0, 0}}, {-1, []byte{0x7f}}, {-64, []byte{0x40}},
		{-65, []byte{0xbf, 0x7f}}, {-123456, []byte{0xc0, 0xbb, 0x78}}, {1<<31 - 1, []byte{0xff, 0xff, 0xff, 0xff, 0x07}},
	} {
		if got := sleb(nil, c.n); !bytes.Equal(got, c.want) {
			t.Errorf("%d: got % x, want % x", c.n, got, c.want)
		}
	}
}

// A module is what the specification says, byte by byte.
func TestModule(t *testing.T) {
	m := NewModule(Plain)
	f := m.Func("sum", []Type{I32, I32}, I32)
	f.While(f.Arg(1), 4, func() { f.Store(f.Arg(0).Expr, 16, F32x4Add(f.Load(f.Arg(0).Expr, 0), Float(1))) })
	f.Return(f.Let(Const(3)).Expr)
	m.Export("sum", f)
	want := []byte("\x00asm\x01\x00\x00\x00" +
		"\x00\x06\x05chord" +
		"\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f" +
		"\x02\x11\x01\x05chord\x06memory\x02\x00\x00" +
		"\x03\x02\x01\x00" +
		"\x07\x07\x01\x03sum\x00\x00" +
		"\x0a\x44\x01\x42\x01\x01\x7f" +
		"\x02\x40\x03\x40" + // block, loop
		"\x20\x01\x41\x04\x48\x0d\x01" + // n < 4: leave
		"\x20\x00\x20\x00\xfd\x00\x00\x00" +
		"\xfd\x0c\x00\x00\x80\x3f\x00\x00\x80\x3f\x00\x00\x80\x3f\x00\x00\x80\x3f\xfd\xe4\x01" +
		"\xfd\x0b\x00\x10" +
		"\x20\x01\x41\x7c\x6a\x21\x01\x0c\x00\x0b\x0b" + // n -= 4, again
		"\x41\x03\x21\x02\x20\x02\x0f\x0b")
	if got := m.Bytes(""); !bytes.Equal(got, want) {
		t.Errorf("got\n% x, want\n% x", got, want)
	}
}

// What would not be valid cannot be written.
func TestPanics(t *testing.T) {
	m := NewModule(Memory64)
	f := m.Func("f", []Type{I32, m.Ptr, F32}, I32)
	n, p, x := f.Arg(0), f.Arg(1), f.Arg(2)
	for name, write := range map[string]func(){
		"operands of two types": func() { Add(n.Expr, p.Expr) },
		"a float as an integer": func() { Add(x.Expr, x.Expr) },
		"an address of 32 bits": func() { f.Load(n.Expr, 0) },
		"a negative offset":     func() { f.Load(p.Expr, -1) },
		"another type set":      func() { f.Set(n, x.Expr) },
		"a vector of a number":  func() { F32x4Add(x.Expr, x.Expr) },
		"no result":             func() { f.Return() },
		"a float returned":      func() { f.Return(x.Expr) },
		"too few arguments":     func() { f.Run(f, n.Expr) },
		"an atomic between":     func() { f.AtomicLoad(p.Expr, 2) },
		"two exports":           func() { m.Export("f", f); m.Export("f", f) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			write()
		})
	}
}

// Addresses of 64 bits are of the second memory, those of 32 bits of the first.
func TestFar(t *testing.T) {
	m := NewModule(Far)
	f := m.Func("f", []Type{I32, I64})
	near, far := f.Arg(0).Expr, f.Arg(1).Expr
	f.Store(near, 1, f.Load(far, 300))
	f.CopyFar(far, near, Const(5))
	f.CopyNear(near, far, Narrow(f.At(far, near, 3)))
	f.Drop(f.GrowFar(Const64(1)))
	want := []byte("\x00" +
		"\x20\x00\x20\x01\xfd\x00\x40\x01\xac\x02\xfd\x0b\x00\x01" +
		"\x20\x01\x20\x00\x41\x05\xfc\x0a\x01\x00" +
		"\x20\x00\x20\x01\x20\x01\x20\x00\xad\x42\x03\x7e\x7c\xa7\xfc\x0a\x00\x01" +
		"\x42\x01\x40\x01\x1a\x0b")
	if got := f.body(); !bytes.Equal(got, want) {
		t.Errorf("got\n% x, want\n% x", got, want)
	}
	memories := []byte("\x02\x05chord\x06memory\x02\x03\x00\x80\x80\x04\x05chord\x07weights\x02\x07\x00\x80\x80\x10")
	if got := m.imports(); !bytes.Equal(got, memories) {
		t.Errorf("imports: got\n% x, want\n% x", got, memories)
	}
}

// Variables of a scope are given back, and no others.
func TestScope(t *testing.T) {
	f := NewModule(Plain).Func("f", []Type{I32})
	kept := f.Local(V128)
	var first, second Var
	f.Scope(func() { first = f.Local(V128) })
	f.Scope(func() { second = f.Local(V128) })
	if other := f.Local(I32); first.index != second.index || first.index == kept.index || other.index == first.index {
		t.Errorf("kept %d, in scopes %d and %d, of another type %d", kept.index, first.index, second.index, other.index)
	}
}

// A constant that a function keeps is computed once, before everything else.
func TestVec(t *testing.T) {
	f := NewModule(Plain).Func("f", nil)
	f.Set(f.Local(V128), F32x4Add(f.Vec(1), V128Not(f.Vec(1))))
	f.Set(f.Local(V128), f.Vec(1, 2))
	body := f.body()
	if n := bytes.Count(body, []byte{0xfd, 12}); n != 2 || bytes.Count(body, Bits(1).code) != 1 || !bytes.HasPrefix(body[len(body)-len(f.code)-1-2*(18+2):], Bits(1).code) {
		t.Errorf("%d constants: % x", n, body)
	}
}
