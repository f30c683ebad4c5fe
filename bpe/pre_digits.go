package bpe

// Some patterns split a number into groups of three digits from the right. A stage
// sees only the rest of a number, so counting its digits at every group would take
// quadratic time. Instead one stage splits off the leading one or two digits, and
// the next splits the rest into groups.

// fromRight returns the stages that split \p{N}+ into groups of three from the
// right. As in llama.cpp, text before a number stays with its first digits.
func fromRight() []stage { return []stage{afterNumber, leadingDigits, threeDigits} }

// afterNumber splits after a number.
func afterNumber(s string) int {
	return classRun(s, numberIndex(s), number)
}

// leadingDigits splits after the first one to three digits of a number, so that
// the number of digits after them is a multiple of 3. It does not split a number
// without text before it whose digits are a multiple of 3.
func leadingDigits(s string) int {
	start := numberIndex(s)
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

// threeDigits splits after three digits.
func threeDigits(s string) int {
	if k, n := classAt(s, 0); k == number {
		return numbers(s, n, 3)
	}
	return len(s)
}

// numberIndex returns where the first number of s begins, len(s) for none.
func numberIndex(s string) int {
	for i := 0; i < len(s); {
		k, n := classAt(s, i)
		if k == number {
			return i
		}
		i += n
	}
	return len(s)
}

// superBPEDigits returns the stages \p{N}+, (?=(\d{3})+(?!\d)). Only digits of
// ASCII count; others stay with the text before them.
func superBPEDigits() []stage {
	return []stage{runs(classSet(number)), beforeThrees, firstThree}
}

// beforeThrees splits before a group of three, six, … digits that ends a number.
func beforeThrees(s string) int {
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

// firstThree splits after three digits that more digits follow.
func firstThree(s string) int {
	if len(s) > 3 && isDigit(s[0]) && isDigit(s[1]) && isDigit(s[2]) && isDigit(s[3]) {
		return 3
	}
	return len(s)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
