package ollama

import (
	"context"
	"fmt"
	"sort"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
)

// fit makes a chat fit in the context that the request wants: it leaves out the oldest
// messages, but for those of the system and the last one, and bounds the answer. The
// chat itself is cut only if the request lets it be.
func (c *common) fit(ctx context.Context, m *core.Lease, run *core.Run) error {
	limit := m.Context()
	if c.contextLength > 0 {
		limit = min(limit, c.contextLength)
	}
	ids, err := m.ChatTokens(ctx, run.Messages, run.Params)
	if err != nil {
		return err
	}
	if len(ids) > limit && (c.Truncate == nil || *c.Truncate) {
		if run.Messages, ids, err = newest(ctx, m, run, limit); err != nil {
			return err
		}
	}
	return c.bound(m, &run.Params, len(ids))
}

// bound bounds the answer to a prompt of n tokens by the context that the request wants.
func (c *common) bound(m *core.Lease, p *chord.ChatParams, n int) error {
	limit := c.contextLength
	if limit == 0 || limit >= m.Context() {
		return nil
	}
	if n > limit {
		return fmt.Errorf("prompt of %d tokens, num_ctx of %d: %w", n, limit, chord.ErrContextFull)
	}
	if rest := max(1, limit-n); p.MaxTokens <= 0 || p.MaxTokens > rest {
		p.MaxTokens = rest
	}
	return nil
}

// newest returns as many of the newest messages of a run as fit in limit tokens, after
// the system's, and their tokens; at least the last one.
func newest(ctx context.Context, m *core.Lease, run *core.Run, limit int) ([]chord.Message, []int32, error) {
	var fixed, rest []chord.Message
	for i, msg := range run.Messages {
		if msg.Role == "system" && i < len(run.Messages)-1 {
			fixed = append(fixed, msg)
		} else {
			rest = append(rest, msg)
		}
	}
	from := func(i int) []chord.Message { return append(fixed[:len(fixed):len(fixed)], rest[i:]...) }
	var failed error
	drop := sort.Search(len(rest)-1, func(i int) bool { // the number of messages left out
		ids, err := m.ChatTokens(ctx, from(i), run.Params)
		if err != nil { // such as a template that wants the user first
			failed = err
			return false
		}
		return len(ids) <= limit
	})
	for drop < len(rest)-1 && rest[drop].Role != "user" { // a chat begins with its user
		drop++
	}
	ids, err := m.ChatTokens(ctx, from(drop), run.Params)
	if err != nil && failed != nil {
		err = failed
	}
	return from(drop), ids, err
}
