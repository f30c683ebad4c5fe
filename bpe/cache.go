package bpe

import "hash/maphash"

const (
	cacheSlots = 1 << 12 // 256 KiB; with four times as many encoding is a third faster
	cacheBytes = 22      // longest word that is kept
	cacheIDs   = 9       // most tokens of a word that is kept
)

// A cache keeps the tokens of words that were seen: a slot per hash, the
// last word in it wins.
type cache struct {
	seed  maphash.Seed
	slots [cacheSlots]cacheSlot
}

type cacheSlot struct {
	ids      [cacheIDs]int32
	n, count uint8 // bytes, ids; n = 0: free
	word     [cacheBytes]byte
}

// slot returns the place of word, nil if it is too long for one.
func (c *cache) slot(word []byte) *cacheSlot {
	if len(word) > cacheBytes {
		return nil
	}
	return &c.slots[maphash.Bytes(c.seed, word)%cacheSlots]
}

func (s *cacheSlot) holds(word []byte) bool {
	return int(s.n) == len(word) && string(s.word[:s.n]) == string(word)
}

// keep puts a word into its slot, if its tokens have room there.
func (s *cacheSlot) keep(word []byte, ids []int32) {
	if len(ids) > cacheIDs {
		return
	}
	s.n, s.count = uint8(copy(s.word[:], word)), uint8(copy(s.ids[:], ids))
}
