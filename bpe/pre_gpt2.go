package bpe

// The functions below with a parameter i return the end of a match at s[i:]; it is
// i if nothing matches.

// classRun matches a run of characters of class c.
func classRun(s string, i int, c class) int {
	for i < len(s) {
		k, n := classAt(s, i)
		if k != c {
			break
		}
		i += n
	}
	return i
}

// signs matches [^\s\p{L}\p{N}]*.
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

// whiteSpace returns the length of \s+(?!\S)|\s+ at the beginning of s: all white
// space up to the end of s; before a word all but the last character, which
// belongs to the word, but at least one.
func whiteSpace(s string) int {
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

// contraction returns the length of the English contraction ('s, 't, 're, 've, 'm,
// 'll, 'd) at the beginning of s, 0 for none. fold is 0x20 to ignore case, else 0.
func contraction(s string, fold byte) int {
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

// gpt2 matches the pattern of GPT-2:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func gpt2(s string) int {
	if n := contraction(s, 0); n > 0 {
		return n
	}
	i := 0
	if s[0] == ' ' && len(s) > 1 {
		i = 1
	}
	k, n := classAt(s, i)
	switch k {
	case letter, number:
		return classRun(s, i+n, k)
	case space:
		return whiteSpace(s)
	}
	return signs(s, i+n)
}

// numbers matches \p{N}{0,digits-1}: the rest of a number whose first digit ends
// at i.
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

// newlines matches [\r\n]*.
func newlines(s string, i int) int {
	for i < len(s) && (s[i] == '\r' || s[i] == '\n') {
		i++
	}
	return i
}

// whiteSpaceLines returns the length of \s*[\r\n]+|\s+(?!\S)|\s+ at the beginning
// of s: white space up to the last newline, without one as [whiteSpace].
func whiteSpaceLines(s string) int {
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
	return whiteSpace(s)
}

// oneNewline matches [\r\n]?.
func oneNewline(s string, i int) int {
	if i < len(s) && (s[i] == '\r' || s[i] == '\n') {
		i++
	}
	return i
}

// newlinesAndSlashes matches [\r\n/]*.
func newlinesAndSlashes(s string, i int) int {
	for i < len(s) && (s[i] == '\r' || s[i] == '\n' || s[i] == '/') {
		i++
	}
	return i
}

// noNewlines matches nothing.
func noNewlines(_ string, i int) int { return i }

// jais2Spaces splits a run of white space without a newline at its end into parts
// of 512, 256, … 4, 2 and 1 characters, after a stage with \s+(?!\S)|\s+ in place
// of
//
//	\s{512}(?!\S)| … |\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}
func jais2Spaces(s string) int {
	if c := s[len(s)-1]; c == '\r' || c == '\n' {
		return len(s)
	}
	var ends [513]int // ends of the first spaces
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
