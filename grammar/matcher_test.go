package grammar

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// smallVocab is all single bytes and some tokens that go over the ends of words
// and the middle of characters.
func smallVocab() *testVocab {
	var tokens [][]byte
	for b := range 256 {
		tokens = append(tokens, []byte{byte(b)})
	}
	for _, s := range []string{`{"`, `":`, `": `, `",`, `"}`, `", "`, "]}", "12", "123", "tru", "true", "fal", "é"[:1] + "", "é", "a\xc3", "\xa9b",
		"日本", "日\xe6", "abc", "abcdefghij", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", "hello world", "\n  ", "\\n", `\u00`, "null", "-1", "0.", "abc"} {
		tokens = append(tokens, []byte(s))
	}
	tokens = append(tokens, []byte("</s>"), nil, []byte("<pad>"))
	n := int32(len(tokens))
	v := &testVocab{ids: map[string]int32{}, eos: n - 3}
	for id, s := range tokens[:n-3] {
		v.ids[string(s)] = int32(id)
	}
	v.Vocab = NewVocab(tokens, []int32{n - 3}, []int32{n - 1})
	return v
}

var matcherGrammars = []struct {
	name string
	make func() (*Grammar, error)
}{
	{"json", func() (*Grammar, error) { return JSONObject(), nil }},
	{"schema", func() (*Grammar, error) {
		return JSONSchema([]byte(`{"type":"object","properties":{"a":{"type":"string","maxLength":12},"abc":{"enum":["true","日本",12]},"n":{"type":"integer","minimum":-3}},"required":["a"]}`))
	}},
	{"recursive", func() (*Grammar, error) {
		return JSONSchema([]byte(`{"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"é":{"type":"string","pattern":"^[a-zé]*$"},"c":{"type":"array","items":{"$ref":"#/$defs/t"}}},"additionalProperties":false}}}`))
	}},
	{"regexp", func() (*Grammar, error) { return Regexp(`(?!abc)[a-z日本é]{2,30}|hello world+`) }},
	{"gbnf", func() (*Grammar, error) {
		return GBNF("root ::= e\ne ::= e [-+] t | t\nt ::= [0-9]+ | \"(\" e \")\" | [^\\x00-\\x7f]")
	}},
	{"choices", func() (*Grammar, error) { return Choices([]string{"true", "tru", "abc", "é", "日本"}) }},
}

// TestMask compares every mask of random walks with trying all tokens one by one.
func TestMask(t *testing.T) {
	v := smallVocab()
	for _, c := range matcherGrammars {
		g, err := c.make()
		if err != nil {
			t.Fatal(c.name, err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for range 20 {
			m := g.NewMatcher(v.Vocab)
			text := walk(t, v, m, rng, 40)
			if ok, at := g.Match(text); m.Ended() && !ok {
				t.Errorf("%s: the mask makes %q, wrong at %d", c.name, text, at)
			}
		}
	}
}

// walk goes on with random tokens that the mask allows, comparing the mask with
// what Accept takes, until an end token or n tokens; it returns the text.
func walk(t *testing.T, v *testVocab, m *Matcher, rng *rand.Rand, n int) []byte {
	t.Helper()
	mask := make([]uint64, v.Words())
	var text []byte
	for range n {
		any := m.Mask(mask)
		var can []int32
		for id := range int32(v.Size()) {
			ok := m.Accept(id) == nil
			if ok {
				m.Rollback(1)
				can = append(can, id)
			}
			if ok != allowed(mask, id) {
				t.Fatalf("after %q: token %d %q: the mask says %v, Accept %v", text, id, v.Text(id), !ok, ok)
			}
		}
		if any != (len(can) > 0) {
			t.Fatalf("after %q: Mask returns %v, %d tokens", text, any, len(can))
		}
		if len(can) == 0 {
			t.Fatalf("after %q: no token may come", text)
		}
		checkForced(t, v, m, text, can)
		id := can[rng.IntN(len(can))]
		if err := m.Accept(id); err != nil {
			t.Fatal(err)
		}
		text = append(text, v.Text(id)...)
		if m.Ended() {
			break
		}
	}
	return text
}

// checkForced wants every token that may come to agree with the forced bytes.
func checkForced(t *testing.T, v *testVocab, m *Matcher, text []byte, can []int32) {
	t.Helper()
	forced := m.Forced()
	for _, id := range can {
		s := v.Text(id)
		if n := min(len(s), len(forced)); len(forced) > 0 && (len(s) == 0 || !bytes.Equal(s[:n], forced[:n])) {
			t.Fatalf("after %q: %q is forced, %q allowed", text, forced, s)
		}
	}
}

func TestForced(t *testing.T) {
	g, err := JSONSchema([]byte(`{"type":"object","properties":{"name":{"const":"x"}},"required":["name"],"additionalProperties":false}`))
	if err != nil {
		t.Fatal(err)
	}
	v := smallVocab()
	m := g.NewMatcher(v.Vocab)
	for _, c := range []struct{ token, want string }{{`{"`, "name\""}, {"n", "ame\""}} {
		if err := m.Accept(v.ids[c.token]); err != nil {
			t.Fatal(err)
		}
		if got := string(m.Forced()); got != c.want {
			t.Errorf("after %q: %q is forced, want %q", c.token, got, c.want)
		}
	}
}

func TestRollback(t *testing.T) {
	v := smallVocab()
	for _, c := range matcherGrammars {
		g, err := c.make()
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(3, 4))
		m := g.NewMatcher(v.Vocab)
		first, now := make([]uint64, v.Words()), make([]uint64, v.Words())
		m.Mask(first)
		walk(t, v, m, rng, 10)
		other := m.Clone()
		n := len(m.ids)
		m.Reset()
		m.Mask(now)
		if !slices.Equal(first, now) {
			t.Errorf("%s: another mask after %d tokens were taken back", c.name, n)
		}
		if len(other.ids) != n {
			t.Errorf("%s: the clone went back as well", c.name)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("Rollback before the begin does not panic")
		}
	}()
	g, _ := Choices([]string{"a"})
	g.NewMatcher(v.Vocab).Rollback(1)
}

func TestAcceptErrors(t *testing.T) {
	v := smallVocab()
	g, err := Choices([]string{"abc"})
	if err != nil {
		t.Fatal(err)
	}
	m := g.NewMatcher(v.Vocab)
	for _, id := range []int32{v.eos, v.eos + 1, v.eos + 2, -1, 1 << 20, v.ids["b"]} {
		if m.Accept(id) == nil {
			t.Errorf("token %d is accepted", id)
		}
	}
	if m.Accept(v.ids["abc"]) != nil || !m.Accepting() || m.Accept(v.eos) != nil || !m.Ended() {
		t.Error("the text and its end are not accepted")
	}
	mask := make([]uint64, v.Words())
	if m.Accept(v.ids["a"]) == nil || m.Mask(mask) || len(m.Forced()) > 0 {
		t.Error("something may follow the end")
	}
}
