package core

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/cespare/xxhash/v2"
)

// PrefixHeader is the header that names the beginning of a prompt, for balancers: requests
// with the same one profit from the cache of the replica that had the first of them.
const PrefixHeader = "X-Chord-Prefix"

const (
	prefixBytes = 1024 // of a prompt that is a text
	prefixIDs   = 256  // of one that is tokens
)

// ownPrefix is the form of a header that a request may bring: it is told back.
var ownPrefix = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// SetPrefix sets the header of the answer, unless it has one, to what the request or else
// a run says. Generate does so with its first run; an API that makes ids of texts gives
// the texts before.
func (x *Exchange) SetPrefix(r *Run) {
	if x.Header().Get(PrefixHeader) != "" {
		return
	}
	name := x.Request.Header.Get(PrefixHeader)
	if !ownPrefix.MatchString(name) {
		name = prefixOf(r)
	}
	x.Header().Set(PrefixHeader, name)
}

// prefixOf returns 16 hexadecimal digits, the XXH64 of what the prompts of a conversation
// share: the texts and pictures of the messages up to the first of the user. Of a text it is that of
// the first 1,024 bytes, of tokens that of the first 256, as decimals with commas.
// It depends on the request alone, so every replica computes the same, and a balancer can.
func prefixOf(r *Run) string {
	h := xxhash.New()
	switch {
	case r.Messages != nil:
		for i := range r.Messages {
			_, _ = h.WriteString(r.Messages[i].Content)
			for _, p := range r.Messages[i].Parts {
				_, _ = h.Write(p.Image)
			}
			if r.Messages[i].Role == "user" {
				break
			}
		}
	case r.IDs != nil:
		for i, id := range r.IDs[:min(len(r.IDs), prefixIDs)] {
			if i > 0 {
				_, _ = h.WriteString(",")
			}
			_, _ = h.WriteString(strconv.Itoa(int(id)))
		}
	default:
		_, _ = h.WriteString(r.Prompt[:min(len(r.Prompt), prefixBytes)])
	}
	return fmt.Sprintf("%016X", h.Sum64())
}
