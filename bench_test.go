package chord_test

import (
	"fmt"
	"testing"

	"github.com/querent-ai/chord"
)

// BenchmarkGenerate tells stories of 400 tokens with the embedded model; an
// operation is one token, the reading of the prompt shared among them. The
// weights, 2.6 MB, are in cache.
func BenchmarkGenerate(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("model=chord-tales-q4_0/threads=%d", threads), func(b *testing.B) {
			m := openTales(b, chord.Options{Threads: threads})
			defer m.Close()
			b.ReportAllocs()
			for left := b.N; left > 0; {
				n := min(left, 400)
				for _, err := range m.Generate(b.Context(), prompt, seeded(1, n)) {
					if err != nil {
						b.Fatal(err)
					}
				}
				left -= n
			}
		})
	}
}
