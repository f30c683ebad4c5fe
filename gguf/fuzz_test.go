package gguf

import (
	"runtime/metrics"
	"testing"
)

// FuzzRead wants any bytes to be an error or a sound file, and memory in proportion
// to their number.
func FuzzRead(f *testing.F) {
	for version := uint32(1); version <= 3; version++ {
		f.Add(everything(version).b)
		f.Add(buildVersion(version, 0, 0).b)
	}
	f.Add(oneTensor("t", i8, 0, 64))
	f.Add(oneKey().key("k", ARRAY).array(ARRAY, 1).array(STRING, 1).text("s").b)
	f.Fuzz(func(t *testing.T, file []byte) {
		var sample [1]metrics.Sample
		before := heapBytes(sample[:])
		g, err := parse(bytesSource("fuzz.gguf", file))
		if n := heapBytes(sample[:]) - before; n > mostFor(len(file))+1<<20 { // other goroutines of the fuzzer allocate too
			t.Fatalf("%d bytes allocated for a file of %d", n, len(file))
		}
		if err != nil {
			return
		}
		if err := checkSound(g, int64(len(file))); err != nil {
			t.Fatal(err)
		}
		if err := checkRewrite(g); err != nil {
			t.Fatal(err)
		}
	})
}
