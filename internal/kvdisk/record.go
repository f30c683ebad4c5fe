package kvdisk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/querent-ai/chord/internal/kvcache"
)

// A record is a chunk in a file, little-endian:
//
//	tokens u32 | parts u32 | tokens [n]i32
//	parts × { group u32 | at u32 | bytes u64 | CRC-32C of the bytes u32 }
//	CRC-32C of all before u32
//	the bytes of each part
//
// Parts are pages, at 0, and states after the first at tokens.

const (
	recordHead = 4 + 4
	partHead   = 4 + 4 + 8 + 4
	sumBytes   = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrDamaged is the error of a record that is not as it was written.
var ErrDamaged = errors.New("it was damaged")

// A Head is what a record says before the bytes of its parts.
type Head struct {
	IDs   []int32
	Parts []PartHead
}

// A PartHead describes a part.
type PartHead struct {
	Group, At int
	Bytes     int64
	Sum       uint32
}

// Limits bound what a record may have.
type Limits struct {
	Tokens, Parts int
}

// LimitsOf returns the bounds for the chunks of a cache.
func LimitsOf(c kvcache.Config) Limits {
	return Limits{c.Positions, len(c.Groups) * (c.Positions + 1)}
}

// AppendHead appends the head of a record of x.
func AppendHead(b []byte, x *kvcache.Chunk) []byte {
	from := len(b)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(x.IDs)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(x.Parts)))
	for _, id := range x.IDs {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	for i := range x.Parts {
		p := &x.Parts[i]
		b = binary.LittleEndian.AppendUint32(b, uint32(p.Group))
		b = binary.LittleEndian.AppendUint32(b, uint32(p.At))
		b = binary.LittleEndian.AppendUint64(b, uint64(len(p.Bytes)))
		b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(p.Bytes, castagnoli))
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[from:], castagnoli))
}

// Write writes a record of x.
func Write(w io.Writer, x *kvcache.Chunk) (int64, error) {
	n, err := w.Write(AppendHead(nil, x))
	sum := int64(n)
	for i := 0; i < len(x.Parts) && err == nil; i++ {
		n, err = w.Write(x.Parts[i].Bytes)
		sum += int64(n)
	}
	return sum, err
}

// ReadHead reads the head of a record. Errors wrap [ErrDamaged] or are r's.
func ReadHead(r io.Reader, most Limits) (*Head, error) {
	b := make([]byte, recordHead, 4<<10)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, cut(err)
	}
	tokens, parts := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	if uint64(tokens) > uint64(most.Tokens) || uint64(parts) > uint64(most.Parts) {
		return nil, fmt.Errorf("%d tokens and %d parts, at most %d and %d: %w", tokens, parts, most.Tokens, most.Parts, ErrDamaged)
	}
	rest := 4*int(tokens) + partHead*int(parts) + sumBytes
	b = append(b, make([]byte, rest)...)
	if _, err := io.ReadFull(r, b[recordHead:]); err != nil {
		return nil, cut(err)
	}
	body, sum := b[:len(b)-sumBytes], binary.LittleEndian.Uint32(b[len(b)-sumBytes:])
	if crc32.Checksum(body, castagnoli) != sum {
		return nil, fmt.Errorf("the checksum of its head does not fit: %w", ErrDamaged)
	}
	return parseHead(body[recordHead:], int(tokens), int(parts)), nil
}

// parseHead returns the head in b.
func parseHead(b []byte, tokens, parts int) *Head {
	h := &Head{IDs: make([]int32, tokens), Parts: make([]PartHead, parts)}
	for i := range h.IDs {
		h.IDs[i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
	}
	b = b[4*tokens:]
	for i := range h.Parts {
		p := b[partHead*i:]
		h.Parts[i] = PartHead{
			Group: int(binary.LittleEndian.Uint32(p)), At: int(binary.LittleEndian.Uint32(p[4:])),
			Bytes: int64(binary.LittleEndian.Uint64(p[8:])), Sum: binary.LittleEndian.Uint32(p[16:]),
		}
	}
	return h
}

// Check returns an error if h cannot be a chunk of a cache.
func (h *Head) Check(c kvcache.Config) error {
	if len(h.IDs) == 0 || len(h.IDs) > c.Positions {
		return fmt.Errorf("%d tokens in a chunk of %d: %w", len(h.IDs), c.Positions, ErrDamaged)
	}
	for i, p := range h.Parts {
		if p.Group < 0 || p.Group >= len(c.Groups) || p.Bytes != int64(c.Groups[p.Group].Bytes) ||
			p.At < 0 || p.At > len(h.IDs) || (p.At > 0) != (c.Groups[p.Group].Kind == kvcache.State) {
			return fmt.Errorf("part %d: %d bytes of group %d at %d: %w", i, p.Bytes, p.Group, p.At, ErrDamaged)
		}
	}
	return nil
}

// Read reads the bytes of p into b, of as many.
func (p *PartHead) Read(r io.Reader, b []byte) error {
	if _, err := io.ReadFull(r, b); err != nil {
		return cut(err)
	}
	if crc32.Checksum(b, castagnoli) != p.Sum {
		return fmt.Errorf("the checksum of group %d does not fit: %w", p.Group, ErrDamaged)
	}
	return nil
}

// Skip reads the bytes of all parts and drops them.
func (h *Head) Skip(r io.Reader) error {
	for i := range h.Parts {
		n := h.Parts[i].Bytes
		if n < 0 {
			return fmt.Errorf("part %d: %d bytes: %w", i, n, ErrDamaged)
		}
		if _, err := io.CopyN(io.Discard, r, n); err != nil {
			return cut(err)
		}
	}
	return nil
}

// cut is the error of a record that ends too soon, or the reader's.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it was cut short: %w", ErrDamaged)
	}
	return err
}
