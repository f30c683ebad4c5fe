package quant_test

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/quant"
)

func TestTypesAsGGML(t *testing.T) {
	o := readOracle(t)
	for name, want := range o.Types {
		typ, err := quant.ParseType(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := [3]int{int(typ), typ.BlockElems(), typ.BlockBytes()}; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
		if !strings.EqualFold(typ.String(), name) {
			t.Errorf("%s: named %s", name, typ)
		}
	}
	for _, typ := range types(quant.Type.Known) {
		named := func(name string) bool { return strings.EqualFold(name, typ.String()) }
		if !slices.ContainsFunc(slices.Collect(maps.Keys(o.Types)), named) {
			t.Errorf("testdata/ggml.json: types lacks %s", typ)
		}
	}
}

func TestTypeUnknown(t *testing.T) {
	for _, typ := range []quant.Type{4, 5, 31, 33, 38, 43, 99, math.MaxUint32} {
		if typ.Known() || typ.BlockElems() != 0 || typ.BlockBytes() != 0 {
			t.Errorf("%s is known", typ)
		}
		if quant.CanDequantize(typ) || quant.CanQuantize(typ) {
			t.Errorf("%s can be dequantised or quantised", typ)
		}
		if _, err := typ.RowBytes(32); err == nil {
			t.Errorf("%s: RowBytes gives no error", typ)
		}
	}
	if got := quant.Type(99).String(); got != "type(99)" {
		t.Errorf("got %q, want type(99)", got)
	}
	for _, name := range []string{"", "Q4_2", "Q4_K_M", "type(99)", " F32"} {
		if typ, err := quant.ParseType(name); err == nil {
			t.Errorf("ParseType(%q) = %s, want an error", name, typ)
		}
	}
}

func TestRowBytes(t *testing.T) {
	for _, c := range []struct {
		name string
		typ  quant.Type
		n    int
		want int // -1: an error
	}{
		{"nothing", quant.Q4_0, 0, 0},
		{"one block", quant.Q4_0, 32, 18},
		{"many blocks", quant.Q6_K, 4096, 3360},
		{"float", quant.F32, 7, 28},
		{"not a multiple", quant.Q4_0, 33, -1},
		{"less than a block", quant.Q4_K, 32, -1},
		{"negative", quant.Q4_0, -32, -1},
		{"overflow", quant.F64, math.MaxInt/8 + 1, -1},
		{"overflow of 64 bits", quant.Q8_K, math.MaxInt / 256 * 256, -1},
		{"largest", quant.I8, math.MaxInt, math.MaxInt},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.typ.RowBytes(c.n)
			if err != nil {
				got = -1
			}
			if got != c.want {
				t.Errorf("%s: RowBytes(%d) = %d, %v, want %d", c.typ, c.n, got, err, c.want)
			}
		})
	}
}

func TestX16(t *testing.T) {
	x := quant.Q4_K.X16()
	if base, ok := x.Base(); base != quant.Q4_K || !ok {
		t.Errorf("Base of the interleaved Q4_K: got %v %v", base, ok)
	}
	if base, ok := quant.Q4_K.Base(); base != quant.Q4_K || ok {
		t.Errorf("Base of Q4_K: got %v %v", base, ok)
	}
	if x.String() != "Q4_K_X16" || !x.Known() || x.BlockElems() != 256 || x.BlockBytes() != 144 {
		t.Errorf("got %v known=%v %d elements in %d bytes", x, x.Known(), x.BlockElems(), x.BlockBytes())
	}
	if quant.CanDequantize(x) || quant.CanQuantize(x) {
		t.Error("an interleaved block was taken for one row's")
	}
	if u := quant.Type(99).X16(); u.Known() || u.String() != "type(1128792163)" {
		t.Errorf("the interleaved form of no type: %v known=%v", u, u.Known())
	}
}
