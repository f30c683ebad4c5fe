package bpe

import "math/bits"

// marks is a set of numbers: bits, above them a bit for every word of bits
// that is not empty, and so on up to one word.
type marks struct{ levels [][]uint64 }

// reset makes the set empty, for numbers below n.
func (m *marks) reset(n int) {
	for level := 0; ; level++ {
		n = n>>6 + 1
		if level == len(m.levels) {
			m.levels = append(m.levels, nil)
		}
		if cap(m.levels[level]) < n {
			m.levels[level] = make([]uint64, n)
		} else {
			m.levels[level] = m.levels[level][:n]
			clear(m.levels[level])
		}
		if n == 1 {
			m.levels = m.levels[:level+1]
			return
		}
	}
}

// set puts i in.
func (m *marks) set(i int) {
	for _, words := range m.levels {
		was := words[i>>6]
		words[i>>6] = was | 1<<(i&63)
		if was != 0 {
			return
		}
		i >>= 6
	}
}

// has reports whether i is in the set.
func (m *marks) has(i int) bool { return m.levels[0][i>>6]>>(i&63)&1 != 0 }

// before returns the largest number below i, -1 if there is none.
func (m *marks) before(i int) int {
	for level, words := range m.levels {
		low := words[i>>6] & (1<<(i&63) - 1)
		i >>= 6
		if low == 0 {
			continue
		}
		i = i<<6 | (bits.Len64(low) - 1)
		for level--; level >= 0; level-- {
			i = i<<6 | (bits.Len64(m.levels[level][i]) - 1)
		}
		return i
	}
	return -1
}
