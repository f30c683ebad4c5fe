package bpe

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// loadBPE builds the tables of byteLevel and rawLevel: tokens and merges by the
// bytes that they spell.
func (t *Tokenizer) loadBPE() error {
	p, err := preOf(t.vocab.Pre)
	if err != nil {
		return err
	}
	t.stages, t.flags, t.kind = p.stages, p.flags, kindOf(t.vocab.Model, p.flags)
	if t.flags&alwaysBOS != 0 && t.vocab.BOS < 0 {
		return fmt.Errorf("bpe: tokenizer.ggml.bos_token_id is not set, which tokenizer.ggml.pre %q needs", t.vocab.Pre)
	}
	t.vocab.AddBOS = t.vocab.AddBOS || t.flags&alwaysBOS != 0
	t.ids = make(map[string]int32, len(t.vocab.Tokens)+256)
	t.textIDs = map[string]int32{}
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
			continue // a part spells no bytes, so no text contains it
		}
		l, r := t.symbolOf(left), t.symbolOf(right)
		t.pairs.add(l, r, uint32(rank), t.symbolOf(append(left, right...)))
	}
	return nil
}

// appendBytes appends the bytes that the text of a token or merge spells.
func (t *Tokenizer) appendBytes(dst []byte, text string) (raw []byte, ok bool) {
	if t.kind == rawLevel {
		return append(dst, text...), true
	}
	return appendRaw(dst, text)
}

// loadTokens sets the ids of tokens and of single bytes.
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
			m, key = t.textIDs, t.vocab.Tokens[i]
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

// byteToken returns the token of a byte, spelled <0x00>, -1 for none.
func (t *Tokenizer) byteToken(b byte) int32 {
	if id, ok := t.ids[fmt.Sprintf("<0x%02X>", b)]; ok {
		return id
	}
	return -1
}

// symbolOf returns the token that spells raw, or else a number above all ids:
// bytes and merges that are not tokens can be parts of a token.
func (t *Tokenizer) symbolOf(raw []byte) int32 {
	id, ok := t.ids[string(raw)]
	if !ok {
		id = int32(len(t.ids) + len(t.textIDs))
		t.ids[string(raw)] = id
	}
	return id
}

// encodePreTokens appends the ids of text, pre-token by pre-token.
func (e *encoder) encodePreTokens(dst []int32, text string) []int32 {
	s := newScan(e.t.stages, text)
	for pre := s.next(); pre != "" && e.err == nil; pre = s.next() {
		e.text = e.t.appendEscaped(e.text[:0], pre)
		dst = e.encodeWord(dst, e.text)
	}
	return dst
}

// appendEscaped appends text, with ▁ for spaces if the vocabulary spells them so.
func (t *Tokenizer) appendEscaped(dst []byte, text string) []byte {
	if t.flags&escapes == 0 {
		return append(dst, text...)
	}
	return appendEscaped(dst, text)
}

// encodeWhitespaceWords appends the ids of the words between white space.
func (e *encoder) encodeWhitespaceWords(dst []int32, text string) []int32 {
	if e.t.vocab.Lowercase {
		b := make([]byte, 0, len(text))
		for i := 0; i < len(text) && !e.done(1); {
			r, n := utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError {
				b = append(b, text[i:i+n]...) // a surrogate stays as it is
			} else {
				b = utf8.AppendRune(b, lower(r))
			}
			i += n
		}
		text = string(b)
	}
	for segment := range strings.FieldsSeq(text) {
		if dst = e.encodePreTokens(dst, segment); e.err != nil {
			break
		}
	}
	return dst
}

// splitBytes makes every byte of word a symbol, or the whole word if it is a token
// and the pre-tokenizer has the flag wholeWords.
func (e *encoder) splitBytes(word []byte) {
	if e.t.flags&wholeWords != 0 && e.wholeToken(word) {
		return
	}
	for i, b := range word {
		if i%checkInterval == 0 && e.done(checkInterval) {
			return
		}
		e.symbols = append(e.symbols, symbol{start: int32(i), n: 1, id: e.t.bytes[b]})
	}
}

// wholeToken makes word one symbol if it is a token.
func (e *encoder) wholeToken(word []byte) bool {
	id, ok := e.t.ids[string(word)]
	if !ok || !e.t.in(id) {
		return false
	}
	e.symbols = append(e.symbols, symbol{n: int32(len(word)), id: id})
	return true
}

// fallbackASCII appends the ids of a symbol that is not a token. As in llama.cpp
// that is the printable ASCII characters that are tokens; other bytes are lost. A
// vocabulary with all 256 bytes never needs it.
func (t *Tokenizer) fallbackASCII(dst []int32, word []byte) []int32 {
	for _, b := range word {
		if b > 0x20 && b < 0x7F && t.in(t.bytes[b]) {
			dst = append(dst, t.bytes[b])
		}
	}
	return dst
}

// fallbackBytes appends the byte tokens of a symbol that is not a token. Bytes
// without a token are lost, as in llama.cpp.
func (t *Tokenizer) fallbackBytes(dst []int32, word []byte) []int32 {
	for _, b := range word {
		if id := t.bytes[b]; id >= 0 {
			dst = append(dst, id)
		}
	}
	return dst
}
