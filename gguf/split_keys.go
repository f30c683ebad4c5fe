package gguf

// The keys of split files.
const (
	keySplitNo      = "split.no"
	keySplitCount   = "split.count"
	keySplitTensors = "split.tensors.count"
)

// WithoutSplit returns a copy of kv without the keys of a split file.
func WithoutSplit(kv []KV) []KV {
	var out []KV
	for _, e := range kv {
		if e.Key != keySplitNo && e.Key != keySplitCount && e.Key != keySplitTensors {
			out = append(out, e)
		}
	}
	return out
}

// SplitKeys returns the keys of part no, counted from 0, of count, of a model
// with this many tensors.
func SplitKeys(no, count, tensors int) []KV {
	return []KV{
		{Key: keySplitNo, Value: uint16(no)},
		{Key: keySplitCount, Value: uint16(count)},
		{Key: keySplitTensors, Value: int32(tensors)},
	}
}
