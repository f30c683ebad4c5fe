package bpe

// Some patterns cut numbers into threes from the right. A stage sees only what
// is left of a number, so counting anew at every cut would take time that
// grows with the square of its length: one stage cuts off what is over, the
// next cuts the threes.

// thirds is the stages that cut \p{N}+ into threes from the right, as
// llama.cpp does it: what precedes a number stays with its first digits.
func thirds() []stage { return []stage{throughNumber, over, three} }

// throughNumber cuts after a number.
func throughNumber(s string) int {
	return runOf(s, unnumbered(s), number)
}

// over cuts after the first one to three digits of a number, unless it is a
// number only and its count of digits a multiple of 3.
func over(s string) int {
	start := unnumbered(s)
	n, end := 0, start
	var ends [4]int
	for end < len(s) {
		k, size := classAt(s, end)
		if k != number {
			break
		}
		end += size
		if n++; n < len(ends) {
			ends[n] = end
		}
	}
	switch {
	case n%3 > 0:
		return ends[n%3]
	case n > 0 && start > 0:
		return ends[3]
	}
	return len(s)
}

// three cuts after three digits.
func three(s string) int {
	if k, n := classAt(s, 0); k == number {
		return numbers(s, n, 3)
	}
	return len(s)
}

// unnumbered returns where the first number of s begins.
func unnumbered(s string) int {
	for i := 0; i < len(s); {
		k, n := classAt(s, i)
		if k == number {
			return i
		}
		i += n
	}
	return len(s)
}

// superThirds is the stages \p{N}+, (?=(\d{3})+(?!\d)): the digits of ASCII
// count, others stay with what precedes them.
func superThirds() []stage {
	return []stage{runs(classSet(number)), nextThirds, firstThird}
}

// nextThirds cuts before digits of which three, six, … follow each other, but
// not within them.
func nextThirds(s string) int {
	for i := 0; i < len(s); {
		if !isDigit(s[i]) {
			i++
			continue
		}
		start := i
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		if at := i - (i-start)/3*3; at > 0 && at < i {
			return at
		}
	}
	return len(s)
}

// firstThird cuts off three digits before others.
func firstThird(s string) int {
	if len(s) > 3 && isDigit(s[0]) && isDigit(s[1]) && isDigit(s[2]) && isDigit(s[3]) {
		return 3
	}
	return len(s)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
