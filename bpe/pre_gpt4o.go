package bpe

// A caseStage is the stage of GPT-4o and its relatives, in which a word begins
// with capitals and goes on with small letters:
//
//	X?U*L+S?|X?U+L*S?|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
//
// with X [^\r\n\p{L}\p{N}], S an English suffix, U letters but a to z, L
// letters but A to Z: letters beyond ASCII are both.
type caseStage struct {
	digits   int
	marks    bool // U and L have \p{M}, too
	caseless bool // U and L have all letters
	suffixes bool
}

func (w caseStage) cut(s string) int {
	k, n := classAt(s, 0)
	if k == letter || k == mark && w.marks || k != number && s[0] != '\r' && s[0] != '\n' {
		if end := w.word(s, k, n); end > 0 {
			if w.suffixes {
				end += suffix(s[end:], 0x20)
			}
			return end
		}
	}
	if k == number {
		return numbers(s, n, w.digits)
	}
	i := 0
	if s[0] == ' ' {
		i = 1
	}
	if end := signs(s, i); end > i {
		return slashes(s, end)
	}
	return lines(s)
}

// word returns where the word at the beginning of s, whose first character is
// of class k and n bytes long, ends; 0 if there is none.
func (w caseStage) word(s string, k class, n int) int {
	if k == letter {
		n = 0
	}
	low, up := w.match(s, n)
	if low == 0 && k == mark && w.marks {
		low, _ = w.match(s, 0)
	}
	if low > 0 {
		return low
	}
	return up
}

// match returns where U*L+ and U+ that begin at s[i:] end, 0 for what does
// not match. U* gives back letters until one of L follows.
func (w caseStage) match(s string, i int) (low, up int) {
	start := i
	for i < len(s) {
		c := s[i]
		k, n := classAt(s, i)
		if !w.caseless && 'a' <= c && c <= 'z' {
			return w.small(s, i+1), i
		}
		if k != letter && (k != mark || !w.marks) {
			break
		}
		i += n
		if w.caseless || c < 'A' || c > 'Z' {
			low = i
		}
	}
	if i > start {
		up = i
	}
	return low, up
}

// small returns where the letters of L that begin at s[i:] end.
func (w caseStage) small(s string, i int) int {
	for i < len(s) && (s[i] < 'A' || s[i] > 'Z') {
		k, n := classAt(s, i)
		if k != letter && (k != mark || !w.marks) {
			break
		}
		i += n
	}
	return i
}
