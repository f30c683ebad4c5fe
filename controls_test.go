package chord

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/grammar"
)

// TestControls wants control tokens in calls where the form has them, and nowhere
// else.
func TestControls(t *testing.T) {
	tok := vocabulary(t, "ggml-vocab-gpt-2.gguf", []string{"[TOOL_CALLS]", "[ARGS]", "<tool_call>"})
	const text = "a[TOOL_CALLS]f[ARGS]<tool_call>[ARGS]"
	marked := markControls(tok, text)
	if want := "a\x01[TOOL_CALLS]f\x01[ARGS]<tool_call>\x01[ARGS]"; marked != want {
		t.Errorf("got %q, want %q", marked, want)
	}
	value, err := grammar.Value(json.RawMessage(`{"type":"string"}`))
	if err != nil {
		t.Fatal(err)
	}
	g, err := grammar.Sequence(grammar.Literal(markControls(tok, "[TOOL_CALLS]")), value).Grammar()
	if err != nil {
		t.Fatal(err)
	}
	v := new(Model).chatVocabulary(tok)
	c := &constraint{matcher: g.NewMatcher(v), mask: make([]uint64, v.Words())}
	calls, _ := tok.ID("[TOOL_CALLS]")
	args, _ := tok.ID("[ARGS]")
	plain, _ := tok.ID("<tool_call>")
	if !c.allows(calls) || c.allows(args) || c.allows(plain) || c.allows(tok.Encode(nil, "[", bpe.EncodeOptions{NoBOS: true, NoParseSpecial: true})[0]) {
		t.Error("the call does not begin with its control token alone")
	}
	if ids := c.forced(tok, 8); ids != nil {
		t.Errorf("a control token is drafted as text: %d", ids)
	}
	quote := tok.Encode(nil, `"`, bpe.EncodeOptions{NoBOS: true, NoParseSpecial: true})
	for _, id := range slices.Concat([]int32{calls}, quote) {
		if err := c.matcher.Accept(id); err != nil {
			t.Fatal(err)
		}
	}
	if c.allows(calls) || c.allows(args) || !c.allows(plain) {
		t.Error("a string has control tokens, or lacks others")
	}
}
