package bpe

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// PLaMo 2's vocabulary has a score for every token; the split of a text with the
// highest sum is chosen, of equal ones that with the longest tokens first. A
// character that is no token costs as much as a token with score -1000 and becomes
// the tokens of its bytes.

// Scores are compared in ten thousandths.
const (
	plamoScale   = 1e4
	plamoUnknown = -10_000_000
	plamoLeast   = -20_000_000 // tokens with this score or less are not used
)

// A plamoPath is the best split of the text from a byte on.
type plamoPath struct {
	cost   int64
	id     int32 // the first token, -1: the bytes of a character
	length int32 // its bytes
}

// loadPlamo builds the tables of plamoModel. Tokens of all types but bytes are found
// in texts.
func (t *Tokenizer) loadPlamo() error {
	t.vocab.AddBOS, t.vocab.AddEOS = false, false
	if err := t.loadTexts(); err != nil {
		return err
	}
	t.plamoScores = make([]int32, len(t.types))
	var ids []int32
	for i, text := range t.vocab.Tokens {
		if t.types[i] == Byte {
			b, _ := byteOf(text)
			t.bytes[b] = int32(i)
			continue
		}
		if t.vocab.Scores != nil {
			t.plamoScores[i] = plamoScore(t.vocab.Scores[i])
		}
		if t.plamoScores[i] > plamoLeast && utf8.ValidString(text) {
			ids = append(ids, int32(i))
		}
	}
	for b, id := range t.bytes {
		if id == 0 {
			return fmt.Errorf("bpe: tokenizer.ggml.tokens: no token <0x%02X>, which a \"plamo2\" vocabulary needs and cannot have first", b)
		}
	}
	t.trie = newTrie(t.vocab.Tokens, ids)
	return nil
}

// plamoScore returns a score in ten thousandths, plamoLeast if it is not finite.
func plamoScore(score float32) int32 {
	x := math.Round(float64(score) * plamoScale)
	if !(math.Abs(x) <= math.MaxInt32) {
		return plamoLeast
	}
	return int32(x)
}

// encodePlamo appends the ids of text, without a byte order mark before it. Beside a
// name of padding, whose score is -1000, llama.cpp may split otherwise.
func (e *encoder) encodePlamo(dst []int32, text string) []int32 {
	if !utf8.ValidString(text) {
		text = repair(text)
	}
	if bom := "\ufeff"; len(text) >= len(bom) && text[:len(bom)] == bom {
		text = text[len(bom):]
	}
	if cap(e.plamo) <= len(text) {
		e.plamo = make([]plamoPath, len(text)+1)
	}
	paths := e.plamo[:len(text)+1]
	paths[len(text)] = plamoPath{}
	for i := len(text) - 1; i >= 0 && !e.done(1); i-- {
		if utf8.RuneStart(text[i]) {
			paths[i] = e.bestFrom(paths, text, i)
		}
	}
	for i := 0; i < len(text) && e.err == nil; {
		p := paths[i]
		end := i + int(p.length)
		if p.id >= 0 {
			dst = append(dst, p.id)
		} else {
			for ; i < end; i++ {
				dst = append(dst, e.t.bytes[text[i]])
			}
		}
		i = end
	}
	if cap(e.plamo) > checkInterval {
		e.plamo = nil
	}
	return dst
}

// bestFrom returns the best split of text from byte i on, given those of what
// follows.
func (e *encoder) bestFrom(paths []plamoPath, text string, i int) plamoPath {
	e.back = e.back[:0]
	node := int32(0)
	for end := i; end < len(text); end++ {
		if node = e.t.trie.child(node, text[end]); node == 0 {
			break
		}
		e.left--
		if id := e.t.trie.value[node]; id >= 0 {
			e.back = append(e.back, id)
		}
	}
	best := plamoPath{cost: math.MaxInt64}
	for k := len(e.back) - 1; k >= 0; k-- {
		id := e.back[k]
		n, score := len(e.t.vocab.Tokens[id]), e.t.plamoScores[id]
		if cost := paths[i+n].cost - int64(score); cost < best.cost {
			best = plamoPath{cost, id, int32(n)}
		}
		if score == plamoUnknown {
			return best
		}
	}
	_, n := looseRune(text[i:])
	if cost := paths[i+n].cost - plamoUnknown; cost < best.cost {
		best = plamoPath{cost, -1, int32(n)}
	}
	return best
}
