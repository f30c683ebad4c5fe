package bpe

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// loadMerges sets what encoding with merges needs: tokens and merges by the
// bytes they stand for.
func (t *Tokenizer) loadMerges() error {
	p, err := preOf(t.vocab.Pre)
	if err != nil {
		return err
	}
	t.stages, t.is, t.kind = p.stages, p.is, kindOf(t.vocab.Model, p.is)
	if t.is&alwaysBOS != 0 && t.vocab.BOS < 0 {
		return fmt.Errorf("bpe: tokenizer.ggml.bos_token_id is not set, which tokenizer.ggml.pre %q needs", t.vocab.Pre)
	}
	t.vocab.AddBOS = t.vocab.AddBOS || t.is&alwaysBOS != 0
	t.ids = make(map[string]int32, len(t.vocab.Tokens)+256)
	t.odd = map[string]int32{}
	if err := t.loadTokens(); err != nil {
		return err
	}
	t.pairs = newPairTable(len(t.vocab.Merges))
	var left, right []byte
	for rank, m := range t.vocab.Merges {
		i := -1
		if m != "" {
			i = strings.IndexByte(m[1:], ' ') + 1
		}
		if i <= 0 {
			return fmt.Errorf("bpe: tokenizer.ggml.merges[%d] is %q; a merge is two parts with a space between", rank, m)
		}
		var ok1, ok2 bool
		left, ok1 = t.appendBytes(left[:0], m[:i])
		right, ok2 = t.appendBytes(right[:0], m[i+1:])
		if !ok1 || !ok2 || len(right) == 0 {
			continue // of characters that no byte becomes: never met in a text
		}
		l, r := t.symbolOf(left), t.symbolOf(right)
		t.pairs.add(l, r, uint32(rank), t.symbolOf(append(left, right...)))
	}
	return nil
}

// appendBytes appends the bytes that text, of a token or merge, stands for.
func (t *Tokenizer) appendBytes(dst []byte, text string) (raw []byte, ok bool) {
	if t.kind == rawLevel {
		return append(dst, text...), true
	}
	return appendRaw(dst, text)
}

// loadTokens sets the ids of the tokens and the symbols of bytes.
func (t *Tokenizer) loadTokens() error {
	var all []byte
	ends := make([]int, len(t.vocab.Tokens))
	for i, text := range t.vocab.Tokens {
		raw, ok := t.appendBytes(all, text)
		if ok {
			all = raw
		}
		ends[i] = len(all)
	}
	raws, start := string(all), 0
	for i, end := range ends {
		m, key := t.ids, raws[start:end]
		if key == "" {
			m, key = t.odd, t.vocab.Tokens[i]
		}
		if first, ok := m[key]; ok {
			return fmt.Errorf("bpe: tokenizer.ggml.tokens[%d] is %q, as is token %d", i, t.vocab.Tokens[i], first)
		}
		m[key] = int32(i)
		start = end
	}
	for b := range t.bytes {
		if t.kind == byteLevel {
			t.bytes[b] = t.symbolOf([]byte{byte(b)})
		} else {
			t.bytes[b] = t.byteToken(byte(b))
		}
	}
	return nil
}

// byteToken returns the token that is spelled <0x00> for a byte, -1 if there
// is none.
func (t *Tokenizer) byteToken(b byte) int32 {
	if id, ok := t.ids[fmt.Sprintf("<0x%02X>", b)]; ok {
		return id
	}
	return -1
}

// symbolOf returns the token that stands for raw, or a number above them:
// bytes and merges that are no tokens may become parts of one.
func (t *Tokenizer) symbolOf(raw []byte) int32 {
	id, ok := t.ids[string(raw)]
	if !ok {
		id = int32(len(t.ids) + len(t.odd))
		t.ids[string(raw)] = id
	}
	return id
}

// fragment appends the tokens of text, which the pre-tokenizer cuts.
func (e *encoder) fragment(dst []int32, text string) []int32 {
	s := newScan(e.t.stages, text)
	for piece := s.next(); piece != "" && e.err == nil; piece = s.next() {
		e.text = e.t.appendEscaped(e.text[:0], piece)
		dst = e.word(dst, e.text)
	}
	return dst
}

// appendEscaped appends a piece as the vocabulary spells it.
func (t *Tokenizer) appendEscaped(dst []byte, piece string) []byte {
	if t.is&escapes == 0 {
		return append(dst, piece...)
	}
	return appendEscaped(dst, piece)
}

// segments appends the tokens of what is between white space in text.
func (e *encoder) segments(dst []int32, text string) []int32 {
	if e.t.vocab.Lowercase {
		b := make([]byte, 0, len(text))
		for i := 0; i < len(text) && !e.over(1); {
			r, n := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError {
				b = append(b, text[i:i+n]...) // maybe a surrogate, which stays as it is
			} else {
				b = utf8.AppendRune(b, lower(r))
			}
			i += n
		}
		text = string(b)
	}
	for segment := range strings.FieldsSeq(text) {
		if dst = e.fragment(dst, segment); e.err != nil {
			break
		}
	}
	return dst
}

// cutBytes makes every byte of word a symbol, or all of it where a word that
// is a token stays one.
func (e *encoder) cutBytes(word []byte) {
	if e.t.is&wholeWords != 0 && e.cutWhole(word) {
		return
	}
	for i, b := range word {
		if i%pace == 0 && e.over(pace) {
			return
		}
		e.symbols = append(e.symbols, symbol{start: int32(i), n: 1, id: e.t.bytes[b]})
	}
}

// cutWhole makes word one symbol, if it is a token.
func (e *encoder) cutWhole(word []byte) bool {
	id, ok := e.t.ids[string(word)]
	if !ok || !e.t.in(id) {
		return false
	}
	e.symbols = append(e.symbols, symbol{n: int32(len(word)), id: id})
	return true
}

// spellBytes appends what is left of a symbol that is no token: as in
// llama.cpp the bytes that are printable ASCII, if those are tokens; the
// others are lost. Vocabularies with all 256 bytes never come here.
func (t *Tokenizer) spellBytes(dst []int32, word []byte) []int32 {
	for _, b := range word {
		if b > 0x20 && b < 0x7F && t.in(t.bytes[b]) {
			dst = append(dst, t.bytes[b])
		}
	}
	return dst
}

// spellRaw appends the byte tokens of what is left of a symbol that is no
// token; those that the vocabulary lacks are lost, as in llama.cpp.
func (t *Tokenizer) spellRaw(dst []int32, word []byte) []int32 {
	for _, b := range word {
		if id := t.bytes[b]; id >= 0 {
			dst = append(dst, id)
		}
	}
	return dst
}
