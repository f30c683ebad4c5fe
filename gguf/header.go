package gguf

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"github.com/querent-ai/chord/internal/mmap"
)

// parse reads the metadata of one part.
func parse(s *source) (f *File, err error) {
	defer mmap.Recover(debug.SetPanicOnFault(true), &err)
	c := newCursor(s)
	f = &File{sources: []*source{s}, Version: c.version(), keys: map[string]int{}, tensors: map[string]int{}}
	c.wide = f.Version > 1
	tensors := c.count("tensors", c.lengthSize()+17, MaxTensors) // name, dimensions, type, offset
	keys := c.count("keys", c.lengthSize()+6, MaxKV)             // key, type, value
	f.readKV(c, keys)
	f.readAlignment(c)
	f.readTensors(c, tensors)
	return f, c.err
}

// version reads the magic and the version.
func (c *cursor) version() uint32 {
	if c.src.size == 0 {
		c.fail(-1, "the file is empty")
	}
	magic := string(c.take(4))
	if c.err == nil && magic != "GGUF" {
		c.fail(0, "%s", notGGUF(magic))
	}
	v := c.u32()
	switch {
	case c.err != nil:
	case v != 0 && v&0xffff == 0:
		c.fail(4, "big-endian file (version %d); only little-endian files are read", bits.ReverseBytes32(v))
	case v < 1 || v > 3:
		c.fail(4, "version %d, want 1, 2 or 3", v)
	}
	return v
}

// notGGUF says what a file with another magic is, if it is a known format.
func notGGUF(magic string) string {
	switch v := binary.LittleEndian.Uint32([]byte(magic)); {
	case magic == "FUGG":
		return "the magic is FUGG: a GGUF file in the other byte order"
	case v == 0x67676d6c || v == 0x67676d66 || v == 0x67676a74 || v == 0x67676c61:
		return "a ggml file from before GGUF; convert the model anew"
	case magic == "vers":
		return "not a GGUF file; it may be a Git LFS pointer, with the model not downloaded"
	case strings.HasPrefix(magic, "PK\x03\x04"):
		return "not a GGUF file but a zip archive, as PyTorch writes"
	}
	return fmt.Sprintf("not a GGUF file: it begins with %q", magic)
}

// readKV reads n keys with their values.
func (f *File) readKV(c *cursor, n uint64) {
	for range n {
		c.at("", "")
		pos := c.pos
		key := c.text("key", MaxKey)
		if c.err != nil {
			return
		}
		c.at("key", key)
		if _, ok := f.keys[key]; ok {
			c.fail(pos, "a second time")
		}
		if key == "" || !utf8.ValidString(key) {
			c.fail(pos, "key is empty or not UTF-8")
		}
		at := c.pos
		v := c.value(ValueType(c.u32()), at)
		if c.err != nil {
			return
		}
		f.keys[key] = len(f.KV)
		f.KV = append(f.KV, KV{key, v})
		f.at = append(f.at, at)
	}
	c.at("", "")
}

// readAlignment takes general.alignment from the keys.
func (f *File) readAlignment(c *cursor) {
	f.Alignment = DefaultAlignment
	i, ok := f.keys[keyAlignment]
	if !ok || c.err != nil {
		return
	}
	c.at("key", keyAlignment)
	a, err := alignment(f.KV[i].Value)
	if err != nil {
		c.fail(f.at[i], "%v", err)
	}
	f.Alignment = a
	c.at("", "")
}

const keyAlignment = "general.alignment"

// alignment checks a value of general.alignment.
func alignment(value any) (uint64, error) {
	a, ok := value.(uint32)
	switch {
	case !ok:
		return 0, fmt.Errorf("%s, want UINT32", typeName(value))
	case bits.OnesCount32(a) != 1:
		return 0, fmt.Errorf("%d is not a power of two", a)
	case a > MaxAlignment:
		return 0, fmt.Errorf("%d bytes, at most %d", a, MaxAlignment)
	}
	return uint64(a), nil
}

// padding returns the bytes from n to the next multiple of align, a power of two.
func padding(n, align uint64) uint64 { return -n & (align - 1) }
