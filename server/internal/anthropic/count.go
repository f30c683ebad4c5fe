package anthropic

import (
	"encoding/json"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server/internal/core"
)

// promptTokens returns the number of tokens of a run's prompt.
func promptTokens(m *core.Lease, run *core.Run) (int, error) {
	t, err := m.ChatTemplate()
	if err != nil {
		return 0, err
	}
	tok := m.Tokenizer()
	if tok == nil {
		return 0, chord.ErrClosed
	}
	o := chord.ChatOptions{Vars: run.Params.Vars}
	if run.Params.ToolChoice != "none" {
		for i := range run.Params.Tools {
			raw, err := json.Marshal(run.Params.Tools[i])
			if err != nil {
				return 0, err
			}
			o.Tools = append(o.Tools, raw)
		}
	}
	ids, err := t.Encode(run.Messages, o, tok)
	return len(ids), err
}
