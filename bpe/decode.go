package bpe

import (
	"strings"
	"unicode/utf8"
)

// DecodeOptions say how to decode. The zero value writes all tokens.
type DecodeOptions struct {
	RemoveSpecial bool // leave out the BOS and the EOS that Encode adds
	SkipSpecial   bool // leave out control tokens and the unknown token
}

// Decode returns the text of ids, byte for byte as llama_detokenize does. It is
// invalid UTF-8 if ids begin or end within a character. Decode removes the space
// that a vocabulary with add_space_prefix adds before a text. An id outside the
// vocabulary, for which llama.cpp throws, has no text. A token that spells no
// bytes is its text; llama.cpp writes [UNK_BYTE_0x…] instead.
func (t *Tokenizer) Decode(ids []int32, o DecodeOptions) string {
	v := &t.vocab
	trim := v.AddSpacePrefix
	if o.RemoveSpecial && v.AddBOS && len(ids) > 0 && ids[0] == v.BOS {
		trim, ids = false, ids[1:]
	}
	if o.RemoveSpecial && v.AddEOS && len(ids) > 0 && ids[len(ids)-1] == v.EOS {
		ids = ids[:len(ids)-1]
	}
	var out []byte
	for _, id := range ids {
		piece := t.Piece(id)
		if o.SkipSpecial && t.IsControl(id) {
			piece = ""
		}
		if trim {
			piece = strings.TrimPrefix(piece, " ")
		}
		trim = false
		out = append(out, piece...)
	}
	if t.flags&cleanSpaces != 0 {
		out = clean(out)
	}
	return string(out)
}

// appendPiece appends the text that a token adds to a decoded text.
func (t *Tokenizer) appendPiece(dst []byte, id int32) []byte {
	text := t.vocab.Tokens[id]
	switch {
	case t.kind == worldModel:
		return appendUnescaped(dst, text)
	case t.kind == plamoModel && t.types[id] != Byte:
		return append(dst, text...)
	}
	switch t.types[id] {
	case Control, Unknown, UserDefined:
		return append(dst, text...)
	case Byte:
		b, _ := byteOf(text)
		return append(dst, b)
	case Normal:
		if t.pairs != nil && t.flags&escapes == 0 {
			dst, _ = appendRaw(dst, text)
			return dst
		}
		return append(dst, strings.ReplaceAll(text, escapedSpace, " ")...)
	}
	return dst // unused, undefined
}

// clean removes, in three passes as llama.cpp does: a space before ?!., ; spaces
// around a single apostrophe; a space before 's, 'm, 're and 've.
func clean(s []byte) []byte {
	s = filter(s, func(i int) (drop, skip bool) {
		return s[i-1] == ' ' && strings.IndexByte("?!.,", s[i]) >= 0, false
	})
	s = filter(s, func(i int) (drop, skip bool) {
		lone := s[i] == '\'' && i+1 < len(s) && s[i-1] == ' ' && s[i+1] == ' '
		return lone, lone
	})
	return filter(s, func(i int) (drop, skip bool) {
		if s[i-1] != ' ' || s[i] != '\'' || i+1 >= len(s) {
			return false, false
		}
		rest := s[i+1:]
		return rest[0] == 's' || rest[0] == 'm' ||
			len(rest) > 1 && (rest[0] == 'r' || rest[0] == 'v') && rest[1] == 'e', false
	})
}

// filter removes bytes of s in place. If at(i) returns drop, it removes the byte
// before i; if skip, the byte after i, which does not count as a space for the
// byte after that.
func filter(s []byte, at func(i int) (drop, skip bool)) []byte {
	n := min(len(s), 1)
	for i := 1; i < len(s); i++ {
		c := s[i]
		drop, skip := at(i)
		if drop {
			n--
		}
		if skip {
			i++
			s[i] = 0
		}
		s[n] = c
		n++
	}
	return s[:n]
}

// A Decoder turns a stream of ids into text in whole characters: a character of
// several tokens comes with the last of them. Control tokens and the unknown token
// are left out.
type Decoder struct {
	t       *Tokenizer
	pending []byte // an incomplete character
	trim    bool
}

// NewDecoder returns a decoder for ids that continue a text: it keeps a space at
// the beginning.
func (t *Tokenizer) NewDecoder() *Decoder { return &Decoder{t: t} }

// TrimSpace says that the next id begins a text: the space that a vocabulary with
// add_space_prefix adds there is removed.
func (d *Decoder) TrimSpace() { d.trim = d.t.vocab.AddSpacePrefix }

// Next returns the text that id completes. It allocates only if id ends within a
// character or completes one. Invalid UTF-8 becomes U+FFFD.
func (d *Decoder) Next(id int32) string {
	if d.t.IsControl(id) {
		return ""
	}
	piece := d.t.Piece(id)
	if d.trim {
		d.trim = false
		if piece != "" && piece[0] == ' ' {
			piece = piece[1:]
		}
	}
	if len(d.pending) == 0 && d.t.in(id) && d.t.whole[id] {
		return piece
	}
	d.pending = append(d.pending, piece...)
	n := completeLen(d.pending)
	text := toValid(d.pending[:n])
	d.pending = append(d.pending[:0], d.pending[n:]...)
	return text
}

// Flush returns U+FFFD for a character that is still incomplete, else "".
func (d *Decoder) Flush() string {
	text := toValid(d.pending)
	d.pending = d.pending[:0]
	return text
}

// completeLen returns the length of b without an incomplete character at its end.
func completeLen(b []byte) int {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}

// toValid returns b as text, with U+FFFD for every incomplete character and for
// every byte that does not begin a character.
func toValid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out []byte
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			for n < len(b) && !utf8.FullRune(b[:n+1]) {
				n++
			}
		}
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return string(out)
}
