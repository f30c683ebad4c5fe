package stream

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestBan compares with the definition, for texts of few letters cut anywhere: the text
// never has a banned string, goes back to the token that it begins in, or the first
// that is held, and holds no more than may begin one.
func TestBan(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ab"[rng.IntN(2)]
		}
		return string(b)
	}
	backs := 0
	for range 3000 {
		banned := []string{word(1 + rng.IntN(5)), word(2 + rng.IntN(6))}
		stops := []string{word(6)}
		b := NewBan(banned, stops)
		var given, held []string
		wentBack := false // then what is given out may end in the beginning of one
		for range 30 {
			token := word(rng.IntN(4))
			before := strings.Join(append(slices.Clone(given), held...), "")
			completes := slices.ContainsFunc(banned, func(s string) bool { return strings.Contains(before+token, s) })
			if got := b.Completes(token); got != completes {
				t.Fatalf("%q after %q: completes %q: %v", token, before, banned, got)
			}
			held = append(held, token)
			back, stopped := b.Add(token, "")
			if stopped {
				if !strings.Contains(before+token, stops[0]) {
					t.Fatalf("%q: stopped by %q", before+token, stops)
				}
				break
			}
			if (back > 0) != completes {
				t.Fatalf("%q after %q: %d, banned %q", token, before, back, banned)
			}
			if back > 0 {
				backs++
				wentBack = true
				if want := begins(given, held, banned); back != want {
					t.Fatalf("%q + %q goes back by %d, want %d, banned %q", given, held, back, want, banned)
				}
				b.Back(back)
				held = held[:len(held)-back]
			} else {
				n := b.Decided(false)
				given, held = append(given, held[:n]...), held[n:]
				text := strings.Join(append(slices.Clone(given), held...), "")
				open := mayStop(text, banned)
				if size := len(strings.Join(held, "")); size < open && !wentBack || len(held) > 0 && size-len(held[0]) >= open && open > 0 || open == 0 && len(held) > 0 {
					t.Fatalf("%q + %q: holds %d bytes, %d may begin one of %q", given, held, size, open, banned)
				}
			}
			if b.Tokens() != len(given)+len(held) {
				t.Fatalf("%d tokens, want %d", b.Tokens(), len(given)+len(held))
			}
		}
	}
	if backs < 1000 {
		t.Errorf("went back only %d times", backs)
	}
}

// begins returns how many held tokens there are from the one on in which the first
// banned string to be complete begins.
func begins(given, held, banned []string) int {
	text := strings.Join(append(slices.Clone(given), held...), "")
	before, _ := cut(text, banned)
	start := len(before)
	for n := 1; ; n++ {
		rest := len(strings.Join(held[len(held)-n:], ""))
		if n == len(held) || len(text)-rest <= start {
			return n
		}
	}
}
