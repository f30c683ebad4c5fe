package gguf

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/metrics"
	"testing"
)

// heapBytes returns the heap bytes allocated so far. It is quick, and counts large
// allocations at once, small ones only when a span of them is full.
func heapBytes(sample []metrics.Sample) uint64 {
	sample[0].Name = "/gc/heap/allocs:bytes"
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// mostFor bounds what reading a file of n bytes may allocate: a few words for
// the smallest entry, which has a dozen bytes, and twice for growing slices.
func mostFor(n int) uint64 { return 16*uint64(n) + 8<<10 }

// tryOpen reads a file that may be malformed: it must be an error or sound. It
// returns the file if it is sound.
func tryOpen(t *testing.T, what string, file []byte) *File {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("%s: panic: %v", what, p)
		}
	}()
	var sample [1]metrics.Sample
	before := heapBytes(sample[:])
	f, err := parse(bytesSource("m.gguf", file))
	if heapBytes(sample[:])-before > mostFor(len(file)) {
		before := totalAlloc() // exact, and a hundred times slower
		f, err = parse(bytesSource("m.gguf", file))
		if n := totalAlloc() - before; n > mostFor(len(file)) {
			t.Fatalf("%s: %d bytes allocated for a file of %d", what, n, len(file))
		}
	}
	if err != nil {
		return nil
	}
	if err := checkSound(f, int64(len(file))); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return f
}

// smallModel is a valid file of 5 to 20 KB, mostly data.
func smallModel(t testing.TB) []byte {
	tensors := someTensors()
	tensors = append(tensors, WriteTensor{"output.weight", 8, []uint64{32, 160}, pieces(fill(5440, 9), 999)})
	b := mustWrite(t, everyType(), tensors)
	if len(b) < 5<<10 || len(b) > 20<<10 {
		t.Fatalf("the model has %d bytes", len(b))
	}
	return b
}

// A truncated file opens only if nothing but padding is missing.
func TestEveryTruncationIsAnError(t *testing.T) {
	file := smallModel(t)
	for n := range file {
		f := tryOpen(t, fmt.Sprintf("first %d bytes", n), file[:n])
		if f != nil && n < len(file)-DefaultAlignment {
			t.Fatalf("first %d of %d bytes opened", n, len(file))
		}
		g, err := readBytes(file[:n])
		if (g == nil) != (f == nil) {
			t.Fatalf("first %d bytes: read in steps: %v", n, err)
		}
	}
}

// Every byte of the metadata takes every value; every byte of the data takes one.
func TestEveryByteChanged(t *testing.T) {
	file := smallModel(t)
	f, err := readBytes(file)
	if err != nil {
		t.Fatal(err)
	}
	const promised = 300_000 // files, as README says
	tried := 0
	for at := range file {
		was := file[at]
		steps := 255
		if int64(at) >= f.Parts[0].DataOffset {
			steps = 1
		} else if testing.Short() {
			steps = 16
		}
		for k := 1; k <= steps; k++ {
			file[at] = was + byte(k*(255/steps))
			tryOpen(t, fmt.Sprintf("byte %d = %d", at, file[at]), file)
			tried++
		}
		file[at] = was
	}
	if tried <= promised && !testing.Short() {
		t.Errorf("%d files, want more than %d", tried, promised)
	}
}

// edges are numbers that readers often get wrong.
func edges(size int) []uint64 {
	n := uint64(size)
	return []uint64{
		0, 1, math.MaxUint64, 1 << 31, 1<<31 - 1, 1 << 32, 1<<32 - 1, 1 << 63, 1<<63 - 1, 1 << 60, 1 << 61, 1 << 62,
		n, n - 1, n + 1, 7, 8, 9, 10, 12, 13, 64, math.MaxUint64 - 7,
	}
}

func TestEveryFieldAtItsEdges(t *testing.T) {
	for version := uint32(1); version <= 3; version++ {
		b := everything(version)
		if f, err := readBytes(b.b); err != nil || checkSound(f, int64(len(b.b))) != nil {
			t.Fatalf("version %d: the file itself is wrong: %v", version, err)
		}
		for _, m := range b.marks {
			for _, v := range edges(len(b.b)) {
				file := bytes.Clone(b.b)
				m.set(file, v)
				what := fmt.Sprintf("version %d, %d bytes at %d = %d", version, m.width, m.at, v)
				if f := tryOpen(t, what, file); f != nil {
					if err := checkRewrite(f); err != nil {
						t.Fatalf("%s: %v", what, err)
					}
				}
			}
		}
	}
}

// set writes v at the mark, or its low bytes if the mark is narrower.
func (m mark) set(file []byte, v uint64) {
	for i := range m.width {
		file[m.at+i] = byte(v >> (8 * i))
	}
}

// Files with several changed numbers, truncated at random.
func TestRandomDamage(t *testing.T) {
	count := 30_000
	if testing.Short() {
		count = 3_000
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range count {
		b := everything(uint32(i%3) + 1)
		for range 1 + rng.IntN(3) {
			m := b.marks[rng.IntN(len(b.marks))]
			e := edges(len(b.b))
			v := e[rng.IntN(len(e))]
			if rng.IntN(2) == 0 {
				v = uint64(rng.IntN(300))
			}
			m.set(b.b, v)
		}
		if rng.IntN(4) == 0 {
			b.b = b.b[:rng.IntN(len(b.b))]
		}
		tryOpen(t, fmt.Sprintf("file %d", i), b.b)
	}
}
