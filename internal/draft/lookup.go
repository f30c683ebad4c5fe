package draft

const (
	gram     = 3  // tokens of an n-gram
	shorter  = 2  // of one that is looked for if there is none of gram
	longest  = 16 // equal tokens that are counted
	reliable = 8  // equal tokens after which a different one is taken for an edit
	edited   = 4  // most tokens of an edit
)

// A Lookup proposes the tokens that followed the last tokens of a text where they
// occurred before: the occurrence with the most equal tokens before, of these the last.
// It serves one goroutine.
type Lookup struct {
	ids   []int32
	long  index // of n-grams of gram tokens
	short index // of shorter tokens

	at    int // position of the proposed token; 0: none
	equal int // tokens before at that are the last of the text; 0: all but the last one

	lost int // where an edit began
	left int // tokens that may still belong to it
}

// Add appends a token to the text.
func (l *Lookup) Add(id int32) {
	if l.long.n == 0 {
		l.long.gram, l.short.gram = gram, shorter
	}
	follows := l.at > 0 && l.at < len(l.ids) && l.ids[l.at] == id
	l.ids = append(l.ids, id)
	long, short := l.long.put(l.ids), l.short.put(l.ids)
	if l.left--; !follows && l.at > 0 && l.equal >= reliable {
		l.lost, l.left = l.at, edited
	}
	switch {
	case follows:
		l.at++
		l.equal++
		if long > 0 && long != l.at {
			if n := l.match(long); n >= min(l.equal, longest) {
				l.at, l.equal = long, n
			}
		}
	case long > 0:
		l.at, l.equal = long, l.match(long)
	case l.left == edited: // one token was replaced, perhaps
		l.at, l.equal = l.lost+1, 0
	case l.left > 0 && l.resume(id):
	case short > 0:
		l.at, l.equal = short, shorter
	default:
		l.at, l.equal = 0, 0
	}
}

// resume continues after an edit with id, if that is one of the tokens where it began.
func (l *Lookup) resume(id int32) bool {
	for at := l.lost; at < min(l.lost+edited, len(l.ids)-1); at++ {
		if l.ids[at] == id {
			l.at, l.equal = at+1, 1
			return true
		}
	}
	return false
}

// match returns how many tokens before at are the last of the text, at most longest.
func (l *Lookup) match(at int) int {
	n, end := 0, len(l.ids)
	for n < longest && n < at && l.ids[at-1-n] == l.ids[end-1-n] {
		n++
	}
	return n
}

// Propose adds at most n tokens to d.
func (l *Lookup) Propose(d *Draft, n int) {
	if l.at == 0 || l.at >= len(l.ids) {
		return
	}
	for i := range n {
		at := l.at + i
		if at >= len(l.ids) { // the proposal repeats itself
			at = l.at + i%(len(l.ids)-l.at)
		}
		d.Add(l.ids[at], matched(l.equal+i))
	}
}

// Next returns the proposal for the next token and its class, or false.
func (l *Lookup) Next() (int32, Class, bool) {
	if l.at == 0 || l.at >= len(l.ids) {
		return 0, 0, false
	}
	return l.ids[l.at], matched(l.equal), true
}

// An index has the position after the last occurrence of each n-gram of a text. It is a
// table with open addressing. A search ends after probes slots, whatever the text is, so
// that n-grams may be forgotten.
type index struct {
	gram  int
	slots []int32 // a power of two; 0: free
	n     int     // slots in use
}

const (
	probes     = 8
	leastSlots = 256
)

// put adds the n-gram at the end of ids. It returns the position after its last
// occurrence before, or 0.
func (x *index) put(ids []int32) int {
	if len(ids) < x.gram {
		return 0
	}
	if 2*x.n >= len(x.slots) {
		x.grow(ids)
	}
	return x.set(ids, len(ids))
}

// set stores position at and returns what it replaces.
func (x *index) set(ids []int32, at int) int {
	mask := uint64(len(x.slots) - 1)
	home := hash(ids[at-x.gram : at])
	for i := range uint64(probes) {
		slot := &x.slots[(home+i)&mask]
		old := int(*slot)
		if old == 0 {
			x.n++
		} else if !x.same(ids, old, at) {
			continue
		}
		*slot = int32(at)
		return old
	}
	x.slots[home&mask] = int32(at)
	return 0
}

// same reports whether the n-grams before two positions are equal.
func (x *index) same(ids []int32, a, b int) bool {
	for i := 1; i <= x.gram; i++ {
		if ids[a-i] != ids[b-i] {
			return false
		}
	}
	return true
}

// grow doubles the table.
func (x *index) grow(ids []int32) {
	old := x.slots
	x.slots, x.n = make([]int32, max(2*len(old), leastSlots)), 0
	for _, at := range old {
		if at > 0 {
			x.set(ids, int(at))
		}
	}
}

// hash returns a hash of tokens whose low and high bits are both good.
func hash(ids []int32) uint64 {
	h := uint64(0)
	for _, id := range ids {
		h = (h ^ uint64(uint32(id))) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	h *= 0xbf58476d1ce4e5b9
	return h ^ h>>32
}
