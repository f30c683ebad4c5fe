package bpe

// runOf returns where the characters of class c that begin at s[i:] end.
func runOf(s string, i int, c class) int {
	for i < len(s) {
		k, n := classAt(s, i)
		if k != c {
			break
		}
		i += n
	}
	return i
}

// signs returns where the characters that are neither space nor letter nor
// number and begin at s[i:] end.
func signs(s string, i int) int {
	for i < len(s) {
		k, n := classAt(s, i)
		if k >= letter {
			break
		}
		i += n
	}
	return i
}

// spaces returns the length of the piece that white space at the beginning
// of s makes: all of it at the end of s, otherwise all but the last
// character, which belongs to the next word; that one alone if it is alone.
func spaces(s string) int {
	i, last := 0, 0
	for i < len(s) {
		k, n := classAt(s, i)
		if k != space {
			break
		}
		last, i = i, i+n
	}
	if i < len(s) && last > 0 {
		return last
	}
	return i
}

// suffix returns the length of the English suffix ('s, 't, 're, 've, 'm,
// 'll, 'd) at the beginning of s, 0 if there is none; fold is 0x20 to take
// capitals, too, otherwise 0.
func suffix(s string, fold byte) int {
	if len(s) < 2 || s[0] != '\'' {
		return 0
	}
	switch s[1] | fold {
	case 's', 't', 'm', 'd':
		return 2
	}
	if len(s) < 3 {
		return 0
	}
	a, b := s[1]|fold, s[2]|fold
	if (a == 'r' || a == 'v') && b == 'e' || a == 'l' && b == 'l' {
		return 3
	}
	return 0
}

// gpt2 is the stage of GPT-2:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func gpt2(s string) int {
	if n := suffix(s, 0); n > 0 {
		return n
	}
	i := 0
	if s[0] == ' ' && len(s) > 1 {
		i = 1
	}
	k, n := classAt(s, i)
	switch k {
	case letter, number:
		return runOf(s, i+n, k)
	case space:
		return spaces(s)
	}
	return signs(s, i+n)
}

// numbers returns where a number ends whose first digit ends at i.
func numbers(s string, i, digits int) int {
	for d := 1; d < digits && i < len(s); d++ {
		k, n := classAt(s, i)
		if k != number {
			break
		}
		i += n
	}
	return i
}

// newlines returns where the line ends at s[i:] end.
func newlines(s string, i int) int {
	for i < len(s) && (s[i] == '\r' || s[i] == '\n') {
		i++
	}
	return i
}

// lines returns the length of the piece of white space that begins s: up to
// and with the last line end, if there is any, otherwise as [spaces].
func lines(s string) int {
	end := 0
	for i := 0; i < len(s); {
		k, n := classAt(s, i)
		if k != space {
			break
		}
		i += n
		if c := s[i-n]; c == '\r' || c == '\n' {
			end = i
		}
	}
	if end > 0 {
		return end
	}
	return spaces(s)
}

// newline returns where the line end at s[i:] ends, if there is one.
func newline(s string, i int) int {
	if i < len(s) && (s[i] == '\r' || s[i] == '\n') {
		i++
	}
	return i
}

// slashes is [newlines] with slashes among them.
func slashes(s string, i int) int {
	for i < len(s) && (s[i] == '\r' || s[i] == '\n' || s[i] == '/') {
		i++
	}
	return i
}

// nothing is the part of a pattern that is not there.
func nothing(_ string, i int) int { return i }

// tabs cuts a piece of spaces that ends no line into pieces of 512, 256, … 4,
// 2 and 1, after a stage that has \s+(?!\S)|\s+ for
//
//	\s{512}(?!\S)| … |\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}
func tabs(s string) int {
	if c := s[len(s)-1]; c == '\r' || c == '\n' {
		return len(s)
	}
	var ends [513]int // where the first spaces end
	n := 0
	for end := 0; n < 512 && end < len(s); n++ {
		k, size := classAt(s, end)
		if k != space {
			break
		}
		end += size
		ends[n+1] = end
	}
	if n < 2 {
		return len(s) // a word with a space before it
	}
	k := 512
	for k > n {
		k /= 2
	}
	return ends[k]
}
