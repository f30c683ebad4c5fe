package quant

import "testing"

func TestX16(t *testing.T) {
	x := Q4_K.X16()
	if base, ok := x.Base(); base != Q4_K || !ok {
		t.Errorf("Base of the interleaved Q4_K: got %v %v", base, ok)
	}
	if base, ok := Q4_K.Base(); base != Q4_K || ok {
		t.Errorf("Base of Q4_K: got %v %v", base, ok)
	}
	if x.String() != "Q4_K_X16" || !x.Known() || x.BlockElems() != 256 || x.BlockBytes() != 144 {
		t.Errorf("got %v known=%v %d elements in %d bytes", x, x.Known(), x.BlockElems(), x.BlockBytes())
	}
	if CanDequantize(x) || CanQuantize(x) {
		t.Error("an interleaved block was taken for one row's")
	}
	if u := Type(99).X16(); u.Known() || u.String() != "type(1128792163)" {
		t.Errorf("the interleaved form of no type: %v known=%v", u, u.Known())
	}
}
