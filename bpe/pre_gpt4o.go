package bpe

// A gpt4oStage matches the pattern of GPT-4o and its variants, where a word is
// uppercase letters followed by lowercase letters:
//
//	X?U*L+S?|X?U+L*S?|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
//
// with X [^\r\n\p{L}\p{N}], S a contraction, U letters but a to z, L letters but A
// to Z: letters beyond ASCII are in both.
type gpt4oStage struct {
	digits       int
	marks        bool // U and L have \p{M}, too
	caseless     bool // U and L have all letters
	contractions bool
}

func (w gpt4oStage) cut(s string) int {
	k, n := classAt(s, 0)
	if k == letter || k == mark && w.marks || k != number && s[0] != '\r' && s[0] != '\n' {
		if end := w.word(s, k, n); end > 0 {
			if w.contractions {
				end += contraction(s[end:], 0x20)
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
		return newlinesAndSlashes(s, end)
	}
	return whiteSpaceLines(s)
}

// word returns the end of the word at the beginning of s, whose first character
// has class k and n bytes; 0 for none.
func (w gpt4oStage) word(s string, k class, n int) int {
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

// match returns the end of U*L+ and of U+ at s[i:], 0 for no match. U*
// backtracks until a letter of L follows.
func (w gpt4oStage) match(s string, i int) (low, up int) {
	start := i
	for i < len(s) {
		c := s[i]
		k, n := classAt(s, i)
		if !w.caseless && 'a' <= c && c <= 'z' {
			return w.lowerRun(s, i+1), i
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

// lowerRun returns the end of L* at s[i:].
func (w gpt4oStage) lowerRun(s string, i int) int {
	for i < len(s) && (s[i] < 'A' || s[i] > 'Z') {
		k, n := classAt(s, i)
		if k != letter && (k != mark || !w.marks) {
			break
		}
		i += n
	}
	return i
}
