// Package gguf reads and writes GGUF, the container of ggml models: a header,
// typed keys, a directory of tensors, and the tensors' data.
//
// The reader takes files of unknown origin. It trusts no number in a file before
// it has compared it with the bytes that are there: no length alone decides how
// much is allocated, the multiplication of sizes is checked for overflow, and
// every tensor lies inside its file and overlaps no other. Memory for the
// metadata is a small multiple of its bytes, which are at most 256 MiB.
//
// Keys and values are copied; tensor data are views of the file. A file opened
// by path is mapped, so its data are what the file has at that moment: if
// another process cuts the file short while it is in use, functions that read
// its data return [ErrFault]. Only for bytes from [File.Data] is the caller
// responsible: reading one that the file has lost is a fault
// ([runtime/debug.SetPanicOnFault]). Files from an [io.ReaderAt] are read on
// demand.
package gguf

import "github.com/querent-ai/chord/quant"

// Limits of the reader and the writer. MaxDims and MaxName are ggml's; the
// others are far above what any model has.
const (
	MaxDims      = 4         // dimensions of a tensor
	MaxName      = 63        // bytes of a tensor's name
	MaxKey       = 65535     // bytes of a key
	MaxNesting   = 8         // arrays within arrays
	MaxKV        = 1 << 20   // keys of a file
	MaxTensors   = 1 << 20   // tensors of a file
	MaxAlignment = 1 << 20   // general.alignment
	maxHeader    = 256 << 20 // bytes before the data
)

// DefaultAlignment is the alignment of a file without general.alignment.
const DefaultAlignment = 32

// A File is an open GGUF file, or all parts of a split one as if they were one.
// All methods except Close and Override are safe for concurrent use; nothing in
// it may be written to.
type File struct {
	Version   uint32   // 1, 2 or 3
	Alignment uint64   // general.alignment, bytes; of the first part
	KV        []KV     // in the file's order; of a split file, the first part's
	Tensors   []Tensor // in the file's order, part after part
	Parts     []Part   // one, or in order those of a split file

	sources []*source
	keys    map[string]int // index in KV
	tensors map[string]int // index in Tensors
	at      []int64        // byte at which KV[i]'s value begins, for errors
	entries []int64        // bytes at which the directory's entries of the first part begin, for errors
}

// A KV is one key and its value. The value's Go type is that of its GGUF type:
//
//	UINT8 … UINT64, INT8 … INT64  uint8 … uint64, int8 … int64
//	FLOAT32, FLOAT64              float32, float64
//	BOOL, STRING                  bool, string
//	ARRAY of one of these         []uint8, …, []bool, []string
//	ARRAY of ARRAY                []any, each element a slice of this list
//
// A BOOL is true if its byte is not 0. STRING is kept as it is, valid UTF-8 or not.
type KV struct {
	Key   string
	Value any
}

// A Tensor is one entry of the directory.
type Tensor struct {
	Name   string
	Type   quant.Type
	Shape  []uint64 // GGUF's order, fastest first: (columns, rows, …); empty for a scalar
	Part   int      // index in File.Parts
	Offset int64    // of the first byte, from the start of the part
	Size   int64    // bytes, without padding
}

// A Part is one file on disk.
type Part struct {
	Name       string // as opened; "" if from an io.ReaderAt without a name
	Size       int64  // bytes
	DataOffset int64  // where tensor data begin; beyond Size if there are none
}

// Elems returns the number of elements of t.
func (t *Tensor) Elems() int64 {
	n := int64(1)
	for _, d := range t.Shape {
		n *= int64(d) // checked when t was read
	}
	return n
}

// Tensor returns the tensor called name.
func (f *File) Tensor(name string) (*Tensor, bool) {
	i, ok := f.tensors[name]
	if !ok {
		return nil, false
	}
	return &f.Tensors[i], true
}
