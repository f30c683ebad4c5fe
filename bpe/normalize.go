package bpe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Limits of a precompiled_charsmap, far above real ones. They bound the time of
// the normalisation.
const (
	maxKey         = 256 // bytes of a key
	maxReplacement = 256 // bytes of its replacement
)

// A charsmap maps characters to their normalised form: a trie in a double array of
// 32-bit units, XOR-compressed, and the replacements.
//
//	unit: 0..7 label | 8 has a value | 9..31 offset, in 256s if bit 9 is set | 31 is a value
type charsmap struct {
	units []uint32
	texts string // the replacements, each ends with \x00
}

// newCharsmap reads tokenizer.ggml.precompiled_charsmap:
//
//	0 size u32 | 4 units [size/4]u32 | 4+size texts
func newCharsmap(b []byte) (charsmap, error) {
	var m charsmap
	if len(b) == 0 {
		return m, nil
	}
	const key = "bpe: tokenizer.ggml.precompiled_charsmap: "
	if len(b) < 5 {
		return m, fmt.Errorf(key+"%d bytes", len(b))
	}
	size := uint64(binary.LittleEndian.Uint32(b))
	if size+4 >= uint64(len(b)) {
		return m, fmt.Errorf(key+"a trie of %d bytes in %d bytes", size, len(b))
	}
	m.units = make([]uint32, size/4)
	for i := range m.units {
		m.units[i] = binary.LittleEndian.Uint32(b[4+4*i:])
	}
	m.texts = string(b[4+size:])
	if m.texts[len(m.texts)-1] != 0 {
		return m, errors.New(key + "the last text does not end")
	}
	for text := range strings.SplitSeq(m.texts, "\x00") {
		if len(text) > maxReplacement {
			return m, fmt.Errorf(key+"a text of %d bytes, at most %d", len(text), maxReplacement)
		}
	}
	return m, nil
}

// unit returns unit i, or 0 beyond the end, since offsets of a file can be wrong.
func (m *charsmap) unit(i uint32) uint32 {
	if uint64(i) < uint64(len(m.units)) {
		return m.units[i]
	}
	return 0
}

// offset returns the offset of a unit's children.
func offset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

// child returns the child with label c of the node whose children begin at base,
// and where the child's own children begin.
func (m *charsmap) child(base uint32, c byte) (unit, next uint32, ok bool) {
	i := base ^ uint32(c)
	unit = m.unit(i)
	return unit, i ^ offset(unit), unit&(1<<31|0xFF) == uint32(c)
}

// begins reports whether some key begins with c.
func (m *charsmap) begins(c byte) bool {
	_, _, ok := m.child(offset(m.unit(0)), c)
	return ok && c != 0 && len(m.units) > 0
}

// replace returns the replacement of the longest key that s begins with and the
// length of the key, 0 for none. A key whose value points beyond the texts, for
// which llama.cpp throws, is ignored.
func (m *charsmap) replace(s string) (text string, n int) {
	if len(m.units) == 0 {
		return "", 0
	}
	base, at := offset(m.unit(0)), uint32(0)
	for i := 0; i < len(s) && i < maxKey && s[i] != 0; i++ {
		unit, next, ok := m.child(base, s[i])
		if !ok {
			break
		}
		base = next
		if unit>>8&1 != 0 {
			n, at = i+1, m.unit(base)&^(1<<31)
		}
	}
	if n == 0 || uint64(at) >= uint64(len(m.texts)) {
		return "", 0
	}
	text = m.texts[at:]
	return text[:strings.IndexByte(text, 0)], n
}

// prefix returns the normalised form of the first characters of s and their number
// of bytes. It does not change the beginning of a user-defined token, whole or
// not.
func (u *unigram) prefix(s string) (text string, n int) {
	if u.user != nil {
		if n = u.user.depth(s); n > 0 {
			return s[:n], n
		}
	}
	if text, n = u.replace(s); n > 0 {
		return text, n
	}
	r, n := looseRune(s)
	if n == 1 && r >= 0x80 {
		return "\uFFFD", 1
	}
	return s[:n], n
}

// normalize appends the normalised text: characters replaced and ▁ for spaces.
// With RemoveExtraSpaces, there is one ▁ before every word and no other.
func (e *encoder) normalize(dst []byte, text string) []byte {
	u, prepend, merge := e.t.unigram, e.t.vocab.AddSpacePrefix, e.t.vocab.RemoveExtraSpaces
	word := false
	for i := 0; i < len(text) && !e.done(1); {
		chars, n := text[i:i+1], 1
		if !u.plain[text[i]] {
			chars, n = u.prefix(text[i:])
		}
		i += n
		for k := range len(chars) {
			if chars[k] == ' ' {
				word = false
				if !merge {
					dst = append(dst, escapedSpace...)
				}
				continue
			}
			if !word && (merge || prepend) {
				dst = append(dst, escapedSpace...)
				prepend = false
			}
			word = true
			dst = append(dst, chars[k])
		}
	}
	return dst
}
