package bpe

import "strings"

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
