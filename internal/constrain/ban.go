package constrain

import (
	"fmt"
	"math"

	"github.com/querent-ai/chord/internal/stream"
	"github.com/querent-ai/chord/sample"
)

// Bounds of Params.BannedStrings.
const (
	maxBanned       = 256
	maxBannedLength = 256
)

// maxReturns is how often a text goes back beyond the last token before a token is
// decided, and maxExcluded how many tokens are excluded one by one in a place before all
// that would complete a banned string there are excluded at once. They bound the work.
const (
	maxReturns  = 64
	maxExcluded = 16
)

// maxHeld is how many tokens are taken back at most.
const maxHeld = 1024

// CheckBanned returns a [sample.FieldError] if list cannot be banned.
func CheckBanned(list []string) error {
	if len(list) > maxBanned {
		return &sample.FieldError{Field: "BannedStrings", Reason: fmt.Sprintf("%d strings, at most %d", len(list), maxBanned)}
	}
	for i, s := range list {
		if len(s) == 0 || len(s) > maxBannedLength {
			return &sample.FieldError{
				Field:  fmt.Sprintf("BannedStrings[%d]", i),
				Reason: fmt.Sprintf("%d bytes, want 1 to %d", len(s), maxBannedLength),
			}
		}
	}
	return nil
}

// A Ban keeps banned strings out of a text. What it does depends on nothing but the
// tokens that were sampled.
type Ban struct {
	strings  *stream.Ban
	v        *Vocabulary
	excluded []exclusion // in the order of their places
	returns  int
}

// An exclusion is a token that may not come after place tokens.
type exclusion struct {
	place int
	id    int32
}

// NewBan returns a Ban on the strings of banned in a text that ends with the first
// complete string of stops.
func NewBan(v *Vocabulary, banned, stops []string) *Ban {
	return &Ban{strings: stream.NewBan(banned, stops), v: v}
}

// Add takes a token that was sampled. back is how many of the last tokens must be
// taken back; stopped says that a stop string is complete.
func (b *Ban) Add(id int32) (back int, stopped bool) {
	if b.v.IsControl(id) {
		return b.strings.Add("", b.v.Token(id))
	}
	back, stopped = b.strings.Add(b.v.Piece(id), "")
	if back > 1 && (b.returns == maxReturns || back > maxHeld) {
		back = 1
	}
	if back > 1 {
		b.returns++
	}
	return back, stopped
}

// Decided returns how many of the first waiting tokens are decided.
func (b *Ban) Decided(ended bool) int {
	n := b.strings.Decided(ended)
	if n > 0 {
		b.returns = 0
	}
	return n
}

// Back takes the last n tokens back and excludes id, the first of them, in its
// place.
func (b *Ban) Back(n int, id int32) {
	b.strings.Back(n)
	place := b.strings.Tokens()
	first := len(b.excluded)
	for first > 0 && b.excluded[first-1].place >= place {
		first--
	}
	for first < len(b.excluded) && b.excluded[first].place == place {
		first++
	}
	b.excluded = append(b.excluded[:first], exclusion{place, id})
}

// Exclude forbids the tokens that are excluded in the place of the next token.
func (b *Ban) Exclude(logits []float32) {
	forbidden := float32(math.Inf(-1))
	place, n := b.strings.Tokens(), 0
	for i := len(b.excluded) - 1; i >= 0 && b.excluded[i].place == place; i-- {
		if id := b.excluded[i].id; int(id) < len(logits) {
			logits[id] = forbidden
		}
		n++
	}
	if n < maxExcluded {
		return
	}
	for id := range min(len(logits), b.v.Len()) {
		if id := int32(id); !b.v.IsControl(id) && b.strings.Completes(b.v.Piece(id)) {
			logits[id] = forbidden
		}
	}
}

// Excludes reports whether a token is excluded in the place of the next one.
func (b *Ban) Excludes() bool {
	n := len(b.excluded)
	return n > 0 && b.excluded[n-1].place == b.strings.Tokens()
}
