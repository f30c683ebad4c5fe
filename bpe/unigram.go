package bpe

import "math"

// A Unigram vocabulary (T5's) has a log probability for every token. The Viterbi
// algorithm finds the most likely split of a text into tokens. The log
// probability of a character that is not a token is that of the least likely
// token minus 10.

// A unigram has the tables of a Unigram vocabulary.
type unigram struct {
	user    *trie     // user-defined tokens, which are not normalised; nil: none
	scores  []float64 // by id
	unknown float64
	charsmap
	plain [256]bool // ASCII characters that begin no key of the charsmap and no user-defined token
}

// A path is the most likely split of the text up to a byte.
type path struct {
	score float64
	from  int32 // first byte of the last token
	id    int32 // the last token
}

// loadUnigram builds the tables of unigramModel.
func (t *Tokenizer) loadUnigram() error {
	if err := t.loadTexts(); err != nil {
		return err
	}
	u := &unigram{scores: make([]float64, len(t.types))}
	least := float32(math.MaxFloat32)
	var ids, user []int32
	for i, kind := range t.types {
		score := float32(0)
		if t.vocab.Scores != nil {
			score = t.vocab.Scores[i]
		}
		u.scores[i] = float64(score)
		switch kind {
		case Normal:
			least = min(least, score)
			ids = append(ids, int32(i))
		case UserDefined:
			u.scores[i] = 0
			ids, user = append(ids, int32(i)), append(user, int32(i))
		case Unused:
			ids = append(ids, int32(i))
		}
	}
	u.unknown = float64(least - 10)
	t.trie = newTrie(t.vocab.Tokens, ids)
	if user != nil {
		u.user = newTrie(t.vocab.Tokens, user)
	}
	var err error
	if u.charsmap, err = newCharsmap(t.vocab.Charsmap); err != nil {
		return err
	}
	for b := range 128 {
		u.plain[b] = b != ' ' && (u.user == nil || u.user.root[b] == 0) && !u.begins(byte(b))
	}
	t.unigram = u
	return nil
}

// viterbi appends the ids of text.
//
// Tokens before a boundary that no token crosses do not depend on the text after
// it. They are appended at the boundary, so that only a few paths are kept. The
// scores continue across the boundary, so that they are rounded the same.
func (e *encoder) viterbi(dst []int32, text string) []int32 {
	e.text = e.normalize(e.text[:0], text)
	b, u := e.text, e.t.unigram
	e.paths = append(e.paths[:0], path{})
	start, reach := 0, 0 // the last boundary; the end of the longest token so far
	last := int32(-1)    // the last token appended
	for i := 0; i < len(b) && !e.done(1); {
		if i > start && (i >= reach || i-start > maxWord) {
			dst, last = e.backtrack(dst, i-start, last)
			e.paths = append(e.paths[:0], path{score: e.paths[i-start].score})
			start = i
		}
		n := charLen(b[i], len(b)-i)
		score, whole := e.paths[i-start].score, false
		node := int32(0)
		for end := i; end < len(b); {
			if node = e.t.trie.child(node, b[end]); node == 0 {
				break
			}
			end++
			e.left--
			if id := e.t.trie.value[node]; id >= 0 {
				whole = whole || end-i == n
				reach = max(reach, end)
				e.improve(end-start, path{score + u.scores[id], int32(i - start), id})
			}
		}
		if !whole {
			reach = max(reach, i+n)
			e.improve(i+n-start, path{score + u.unknown, int32(i - start), e.t.vocab.UNK})
		}
		i += n
	}
	if e.err != nil {
		return dst
	}
	dst, _ = e.backtrack(dst, len(b)-start, last)
	return dst
}

// improve sets the path to byte at to p if p is more likely.
func (e *encoder) improve(at int, p path) {
	for len(e.paths) <= at {
		e.paths = append(e.paths, path{score: -math.MaxFloat64, id: e.t.vocab.UNK})
	}
	if p.score > e.paths[at].score {
		e.paths[at] = p
	}
}

// backtrack appends the tokens of the path to byte at. Of consecutive unknown
// tokens it appends the first. last is the token before the path.
func (e *encoder) backtrack(dst []int32, at int, last int32) ([]int32, int32) {
	e.back = e.back[:0]
	for at > 0 {
		p := e.paths[at]
		e.back = append(e.back, p.id)
		at = int(p.from)
	}
	for i := len(e.back) - 1; i >= 0; i-- {
		id := e.back[i]
		if id != last || id != e.t.vocab.UNK {
			dst = append(dst, id)
		}
		last = id
	}
	return dst, last
}
