package constrain

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/fixtures"
)

// vocabulary returns GPT-2's with control tokens and one special token that is text.
func vocabulary(t *testing.T, text string, control ...string) *Vocabulary {
	t.Helper()
	f, err := gguf.Open(fixtures.Path(t, "vocab", "ggml-vocab-gpt-2.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tokens, _, err := f.Strs("tokenizer.ggml.tokens")
	if err != nil {
		t.Fatal(err)
	}
	types, _, err := f.Ints("tokenizer.ggml.token_type")
	if err != nil {
		t.Fatal(err)
	}
	tokens, types = append(tokens, text), append(types, int32(bpe.UserDefined))
	for _, name := range control {
		tokens, types = append(tokens, name), append(types, int32(bpe.Control))
	}
	for _, kv := range []gguf.KV{{Key: "tokenizer.ggml.tokens", Value: tokens}, {Key: "tokenizer.ggml.token_type", Value: types}} {
		if err := f.Override(kv); err != nil {
			t.Fatal(err)
		}
	}
	tok, err := bpe.FromGGUF(f)
	if err != nil {
		t.Fatal(err)
	}
	return NewVocabulary(tok)
}

// TestMarked wants control tokens in a marked text where its grammar has them, and
// nowhere else.
func TestMarked(t *testing.T) {
	v := vocabulary(t, "<tool_call>", "[TOOL_CALLS]", "[ARGS]")
	const text = "a[TOOL_CALLS]f[ARGS]<tool_call>[ARGS]"
	if got, want := v.Mark(text), "a\x01[TOOL_CALLS]f\x01[ARGS]<tool_call>\x01[ARGS]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	value, err := grammar.Value(json.RawMessage(`{"type":"string"}`))
	if err != nil {
		t.Fatal(err)
	}
	set, err := grammar.Sequence(grammar.Literal(v.Mark("[TOOL_CALLS]")), value).Grammar()
	if err != nil {
		t.Fatal(err)
	}
	g := NewMarked(v, set, nil)
	calls, _ := v.ID("[TOOL_CALLS]")
	args, _ := v.ID("[ARGS]")
	plain, _ := v.ID("<tool_call>")
	if !g.Allows(calls) || g.Allows(args) || g.Allows(plain) || g.Allows(v.Tokenize("[")[0]) {
		t.Error("the call does not begin with its control token alone")
	}
	if ids := g.Forced(8); ids != nil {
		t.Errorf("a control token is drafted as text: %d", ids)
	}
	for _, id := range slices.Concat([]int32{calls}, v.Tokenize(`"`)) {
		if err := g.Accept(id); err != nil {
			t.Fatal(err)
		}
	}
	if g.Allows(calls) || g.Allows(args) || !g.Allows(plain) {
		t.Error("a string has control tokens, or lacks others")
	}
	g.Back(g.Accepted())
	if !g.Allows(calls) || g.Allows(plain) {
		t.Error("taken back, the call does not begin with its control token alone")
	}
	if NewMarked(v, set, []byte("x")) != nil {
		t.Error("a text that the grammar does not have can be continued")
	}
}

// TestGrammar forbids logits that the grammar does not allow, and those beyond the
// vocabulary.
func TestGrammar(t *testing.T) {
	v := vocabulary(t, "<tool_call>", "[ARGS]")
	set, err := grammar.Literal("once more").Grammar()
	if err != nil {
		t.Fatal(err)
	}
	g := NewGrammar(v, set)
	logits := make([]float32, v.Len()+3)
	if !g.Apply(logits) {
		t.Error("no token may come first")
	}
	for id, x := range logits {
		first := id < v.Len() && len(v.Piece(int32(id))) > 0 && !v.IsControl(int32(id)) && "once more"[:min(len(v.Piece(int32(id))), 9)] == v.Piece(int32(id))
		if (x == 0) != first {
			t.Fatalf("token %d: logit %g, may come: %v", id, x, first)
		}
	}
	if got, want := g.Forced(8), v.Tokenize("once more"); !slices.Equal(got, want) {
		t.Errorf("forced %d, want %d", got, want)
	}
	if got := g.Forced(1); len(got) != 1 {
		t.Errorf("forced %d, want one token", got)
	}
	for _, id := range v.Tokenize("once more") {
		if err := g.Accept(id); err != nil {
			t.Fatal(err)
		}
	}
	if !g.Accepting() || g.Accept(v.Tokenize("x")[0]) == nil {
		t.Error("the text goes on after its end")
	}
}
