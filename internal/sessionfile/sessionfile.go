// Package sessionfile reads and writes sessions. A file is, little-endian:
//
//	"chordses" | version u32 | fingerprint [32]u8 | cache [32]u8 | long u32
//	chunks u32 | tokens u64 | tokens [n]i32 | CRC-32C of all before u32
//	chunks × a record of package kvdisk
//
// The records have the key/value cache of the first tokens, in order. They are of
// use only if cache, [llama.Model.CacheID], is the reader's; else, and for the other
// tokens, the cache is computed again, which gives the same to the bit wherever that
// is done.
package sessionfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/kvcache"
	"github.com/querent-ai/chord/internal/kvdisk"
	"github.com/querent-ai/chord/llama"
)

const (
	magic   = "chordses"
	version = 2
	head    = len(magic) + 4 + len(Fingerprint{}) + len(CacheID{}) + 4 + 4 + 8
	// mostChunkTokens and mostParts bound records that are of no use here.
	mostChunkTokens, mostParts = 1 << 12, 1 << 16
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrMismatch is the error of a file of another model.
var ErrMismatch = llama.ErrMismatch

// A CacheID is that of [llama.Model.CacheID].
type CacheID [32]byte

// A Header is what a file has before its records.
type Header struct {
	Model  Fingerprint
	Cache  CacheID
	Long   bool // the cache was computed as that of a long sequence
	Chunks int  // records
	IDs    []int32
}

// Write writes h.
func (h *Header) Write(w io.Writer) (int64, error) {
	b := make([]byte, 0, head+4*len(h.IDs)+4)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = append(b, h.Model[:]...)
	b = append(b, h.Cache[:]...)
	long := uint32(0)
	if h.Long {
		long = 1
	}
	b = binary.LittleEndian.AppendUint32(b, long)
	b = binary.LittleEndian.AppendUint32(b, uint32(h.Chunks))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(h.IDs)))
	for _, id := range h.IDs {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	n, err := w.Write(b)
	return int64(n), err
}

// Read reads the header of a session of at most most tokens with the model of p.
// Errors wrap [gguf.ErrFormat], [llama.ErrUnsupported], [ErrMismatch] or
// [llama.ErrContextFull], or are r's.
func Read(r io.Reader, p Fingerprint, most int) (*Header, error) {
	b := make([]byte, head)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, short(err)
	}
	rest := b[len(magic):]
	v := binary.LittleEndian.Uint32(rest)
	h := &Header{Model: Fingerprint(rest[4:36]), Cache: CacheID(rest[36:68])}
	long, chunks := binary.LittleEndian.Uint32(rest[68:]), binary.LittleEndian.Uint32(rest[72:])
	n := binary.LittleEndian.Uint64(rest[76:])
	switch {
	case string(b[:len(magic)]) != magic:
		return nil, fmt.Errorf("chord: session: it does not begin with %q: %w", magic, gguf.ErrFormat)
	case v != version:
		return nil, fmt.Errorf("chord: session: version %d, this one reads %d: %w", v, version, llama.ErrUnsupported)
	case h.Model != p:
		return nil, fmt.Errorf("chord: session: %w", ErrMismatch)
	case n > uint64(most):
		return nil, fmt.Errorf("chord: session of %d tokens, context of %d: %w", n, most, llama.ErrContextFull)
	case long > 1 || uint64(chunks) > n:
		return nil, fmt.Errorf("chord: session: %d chunks of %d tokens: %w", chunks, n, gguf.ErrFormat)
	}
	h.Long, h.Chunks = long == 1, int(chunks)
	var err error
	h.IDs, err = readIDs(r, b, int(n))
	return h, err
}

// readIDs reads n tokens and the checksum of b and them. Memory grows with what
// has been read.
func readIDs(r io.Reader, b []byte, n int) ([]int32, error) {
	const some = 1 << 12
	sum := crc32.Checksum(b, castagnoli)
	var ids []int32
	buf := make([]byte, 4*min(n, some)+4)
	for n > 0 {
		part := buf[:4*min(n, some)]
		if _, err := io.ReadFull(r, part); err != nil {
			return nil, short(err)
		}
		sum = crc32.Update(sum, castagnoli, part)
		for ; len(part) > 0; part = part[4:] {
			ids = append(ids, int32(binary.LittleEndian.Uint32(part)))
			n--
		}
	}
	if _, err := io.ReadFull(r, buf[:4]); err != nil {
		return nil, short(err)
	}
	if sum != binary.LittleEndian.Uint32(buf) {
		return nil, fmt.Errorf("chord: session: the checksum does not fit: it was damaged: %w", gguf.ErrFormat)
	}
	return ids, nil
}

// A Records reads the records of a file one after the other. The memory of a chunk
// is used again for the next.
type Records struct {
	r io.Reader
	h *Header
	c kvcache.Config
	x kvcache.Chunk
	n int // records read
}

// Records returns the records after h, for a cache of that configuration.
func (h *Header) Records(r io.Reader, c kvcache.Config) *Records {
	return &Records{r: r, h: h, c: c}
}

// Next returns the next chunk. It has no parts if its writer had none left.
func (d *Records) Next() (*kvcache.Chunk, error) {
	head, err := kvdisk.ReadHead(d.r, kvdisk.LimitsOf(d.c))
	if err != nil {
		return nil, damaged(err)
	}
	from := d.n * d.c.Positions
	d.n++
	if err := head.Check(d.c); err != nil {
		return nil, damaged(err)
	}
	if to := from + len(head.IDs); to > len(d.h.IDs) || !slices.Equal(head.IDs, d.h.IDs[from:to]) ||
		d.n < d.h.Chunks && len(head.IDs) < d.c.Positions {
		return nil, fmt.Errorf("chord: session: chunk %d has other tokens: %w", d.n-1, gguf.ErrFormat)
	}
	d.x.IDs = head.IDs
	d.x.Parts = slices.Grow(d.x.Parts[:0], len(head.Parts))[:len(head.Parts)]
	for i := range head.Parts {
		p := &head.Parts[i]
		to := &d.x.Parts[i]
		if to.Group, to.At = p.Group, p.At; int64(cap(to.Bytes)) < p.Bytes {
			to.Bytes = make([]byte, p.Bytes)
		}
		to.Bytes = to.Bytes[:p.Bytes]
		if err := p.Read(d.r, to.Bytes); err != nil {
			return nil, damaged(err)
		}
	}
	return &d.x, nil
}

// Skip reads the records that are left and drops them.
func (h *Header) Skip(r io.Reader, n int) error {
	for range n {
		head, err := kvdisk.ReadHead(r, kvdisk.Limits{Tokens: mostChunkTokens, Parts: mostParts})
		if err == nil {
			err = head.Skip(r)
		}
		if err != nil {
			return damaged(err)
		}
	}
	return nil
}

// damaged is the error of a record.
func damaged(err error) error {
	if errors.Is(err, kvdisk.ErrDamaged) {
		return fmt.Errorf("chord: session: %w: %w", err, gguf.ErrFormat)
	}
	return err
}

// short is the error of a file that ends too soon, or the reader's.
func short(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("chord: session: it was cut short: %w", gguf.ErrFormat)
	}
	return err
}
