package chord

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"github.com/querent-ai/chord/gguf"
)

// A session file is, little-endian:
//
//	"chordses" | version u32 | fingerprint [32]u8 | tokens u64 | tokens [n]i32 | CRC-32C of all before u32
//
// It has the tokens and no caches: what they give is the same to the bit
// wherever they are read again.
const (
	sessionMagic   = "chordses"
	sessionVersion = 1
	sessionHead    = len(sessionMagic) + 4 + sha256.Size + 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// fingerprint returns what tells the model in f from others: the names, types and
// shapes of its tensors and the keys that its arithmetic follows.
func fingerprint(f *gguf.File, arch string, vocab int) [sha256.Size]byte {
	h := sha256.New()
	for _, kv := range f.KV {
		if strings.HasPrefix(kv.Key, arch+".") || kv.Key == "general.architecture" {
			fmt.Fprintf(h, "%s=%v\n", kv.Key, kv.Value)
		}
	}
	for i := range f.Tensors {
		t := &f.Tensors[i]
		fmt.Fprintf(h, "%s %v %v\n", t.Name, t.Type, t.Shape)
	}
	fmt.Fprintln(h, vocab)
	return [sha256.Size]byte(h.Sum(nil))
}

// WriteTo writes the session to w, for [Model.ReadSession] of the same model on
// any machine.
func (s *Session) WriteTo(w io.Writer) (int64, error) {
	if s.closed {
		return 0, fmt.Errorf("chord: session: %w", ErrClosed)
	}
	ids := s.Tokens()
	print := s.m.print
	b := make([]byte, 0, sessionHead+4*len(ids)+4)
	b = append(b, sessionMagic...)
	b = binary.LittleEndian.AppendUint32(b, sessionVersion)
	b = append(b, print[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(ids)))
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	n, err := w.Write(b)
	return int64(n), err
}

// ReadSession returns the session that [Session.WriteTo] wrote to r, of which it
// reads no more. Its tokens are computed again, unless the model still has them.
//
// A file that is no session or was damaged is [ErrFormat], one of another model
// [ErrMismatch], one that is longer than the context [ErrContextFull]; other
// errors are r's and those of [Session.AppendTokens].
func (m *Model) ReadSession(ctx context.Context, r io.Reader) (*Session, error) {
	if ctx == nil {
		panic("chord: the context is nil")
	}
	head := make([]byte, sessionHead)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, sessionError(err)
	}
	version := binary.LittleEndian.Uint32(head[len(sessionMagic):])
	print := m.print
	n := binary.LittleEndian.Uint64(head[sessionHead-8:])
	switch {
	case string(head[:len(sessionMagic)]) != sessionMagic:
		return nil, fmt.Errorf("chord: session: it does not begin with %q: %w", sessionMagic, ErrFormat)
	case version != sessionVersion:
		return nil, fmt.Errorf("chord: session: version %d, this one reads %d: %w", version, sessionVersion, ErrUnsupported)
	case !bytes.Equal(head[len(sessionMagic)+4:][:sha256.Size], print[:]):
		return nil, fmt.Errorf("chord: session: %w", ErrMismatch)
	case n > uint64(m.Context()):
		return nil, fmt.Errorf("chord: session of %d tokens, context of %d: %w", n, m.Context(), ErrContextFull)
	}
	body := make([]byte, 4*n+4)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, sessionError(err)
	}
	sum := crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, body[:4*n])
	if sum != binary.LittleEndian.Uint32(body[4*n:]) {
		return nil, fmt.Errorf("chord: session: the checksum does not fit: it was damaged: %w", ErrFormat)
	}
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(binary.LittleEndian.Uint32(body[4*i:]))
	}
	s := m.NewSession()
	if err := s.AppendTokens(ctx, ids); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// sessionError is the error of a file that ends too soon, or the reader's.
func sessionError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("chord: session: it was cut short: %w", ErrFormat)
	}
	return err
}
