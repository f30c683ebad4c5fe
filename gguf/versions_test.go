package gguf

import (
	"fmt"
	"reflect"
	"testing"
)

// Versions 1 and 2 are read as version 3 is; version 1 has lengths of 32 bits.
func TestVersions(t *testing.T) {
	for version := uint32(1); version <= 3; version++ {
		f, err := readBytes(everything(version).b)
		if err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		want := append([]KV{{keyAlignment, uint32(64)}}, everyType()...)
		if !reflect.DeepEqual(want, f.KV) {
			t.Errorf("version %d: keys: got %v, want %v", version, f.KV, want)
		}
		got := ""
		for i := range f.Tensors {
			tn := &f.Tensors[i]
			got += fmt.Sprintf("%s %s +%d;", tn.Name, describe(tn), tn.Offset-f.Parts[0].DataOffset)
		}
		if want := "a F32 4x4 +0;b Q4_0 32x3 +128;c I8 1x2x3x1 +64;"; got != want || f.Version != version {
			t.Errorf("version %d: got version %d, %s, want %s", version, f.Version, got, want)
		}
	}
}
