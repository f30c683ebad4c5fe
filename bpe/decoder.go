package bpe

import "unicode/utf8"

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
