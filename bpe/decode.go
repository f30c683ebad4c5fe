package bpe

import (
	"strings"
	"unicode/utf8"
)

// DecodeOptions are the ways to decode; the zero value writes all tokens.
type DecodeOptions struct {
	RemoveSpecial bool // a BOS at the beginning and an EOS at the end that Encode has added are left out
	SkipSpecial   bool // control tokens and the unknown token are not written
}

// Decode returns the text of ids, byte for byte as llama_detokenize: it need
// not be UTF-8, if ids begin or end within a character. The space that a
// vocabulary with add_space_prefix puts before a text is removed. Ids outside
// the vocabulary, of which llama.cpp throws, are nothing; a token that stands
// for no bytes is its text, where llama.cpp writes [UNK_BYTE_0x…].
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
	if t.is&cleanSpaces != 0 {
		out = clean(out)
	}
	return string(out)
}

// appendPiece appends what a token is in a text.
func (t *Tokenizer) appendPiece(dst []byte, id int32) []byte {
	text := t.vocab.Tokens[id]
	switch t.kinds[id] {
	case Control, Unknown, UserDefined:
		return append(dst, text...)
	case Byte:
		b, _ := byteOf(text)
		return append(dst, b)
	case Normal:
		if t.pairs != nil && t.is&escapes == 0 {
			dst, _ = appendRaw(dst, text)
			return dst
		}
		return append(dst, strings.ReplaceAll(text, escapedSpace, " ")...)
	}
	return dst // unused, undefined
}

// clean removes, in three passes as llama.cpp: a space before ?!., ; the
// spaces around a single apostrophe; a space before 's, 'm, 're and 've.
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

// filter copies s onto itself. Where at(i) says drop, the byte written before
// is taken back; where it says skip, the next one is left out and is no space
// any more to the byte after it.
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

// A Decoder turns a stream of ids into text, character by character: a
// character that several tokens make comes with the last of them. Control
// tokens and the unknown token are not written.
type Decoder struct {
	t       *Tokenizer
	pending []byte // the beginning of a character
	trim    bool
}

// NewDecoder returns a decoder that continues a text: a space at its
// beginning is kept.
func (t *Tokenizer) NewDecoder() *Decoder { return &Decoder{t: t} }

// TrimSpace tells that the next id begins a text: the space that a vocabulary
// with add_space_prefix puts there is removed.
func (d *Decoder) TrimSpace() { d.trim = d.t.vocab.AddSpacePrefix }

// Next returns the text that id completes. It allocates nothing unless id
// ends within a character or completes one. What cannot be UTF-8 is U+FFFD.
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

// Flush returns what is left of a character that was never completed,
// U+FFFD, or "".
func (d *Decoder) Flush() string {
	text := toValid(d.pending)
	d.pending = d.pending[:0]
	return text
}

// completeLen returns the length of b without a character that has begun at
// its end and may be completed yet.
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

// toValid returns b as text, with one U+FFFD for every beginning of a
// character that does not go on and every byte that begins none.
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
