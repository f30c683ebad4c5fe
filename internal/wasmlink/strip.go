package wasmlink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

const dataSection = 11

// maxSegments is how many segments engines take at most, and minZeros how many zeros
// are left out of a segment.
const maxSegments, minZeros = 100_000, 16

// A segment of a module's data: bytes that it puts at an address of its memory.
type segment struct {
	at   uint64
	data []byte
}

// StripLines returns a program that Go has linked without the names of functions, files
// and lines that traces of goroutines have: about an eighth of what is sent of a program
// compressed. Values of panics stay, and what the garbage collector needs.
func StripLines(module []byte) ([]byte, error) {
	sections, err := split(module)
	if err != nil {
		return nil, err
	}
	out := bytes.Clone(magic)
	done := false
	for _, s := range sections {
		if s.id == dataSection {
			memory, err := image(s.content)
			if err != nil {
				return nil, err
			}
			if err := stripTable(memory); err != nil {
				return nil, err
			}
			s.content, done = appendImage(nil, memory), true
		}
		out = appendSection(out, s)
	}
	if !done {
		return nil, errors.New("wasmlink: a program without data")
	}
	return out, nil
}

// image is the memory that a section of data makes.
func image(b []byte) ([]byte, error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)) {
		return nil, errors.New("wasmlink: data ends early")
	}
	b = b[size:]
	var memory []byte
	for i := range n {
		s, rest, err := readSegment(b)
		if err != nil {
			return nil, fmt.Errorf("wasmlink: segment %d: %w", i, err)
		}
		if end := s.at + uint64(len(s.data)); end > uint64(len(memory)) {
			memory = append(memory, make([]byte, end-uint64(len(memory)))...)
		}
		copy(memory[s.at:], s.data)
		b = rest
	}
	return memory, nil
}

// maxImage bounds the memory of a program's data.
const maxImage = 1 << 26

// readSegment reads a segment of memory 0 at a constant address, which is what Go
// links: 0, i32.const address, end, size, bytes.
func readSegment(b []byte) (s segment, rest []byte, err error) {
	if len(b) < 2 || b[0] != 0 || b[1] != 0x41 {
		return s, nil, errors.New("its address is no constant")
	}
	b = b[2:]
	for shift := 0; ; shift += 7 {
		if len(b) == 0 || shift > 28 {
			return s, nil, errors.New("its address ends early")
		}
		c := b[0]
		b = b[1:]
		s.at |= uint64(c&127) << shift
		if c < 128 {
			break
		}
	}
	if len(b) == 0 || b[0] != 0x0b || s.at > maxImage {
		return s, nil, errors.New("its address is no small constant")
	}
	size, n := binary.Uvarint(b[1:])
	if n <= 0 || size > uint64(len(b)-1-n) {
		return s, nil, errors.New("it ends behind the section")
	}
	s.data = b[1+n:][:size]
	return s, b[1+n+int(size):], nil
}

// appendImage appends a section of data that makes memory, without its longer runs of
// zeros.
func appendImage(b, memory []byte) []byte {
	var all []segment
	for at := 0; at < len(memory); {
		if memory[at] == 0 {
			at++
			continue
		}
		end := len(memory)
		if i := bytes.Index(memory[at:], make([]byte, minZeros)); i >= 0 && len(all) < maxSegments-1 {
			end = at + i
		}
		all = append(all, segment{uint64(at), memory[at:end]})
		at = end
	}
	b = binary.AppendUvarint(b, uint64(len(all)))
	for _, s := range all {
		b = append(appendSigned(append(b, 0, 0x41), int64(s.at)), 0x0b)
		b = append(binary.AppendUvarint(b, uint64(len(s.data))), s.data...)
	}
	return b
}

// appendSigned appends v in LEB128.
func appendSigned(b []byte, v int64) []byte {
	for v < -64 || v > 63 {
		b = append(b, byte(v&127)|128)
		v >>= 7
	}
	return append(b, byte(v&127))
}
