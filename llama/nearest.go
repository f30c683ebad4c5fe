package llama

import (
	"fmt"
	"strings"
)

// maxArchName is above the length of any architecture's name; longer values are
// not compared with the known ones.
const maxArchName = 64

// unknownArch returns the error for an architecture that is not known. It names
// the nearest known one, so that a misspelt or newer name is seen at once.
func unknownArch(arch string) error {
	known, hint := Architectures(), ""
	if name := nearest(arch, known); name != "" {
		hint = fmt.Sprintf(", nearest is %q", name)
	}
	return fmt.Errorf("llama: general.architecture: %q%s, known are %s: %w",
		arch, hint, strings.Join(known, ", "), ErrUnsupported)
}

// nearest returns the name from which s differs by the fewest edits, the first of
// them, "" if all differ by more than half of s.
func nearest(s string, names []string) string {
	if len(s) > maxArchName {
		return ""
	}
	best, least := "", len(s)/2+1
	for _, name := range names {
		if d := editDistance(s, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// editDistance returns the fewest insertions, deletions and replacements of bytes
// that make b of a.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // distances of a[:i] to every b[:j]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
