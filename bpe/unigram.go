package bpe

import "math"

// A Unigram vocabulary (T5's) has the logarithm of a probability for every
// token. Of all ways to cut a text into tokens the likeliest is taken, where
// a character that is no token costs as much as the unlikeliest one and 10
// more.

// A unigram is what encoding with such a vocabulary needs.
type unigram struct {
	user    *trie     // user-defined tokens, which are not normalised; nil if there are none
	scores  []float64 // by id
	unknown float64
	charsmap
	plain [256]bool // bytes that are characters and begin nothing that normalises
}

// A path is the likeliest way to cut a text up to some place.
type path struct {
	score float64
	from  int32 // where the last token begins
	id    int32
}

// loadUnigram sets what encoding needs.
func (t *Tokenizer) loadUnigram() error {
	if err := t.loadTexts(); err != nil {
		return err
	}
	u := &unigram{scores: make([]float64, len(t.kinds))}
	least := float32(math.MaxFloat32)
	var ids, user []int32
	for i, kind := range t.kinds {
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

// likeliest appends the tokens of text.
//
// The tokens before a place that no token crosses do not depend on what
// follows: they are appended there, so little is kept of a usual text. The
// scores go on, so that they are rounded as if all were kept.
func (e *encoder) likeliest(dst []int32, text string) []int32 {
	e.text = e.normalize(e.text[:0], text)
	b, u := e.text, e.t.unigram
	e.paths = append(e.paths[:0], path{})
	start, reach := 0, 0
	last := int32(-1) // the token appended last
	for i := 0; i < len(b) && !e.over(1); {
		if i > start && (i >= reach || i-start > maxWord) {
			dst, last = e.follow(dst, i-start, last)
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
	dst, _ = e.follow(dst, len(b)-start, last)
	return dst
}

// improve notes a path to a place if it is better than the one known.
func (e *encoder) improve(at int, p path) {
	for len(e.paths) <= at {
		e.paths = append(e.paths, path{score: -math.MaxFloat64, id: e.t.vocab.UNK})
	}
	if p.score > e.paths[at].score {
		e.paths[at] = p
	}
}

// follow appends the tokens of the path to a place, of several unknown ones
// that follow each other the first. last is the token before them.
func (e *encoder) follow(dst []int32, at int, last int32) ([]int32, int32) {
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
