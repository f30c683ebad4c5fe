package grammar

import (
	"maps"
	"slices"
	"unicode"
)

// [automaton] Blumer et al., The Smallest Automaton Recognizing the Subwords of a Text, 1985

// A suffixState is a state of the automaton of the parts of a list [automaton].
type suffixState struct {
	length int // of the longest part that leads here
	link   int
	next   map[string]int
}

// substrings returns the expression of any number of chunks that follow one
// another in the list.
func (x *exprs) substrings(chunks []string) expr {
	states := suffixAutomaton(chunks)
	order := make([]int, len(states))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return states[b].length - states[a].length })
	made := make([]expr, len(states))
	for _, s := range order { // those that others lead to first
		alts := []expr{eps}
		for _, c := range slices.Sorted(maps.Keys(states[s].next)) {
			alts = append(alts, x.concat(x.bytes(c), made[states[s].next[c]]))
		}
		made[s] = x.or(alts...)
	}
	return made[0]
}

func suffixAutomaton(chunks []string) []suffixState {
	states := []suffixState{{link: -1, next: map[string]int{}}}
	last := 0
	for _, c := range chunks {
		if c == "" {
			continue
		}
		added := len(states)
		states = append(states, suffixState{length: states[last].length + 1, next: map[string]int{}})
		at := last
		for at >= 0 && states[at].next[c] == 0 {
			states[at].next[c] = added
			at = states[at].link
		}
		if at >= 0 {
			to := states[at].next[c]
			if states[at].length+1 != states[to].length {
				copied := len(states)
				states = append(states, suffixState{states[at].length + 1, states[to].link, maps.Clone(states[to].next)})
				states[to].link = copied
				for ; at >= 0 && states[at].next[c] == to; at = states[at].link {
					states[at].next[c] = copied
				}
				to = copied
			}
			states[added].link = to
		}
		last = added
	}
	return states
}

// words cuts a text into words, blanks and the rest.
func words(text string) (list []string) {
	kind := func(c rune) int {
		switch {
		case unicode.IsSpace(c):
			return 0
		case unicode.IsLetter(c) || unicode.IsNumber(c) || c == '_':
			return 1
		}
		return 2
	}
	start, last := 0, -1
	for i, c := range text {
		k := kind(c)
		if i > 0 && k != last {
			list = append(list, text[start:i])
			start = i
		}
		last = k
	}
	return append(list, text[start:])
}
