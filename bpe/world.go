package bpe

// RWKV's vocabulary (rwkv, "World") spells bytes that are not printable as Python
// does: \t, \n, \r, \x00. A text becomes the longest tokens from left to right.

// loadWorld builds the tables of worldModel. Of tokens with the same bytes the last
// one counts.
func (t *Tokenizer) loadWorld() error {
	t.vocab.AddBOS, t.vocab.AddEOS = false, false
	if err := t.loadTexts(); err != nil {
		return err
	}
	last, raw := map[string]int32{}, make([]string, len(t.vocab.Tokens))
	for i, text := range t.vocab.Tokens {
		raw[i] = string(appendUnescaped(nil, text))
		last[raw[i]] = int32(i)
	}
	delete(last, "")
	var ids []int32
	for _, id := range last {
		ids = append(ids, id)
	}
	t.trie = newTrie(raw, ids)
	return nil
}

// encodeWorld appends the ids of text. A byte that no token begins with is the
// unknown token, or nothing if there is none.
func (e *encoder) encodeWorld(dst []int32, text string) []int32 {
	for len(text) > 0 && !e.done(mergeCost) {
		id, n := e.t.trie.longest([]byte(text[:min(len(text), maxText)]))
		if n == 0 {
			id, n = e.t.vocab.UNK, 1
		}
		if id >= 0 {
			dst = append(dst, id)
		}
		text = text[n:]
	}
	return dst
}

// appendUnescaped appends the bytes that text spells. An unfinished escape is
// nothing; digits are not checked, as in llama.cpp.
func appendUnescaped(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			dst = append(dst, text[i])
			continue
		}
		if i++; i == len(text) {
			break
		}
		switch c := text[i]; c {
		case 't':
			dst = append(dst, '\t')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 'x':
			if i+2 < len(text) {
				dst = append(dst, looseHex(text[i+1])<<4+looseHex(text[i+2]))
			}
			i += 2
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// looseHex returns the value of a digit, and something for any other byte.
func looseHex(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}
