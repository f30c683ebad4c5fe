package bpe

import (
	"sort"
	"strings"
)

// maxWalk is the longest special token that is found byte by byte; longer
// ones, which no usual vocabulary has, are searched each on its own.
const maxWalk = 64

// specials finds which special tokens a text has, in one pass over it.
type specials struct {
	t      *Tokenizer
	ranked []int32    // their ids, longest first: the order in which they are cut out of a text
	sorted []int32    // ranks of those up to maxWalk, by text
	start  [257]int32 // in sorted, by first byte
	long   []int32    // ranks of the others
	strips []strip    // what each takes with it, by rank
}

// newSpecials lists the control, user-defined and unknown tokens.
func newSpecials(t *Tokenizer) *specials {
	f := &specials{t: t}
	for id, kind := range t.kinds {
		if kind == Control || kind == UserDefined || kind == Unknown {
			f.ranked = append(f.ranked, int32(id))
		}
	}
	sort.SliceStable(f.ranked, func(i, j int) bool { return len(f.name(int32(i))) > len(f.name(int32(j))) })
	f.strips = t.strips(f.ranked)
	for rank := range int32(len(f.ranked)) {
		if len(f.name(rank)) > maxWalk {
			f.long = append(f.long, rank)
		} else {
			f.sorted = append(f.sorted, rank)
		}
	}
	sort.Slice(f.sorted, func(i, j int) bool { return f.name(f.sorted[i]) < f.name(f.sorted[j]) })
	for _, rank := range f.sorted {
		f.start[int(f.name(rank)[0])+1]++
	}
	for b := range 256 {
		f.start[b+1] += f.start[b]
	}
	return f
}

func (f *specials) name(rank int32) string { return f.t.vocab.Tokens[f.ranked[rank]] }

// find appends the ranks of the special tokens that occur in text and that o
// lets be found, in ascending order.
func (f *specials) find(found []int32, text string, o EncodeOptions) []int32 {
	for _, rank := range f.long {
		if strings.Contains(text, f.name(rank)) {
			found = f.note(found, rank, o)
		}
	}
	for i := range len(text) {
		lo, hi := f.start[text[i]], f.start[int(text[i])+1]
		for n := 1; lo < hi; n++ {
			if len(f.name(f.sorted[lo])) == n {
				found = f.note(found, f.sorted[lo], o)
				lo++
			}
			if i+n == len(text) {
				break
			}
			lo, hi = f.narrow(lo, hi, n, text[i+n])
		}
	}
	return found
}

// narrow returns which of sorted[lo:hi], all longer than n and equal so far,
// have b at n.
func (f *specials) narrow(lo, hi int32, n int, b byte) (int32, int32) {
	list := f.sorted[lo:hi]
	first := sort.Search(len(list), func(i int) bool { return f.name(list[i])[n] >= b })
	list = list[first:]
	end := sort.Search(len(list), func(i int) bool { return f.name(list[i])[n] > b })
	return lo + int32(first), lo + int32(first+end)
}

// note enters rank into found, which stays in order, unless it is there.
func (f *specials) note(found []int32, rank int32, o EncodeOptions) []int32 {
	if o.NoParseSpecial && f.t.kinds[f.ranked[rank]] != UserDefined {
		return found
	}
	i := sort.Search(len(found), func(i int) bool { return found[i] >= rank })
	if i < len(found) && found[i] == rank {
		return found
	}
	found = append(found, 0)
	copy(found[i+1:], found[i:])
	found[i] = rank
	return found
}

// split appends the tokens of text, which begins at byte at of what is
// encoded, and of which the special tokens ranked found are cut out first: all
// places of the longest token, then the next.
func (e *encoder) split(dst []int32, text string, at int, found []int32) []int32 {
	if cap(found) > cap(e.found) {
		e.found = found
	}
	for k, rank := range found {
		id, name := e.t.special.ranked[rank], e.t.special.name(rank)
		for {
			i := e.index(text, at, id)
			if i < 0 {
				break
			}
			left, start, strip := text[:i], at, e.t.special.strips[rank]
			rest := text[i+len(name):]
			if strip&stripRight != 0 {
				rest = strings.TrimLeft(rest, asciiSpace)
			}
			at += len(text) - len(rest)
			text = rest
			if strip&stripLeft != 0 {
				left = strings.TrimRight(left, asciiSpace)
			}
			dst = append(e.split(dst, left, start, found[k+1:]), id)
			e.afterSpecial = true
		}
	}
	return e.raw(dst, text)
}

// index returns where the special token id is first found in text, which
// begins at byte at of what is encoded, -1 if nowhere.
func (e *encoder) index(text string, at int, id int32) int {
	name, from := e.t.vocab.Tokens[id], 0
	for {
		i := strings.Index(text[from:], name)
		if i < 0 || e.t.kinds[id] == UserDefined || !e.isText(at+from+i, len(name)) {
			if i >= 0 {
				i += from
			}
			return i
		}
		from += i + 1
	}
}

// isText reports whether one of the n bytes from start lies in e.plain.
func (e *encoder) isText(start, n int) bool {
	i := sort.Search(len(e.plain), func(i int) bool { return e.plain[i].End > start })
	return i < len(e.plain) && e.plain[i].Start < start+n
}
