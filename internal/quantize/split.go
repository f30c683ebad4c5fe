package quantize

import "github.com/querent-ai/chord/gguf"

// The keys of split files.
const (
	keySplitNo      = "split.no"
	keySplitCount   = "split.count"
	keySplitTensors = "split.tensors.count"
)

// WithoutSplit returns a copy of kv without the keys of a split file.
func WithoutSplit(kv []gguf.KV) []gguf.KV {
	var out []gguf.KV
	for _, e := range kv {
		if e.Key != keySplitNo && e.Key != keySplitCount && e.Key != keySplitTensors {
			out = append(out, e)
		}
	}
	return out
}

// SplitKeys returns the keys of part no, counted from 0, of count, of a model
// with this many tensors.
func SplitKeys(no, count, tensors int) []gguf.KV {
	return []gguf.KV{
		{Key: keySplitNo, Value: uint16(no)},
		{Key: keySplitCount, Value: uint16(count)},
		{Key: keySplitTensors, Value: int32(tensors)},
	}
}
