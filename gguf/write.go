package gguf

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"unicode/utf8"

	"github.com/querent-ai/chord/quant"
)

// A WriteTensor is a tensor for [Write].
type WriteTensor struct {
	Name  string
	Type  quant.Type
	Shape []uint64 // GGUF's order, fastest first

	// Data writes the tensor's bytes, in the layout of Type, in any number of
	// pieces. Write calls it once, after the tensors before it.
	Data func(w io.Writer) error
}

// Write writes a GGUF file, version 3, to w: the keys and the tensors in their
// order, tensor data aligned to general.alignment if kv has it and to 32 bytes
// otherwise, each tensor followed by zeros up to the alignment. It needs memory
// for the metadata only.
//
// The keys and tensors must keep to the rules of the reader: errors about them
// are returned before anything is written and wrap [ErrFormat], as does the error
// about a Data that writes too much or too little. Errors of w and of Data are
// returned with the tensor's name.
func Write(w io.Writer, kv []KV, tensors []WriteTensor) error {
	header, sizes, align, err := metadata(kv, tensors)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if _, err := out.Write(header); err != nil {
		return fmt.Errorf("gguf: writing metadata: %w", err)
	}
	for i, t := range tensors {
		if err := writeData(out, t, sizes[i], align); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("gguf: writing: %w", err)
	}
	return nil
}

// Metadata returns the bytes that [Write] would write before the first tensor's
// data, and how many it would write in all. It errs as Write does before
// anything is written.
func Metadata(kv []KV, tensors []WriteTensor) (header []byte, size int64, err error) {
	header, sizes, align, err := metadata(kv, tensors)
	if err != nil {
		return nil, 0, err
	}
	size = int64(len(header))
	for _, n := range sizes {
		size += n + int64(padding(uint64(n), align))
	}
	return header, size, nil
}

// metadata returns what comes before the data, the tensors' sizes and the
// alignment.
func metadata(kv []KV, tensors []WriteTensor) (header []byte, sizes []int64, align uint64, err error) {
	if align, err = checkKV(kv); err != nil {
		return nil, nil, 0, err
	}
	if sizes, err = checkTensors(tensors); err != nil {
		return nil, nil, 0, err
	}
	if header, err = appendHeader(kv, tensors, sizes, align); err != nil {
		return nil, nil, 0, err
	}
	if len(tensors) > 0 {
		header = append(header, make([]byte, padding(uint64(len(header)), align))...)
	}
	return header, sizes, align, nil
}

// checkKV checks the keys and returns the alignment.
func checkKV(kv []KV) (align uint64, err error) {
	align = DefaultAlignment
	seen := make(map[string]bool, len(kv))
	for _, p := range kv {
		fault := ""
		switch {
		case len(p.Key) > MaxKey:
			fault = fmt.Sprintf("key of %d bytes, at most %d", len(p.Key), MaxKey)
		case p.Key == "" || !utf8.ValidString(p.Key):
			fault = "key is empty or not UTF-8"
		case seen[p.Key]:
			fault = "a second time"
		}
		seen[p.Key] = true
		if p.Key == keyAlignment && fault == "" {
			if align, err = alignment(p.Value); err != nil {
				fault = err.Error()
			}
		}
		if fault != "" {
			return 0, &formatError{subject: subject("key", p.Key), what: fault, at: -1}
		}
	}
	if len(kv) > MaxKV {
		return 0, &formatError{what: fmt.Sprintf("%d keys, at most %d", len(kv), MaxKV), at: -1}
	}
	return align, nil
}

// checkTensors checks the tensors and returns their sizes in bytes.
func checkTensors(tensors []WriteTensor) ([]int64, error) {
	sizes := make([]int64, len(tensors))
	seen := make(map[string]bool, len(tensors))
	for i, t := range tensors {
		fault := checkName(t.Name)
		switch {
		case fault != "":
		case seen[t.Name]:
			fault = "a second time"
		case len(t.Shape) > MaxDims:
			fault = fmt.Sprintf("%d dimensions, at most %d", len(t.Shape), MaxDims)
		default:
			sizes[i], fault = tensorSize(t.Type, t.Shape)
		}
		seen[t.Name] = true
		if fault != "" {
			return nil, &formatError{subject: subject("tensor", t.Name), what: fault, at: -1}
		}
	}
	if len(tensors) > MaxTensors {
		return nil, &formatError{what: fmt.Sprintf("%d tensors, at most %d", len(tensors), MaxTensors), at: -1}
	}
	return sizes, nil
}

// appendHeader returns everything before the padding that precedes the data.
func appendHeader(kv []KV, tensors []WriteTensor, sizes []int64, align uint64) ([]byte, error) {
	le := binary.LittleEndian
	b := le.AppendUint32([]byte("GGUF"), 3)
	b = le.AppendUint64(b, uint64(len(tensors)))
	b = le.AppendUint64(b, uint64(len(kv)))
	for _, p := range kv {
		t, _ := TypeOf(p.Value)
		b = le.AppendUint32(appendString(b, p.Key), uint32(t))
		var err error
		if b, err = appendValue(b, p.Value, 1); err != nil {
			return nil, &formatError{subject: subject("key", p.Key), what: err.Error(), at: -1}
		}
	}
	offset := uint64(0)
	for i, t := range tensors {
		b = le.AppendUint32(appendString(b, t.Name), uint32(len(t.Shape)))
		for _, d := range t.Shape {
			b = le.AppendUint64(b, d)
		}
		b = le.AppendUint64(le.AppendUint32(b, uint32(t.Type)), offset)
		offset += uint64(sizes[i]) // below 2^63 each, so an overflow of the sum is detected
		offset += padding(offset, align)
		if offset > math.MaxInt64-maxHeader-MaxAlignment {
			return nil, &formatError{subject: subject("tensor", t.Name), what: "the file would exceed 2^63 bytes", at: -1}
		}
	}
	if len(b) > maxHeader {
		return nil, &formatError{what: fmt.Sprintf("%d bytes of metadata, at most %d", len(b), maxHeader), at: -1}
	}
	return b, nil
}
