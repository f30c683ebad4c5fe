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
