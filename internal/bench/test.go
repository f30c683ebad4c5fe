// Package bench is what all benchmarks of this repository share: the names of
// tests, the output of llama-bench, medians and ratios, and the header that says
// where rows of benchdata come from. It runs nothing itself.
package bench

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Test is what one row measures.
type Test struct {
	Prompt int // tokens read at once
	Gen    int // tokens generated after them, one by one
	Depth  int // tokens in the sequence before the test
	Seqs   int // sequences that generate at the same time, at least one
}

// Name returns the test's name in llama-bench's spelling: pp512, tg128,
// pp512+tg128, "tg128 @ d4096"; with several sequences "tg128 x8".
func (t Test) Name() string {
	var parts []string
	if t.Prompt > 0 {
		parts = append(parts, fmt.Sprintf("pp%d", t.Prompt))
	}
	if t.Gen > 0 {
		parts = append(parts, fmt.Sprintf("tg%d", t.Gen))
	}
	name := strings.Join(parts, "+")
	if t.Seqs > 1 {
		name += fmt.Sprintf(" x%d", t.Seqs)
	}
	if t.Depth > 0 {
		name += fmt.Sprintf(" @ d%d", t.Depth)
	}
	return name
}

// Word returns Name without its spaces, which the name of a Go benchmark may
// not have: tg128@d4096.
func (t Test) Word() string { return strings.ReplaceAll(t.Name(), " ", "") }

// Tokens returns how many tokens count in the test's rate.
func (t Test) Tokens() int { return (t.Prompt + t.Gen) * t.Seqs }

// spelled matches a test's name without spaces. The depth may be spelled pp, as
// ik_llama.cpp does.
var spelled = regexp.MustCompile(`^(?:pp(\d+))?(?:(?:^|\+)tg(\d+))?(?:x(\d+))?(?:@(?:d|pp)(\d+))?$`)

// ParseTest returns the test that Name or Word spell. It also reads
// ik_llama.cpp's "tg32@pp1024", which generates 32 tokens at depth 1024.
func ParseTest(name string) (Test, error) {
	m := spelled.FindStringSubmatch(strings.Join(strings.Fields(name), ""))
	if m == nil {
		return Test{}, fmt.Errorf("test %q: want a name like pp512, tg128 or pp512+tg128 @ d4096", name)
	}
	t := Test{Seqs: 1}
	for i, to := range []*int{&t.Prompt, &t.Gen, &t.Seqs, &t.Depth} {
		if m[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(m[i+1])
		if err != nil {
			return Test{}, fmt.Errorf("test %q: %w", name, err)
		}
		*to = n
	}
	if t.Prompt+t.Gen <= 0 || t.Seqs < 1 {
		return Test{}, fmt.Errorf("test %q: measures no tokens", name)
	}
	return t, nil
}
