package grammar

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

// BenchmarkMaskBench compiles the schemas of MaskBench and goes through their
// instances token by token, with Llama 3's vocabulary and one goroutine, as
// MaskBench does: a new grammar for every instance, the time of a mask with that
// of going on to the next token.
func BenchmarkMaskBench(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	v := llama3(b)
	files := benchFiles(b)
	mask := make([]uint64, v.Words())
	for b.Loop() {
		var masks, compiles []time.Duration
		for _, f := range files {
			for _, c := range f.Tests {
				start := now()
				g, err := JSONSchema(f.Schema)
				if err != nil {
					break
				}
				compiles = append(compiles, now()-start)
				m := g.NewMatcher(v.Vocab)
				for _, id := range append(v.cut(dump(b, c.Data)), v.eos) {
					start := now()
					m.Mask(mask)
					ok := allowed(mask, id)
					if ok {
						ok = m.Accept(id) == nil
					}
					masks = append(masks, now()-start)
					if !ok {
						break
					}
				}
			}
		}
		report(b, "mask", masks)
		report(b, "compile", compiles)
	}
	b.ReportMetric(0, "ns/op")
}

func report(b *testing.B, name string, d []time.Duration) {
	slices.Sort(d)
	sum := time.Duration(0)
	for _, x := range d {
		sum += x
	}
	us := func(x time.Duration) float64 { return float64(x.Nanoseconds()) / 1000 }
	b.ReportMetric(us(sum)/float64(len(d)), name+"-mean-µs")
	b.ReportMetric(us(d[len(d)/2]), name+"-p50-µs")
	b.ReportMetric(us(d[len(d)*99/100]), name+"-p99-µs")
	b.ReportMetric(us(d[len(d)-1]), name+"-max-µs")
}
