package sessionfile

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	"github.com/querent-ai/chord/gguf"
)

// A Fingerprint tells models apart.
type Fingerprint [sha256.Size]byte

// samples and sampleBytes say how much of a tensor's data a fingerprint reads:
// enough to tell fine-tunes of a model apart, too little to take time.
const samples, sampleBytes = 16, 256

// Of returns the fingerprint of the model in f: of the names, types, shapes and
// samples of the data of its tensors, and of the hyperparameters.
func Of(f *gguf.File, arch string, vocab int) (Fingerprint, error) {
	h := sha256.New()
	for _, kv := range f.KV {
		if strings.HasPrefix(kv.Key, arch+".") || kv.Key == "general.architecture" {
			fmt.Fprintf(h, "%s=%v\n", kv.Key, kv.Value)
		}
	}
	for i := range f.Tensors {
		t := &f.Tensors[i]
		fmt.Fprintf(h, "%s %v %v\n", t.Name, t.Type, t.Shape)
		r := f.Reader(t)
		for k := range int64(samples) {
			at := (r.Size() - sampleBytes) / samples * k
			if _, err := io.Copy(h, io.NewSectionReader(r, max(at, 0), sampleBytes)); err != nil {
				return Fingerprint{}, fmt.Errorf("tensor %q: %w", t.Name, err)
			}
		}
	}
	fmt.Fprintln(h, vocab)
	return Fingerprint(h.Sum(nil)), nil
}
