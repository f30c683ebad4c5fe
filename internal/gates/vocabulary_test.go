package gates

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
)

// vocabulary returns file with only the first n tokens and no tokenizer: synth's
// vocabularies have at least 259 tokens.
func vocabulary(b *testing.B, file []byte, n int) []byte {
	f, err := gguf.OpenReaderAt(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	kv := slices.DeleteFunc(slices.Clone(f.KV), func(kv gguf.KV) bool { return strings.HasPrefix(kv.Key, "tokenizer.") })
	for i := range kv {
		if kv[i].Key == "llama.vocab_size" {
			kv[i].Value = uint32(n)
		}
	}
	var tensors []gguf.WriteTensor
	for i := range f.Tensors {
		t := &f.Tensors[i]
		data, err := f.Data(t)
		if err != nil {
			b.Fatal(err)
		}
		shape := slices.Clone(t.Shape)
		if t.Name == "token_embd.weight" || t.Name == "output.weight" {
			data, shape[1] = data[:len(data)/int(shape[1])*n], uint64(n)
		}
		tensors = append(tensors, gguf.WriteTensor{Name: t.Name, Type: t.Type, Shape: shape,
			Data: func(w io.Writer) error { _, err := w.Write(data); return err }})
	}
	var cut bytes.Buffer
	if err := gguf.Write(&cut, kv, tensors); err != nil {
		b.Fatal(err)
	}
	return cut.Bytes()
}
