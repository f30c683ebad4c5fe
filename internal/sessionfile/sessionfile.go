// Package sessionfile reads and writes the tokens of a session. A file is,
// little-endian:
//
//	"chordses" | version u32 | fingerprint [32]u8 | tokens u64 | tokens [n]i32 | CRC-32C of all before u32
//
// It has the tokens and no caches: what they give is the same to the bit wherever
// they are read again.
package sessionfile

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
)

const (
	magic   = "chordses"
	version = 1
	head    = len(magic) + 4 + len(Fingerprint{}) + 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrMismatch is the error of a file of another model.
var ErrMismatch = llama.ErrMismatch

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

// Write writes the tokens of a session with the model of p to w.
func Write(w io.Writer, p Fingerprint, ids []int32) (int64, error) {
	b := make([]byte, 0, head+4*len(ids)+4)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = append(b, p[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(ids)))
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	n, err := w.Write(b)
	return int64(n), err
}

// Read returns the tokens that r has of a session with the model of p, at most so
// many. Errors wrap [gguf.ErrFormat], [llama.ErrUnsupported], [ErrMismatch] or
// [llama.ErrContextFull], or are r's.
func Read(r io.Reader, p Fingerprint, most int) ([]int32, error) {
	b := make([]byte, head)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, short(err)
	}
	v := binary.LittleEndian.Uint32(b[len(magic):])
	n := binary.LittleEndian.Uint64(b[head-8:])
	switch {
	case string(b[:len(magic)]) != magic:
		return nil, fmt.Errorf("chord: session: it does not begin with %q: %w", magic, gguf.ErrFormat)
	case v != version:
		return nil, fmt.Errorf("chord: session: version %d, this one reads %d: %w", v, version, llama.ErrUnsupported)
	case Fingerprint(b[len(magic)+4:head-8]) != p:
		return nil, fmt.Errorf("chord: session: %w", ErrMismatch)
	case n > uint64(most):
		return nil, fmt.Errorf("chord: session of %d tokens, context of %d: %w", n, most, llama.ErrContextFull)
	}
	body := make([]byte, 4*n+4)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, short(err)
	}
	sum := crc32.Update(crc32.Checksum(b, castagnoli), castagnoli, body[:4*n])
	if sum != binary.LittleEndian.Uint32(body[4*n:]) {
		return nil, fmt.Errorf("chord: session: the checksum does not fit: it was damaged: %w", gguf.ErrFormat)
	}
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(binary.LittleEndian.Uint32(body[4*i:]))
	}
	return ids, nil
}

// short is the error of a file that ends too soon, or the reader's.
func short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("chord: session: it was cut short: %w", gguf.ErrFormat)
	}
	return err
}
