package chord_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"sync"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/chordtest"
	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/inside"
)

// person is a type to generate.
type person struct {
	Name   string   `json:"name" jsonschema:"minLength=1,maxLength=12"`
	Age    uint8    `json:"age"`
	Kind   string   `json:"kind" jsonschema:"enum=girl,enum=boy,enum=cat"`
	Toys   []string `json:"toys" jsonschema:"maxItems=2"`
	Friend *struct {
		Name string `json:"name" jsonschema:"maxLength=6"`
	} `json:"friend"`
}

// TestGenerateAs gets values of a type at a high temperature, for many seeds.
func TestGenerateAs(t *testing.T) {
	m := story(t)
	kinds := map[string]int{}
	for seed := range int64(30) {
		p := chord.Params{Seed: seed + 1, Temperature: 2, TopK: chord.Off, TopP: chord.Off, MinP: chord.Off, MaxTokens: 400}
		got, err := chord.GenerateAs[person](t.Context(), m, "A person: ", p)
		if errors.Is(err, chord.ErrIncomplete) { // nothing bounds the length of a toy
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if n := len([]rune(got.Name)); n < 1 || n > 12 || len(got.Toys) > 2 || got.Friend != nil && len([]rune(got.Friend.Name)) > 6 {
			t.Errorf("seed %d: %+v", seed, got)
		}
		kinds[got.Kind]++
	}
	if len(kinds) != 3 {
		t.Errorf("kinds %v", kinds)
	}
	if _, err := chord.GenerateAs[person](t.Context(), m, "A person: ", seeded(1, 5)); !errors.Is(err, chord.ErrIncomplete) {
		t.Errorf("5 tokens: %v", err)
	}
	if _, err := chord.GenerateAs[func()](t.Context(), m, "A person: ", seeded(1, 5)); !errors.Is(err, chord.ErrInvalid) {
		t.Errorf("a function: %v", err)
	}
}

// TestChatAs gets a value as the answer of a chat.
func TestChatAs(t *testing.T) {
	type answer struct {
		Yes bool `json:"yes"`
	}
	if _, err := chord.ChatAs[answer](t.Context(), story(t), hello, chord.ChatParams{Params: seeded(2, 100)}); err != nil {
		t.Error(err)
	}
	got, err := chord.ChatAs[answer](t.Context(), chordtest.Model(t, `{"yes":true}`), hello, chord.ChatParams{})
	if err != nil || !got.Yes {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A masker is a Processor that does what Params.Grammar does, without drafts.
type masker struct {
	m    *grammar.Matcher
	mask []uint64
	n    int // tokens of the prompt, and accepted
}

// Process forbids what the grammar does not allow.
func (p *masker) Process(tokens []int32, logits []float32) {
	for _, id := range tokens[p.n:] {
		if err := p.m.Accept(id); err != nil {
			panic(err)
		}
	}
	p.n = len(tokens)
	p.m.Mask(p.mask)
	for id := range logits {
		if p.mask[id/64]>>(id%64)&1 == 0 {
			logits[id] = float32(math.Inf(-1))
		}
	}
}

// vocab returns the grammar's vocabulary of a model.
func vocab(m *chord.Model) *grammar.Vocab {
	tok := m.Tokenizer()
	texts := make([][]byte, tok.Len())
	var ends, control []int32
	for id := range int32(tok.Len()) {
		switch {
		case tok.IsEOG(id):
			ends = append(ends, id)
		case tok.IsControl(id):
			control = append(control, id)
		default:
			texts[id] = []byte(tok.Piece(id))
		}
	}
	return grammar.NewVocab(texts, ends, control)
}

// The text within a grammar is that of masks and plain decoding, whatever was drafted.
func TestGrammarIsPlainDecoding(t *testing.T) {
	m := openTales(t, chord.Options{Context: 256})
	defer m.Close()
	inside.AlwaysDraft(m)
	v := vocab(m)
	schema, err := grammar.Of[person]()
	if err != nil {
		t.Fatal(err)
	}
	gbnf, err := grammar.GBNF(`root ::= "The " ("cat" | "dog") " is " [a-z]+ "." ` + "\n")
	if err != nil {
		t.Fatal(err)
	}
	n := len(m.Tokenizer().Encode(nil, "A person: ", bpe.EncodeOptions{}))
	drafted, accepted := 0, 0
	for name, g := range map[string]*grammar.Grammar{"schema": schema, "GBNF": gbnf} {
		for seed := range int64(12) {
			p := seeded(seed+1, 60)
			p.Temperature, p.IgnoreEOS = 1.5, false
			p.Processor = &masker{m: g.NewMatcher(v), mask: make([]uint64, v.Words()), n: n}
			want, err := m.Complete(t.Context(), "A person: ", p)
			if err != nil {
				t.Fatal(err)
			}
			p.Processor, p.Grammar, p.Lookup = nil, g, int(seed%3)*4
			got, err := m.Complete(t.Context(), "A person: ", p)
			if err != nil || got.Text != want.Text || got.Finish != want.Finish {
				t.Errorf("%s, seed %d: got %q, %s, %v, want %q, %s", name, seed, got.Text, got.Finish, err, want.Text, want.Finish)
			}
			drafted, accepted = drafted+got.Drafted, accepted+got.Accepted
		}
	}
	if accepted < 50 {
		t.Errorf("%d of %d drafted tokens accepted", accepted, drafted)
	}
}

// Many goroutines share a grammar, in chats and sessions too.
func TestGrammarShared(t *testing.T) {
	m := story(t)
	g, err := grammar.Regexp(`[a-c]{3}(, [a-c]{3}){2}`)
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`^[a-c]{3}(, [a-c]{3}){2}$`)
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			p := seeded(int64(i+1), 60)
			p.Grammar = g
			text := ""
			switch i % 3 {
			case 0:
				text = result2With(t, m, p)
			case 1:
				for d, err := range m.Chat(context.Background(), hello, chord.ChatParams{Params: p}) {
					if err != nil {
						t.Error(err)
					}
					text += d.Content
				}
			case 2:
				s := m.NewSession()
				defer s.Close()
				if err := s.Append(context.Background(), prompt); err != nil {
					t.Error(err)
				}
				n := s.Len()
				for tok, err := range s.Generate(context.Background(), p) {
					if err != nil {
						t.Error(err)
					}
					text += tok.Text
				}
				if got := s.Tokens()[n:]; len(got) == 0 || len(got) > 60 {
					t.Errorf("session: %v", got)
				}
			}
			if !match.MatchString(text) {
				t.Errorf("%d: %q", i, text)
			}
		})
	}
	wg.Wait()
}

// result2With returns what continues prompt.
func result2With(t *testing.T, m *chord.Model, p chord.Params) string {
	r, err := m.Complete(context.Background(), prompt, p)
	if err != nil || r.Finish != chord.FinishEOG {
		t.Errorf("%+v, %v", r, err)
	}
	return r.Text
}

func TestGrammarErrors(t *testing.T) {
	m := story(t)
	g, err := grammar.Choices([]string{"yes", "no"})
	if err != nil {
		t.Fatal(err)
	}
	p := seeded(1, 10)
	p.Grammar = g
	p.LogitBias = map[int32]float32{}
	for id := range int32(m.Tokenizer().Len()) {
		if text := m.Tokenizer().Piece(id); text != "" && (text[0] == 'y' || text[0] == 'n') {
			p.LogitBias[id] = float32(math.Inf(-1))
		}
	}
	if _, err := m.Complete(t.Context(), prompt, p); !errors.Is(err, chord.ErrInvalid) {
		t.Errorf("all of it is forbidden: %v", err)
	}
	p.LogitBias, p.Receipt = nil, true
	if p.Grammar, err = grammar.Literal("\xff").Grammar(); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Complete(t.Context(), prompt, p); !errors.Is(err, chord.ErrInvalid) {
		t.Errorf("a receipt with a grammar that has no text: %v", err)
	}
	p.Grammar, p.Receipt = g, false
	if b, err := json.Marshal(p); err != nil || len(b) == 0 {
		t.Errorf("JSON: %s, %v", b, err)
	}
	if _, err := chord.GenerateAs[bool](t.Context(), m, prompt, p); !errors.Is(err, chord.ErrInvalid) {
		t.Errorf("two grammars: %v", err)
	}
}

// TestForced wants the drafts of text that a grammar forces to be accepted: they begin
// without the space that SentencePiece puts before a text.
func TestForced(t *testing.T) {
	m := openTales(t, chord.Options{Context: 256})
	defer m.Close()
	inside.AlwaysDraft(m)
	g, err := grammar.GBNF(`root ::= " there was a little girl named Lily. She had a big dog and went to the park."`)
	if err != nil {
		t.Fatal(err)
	}
	p := seeded(1, 60)
	p.Grammar = g
	r := result(t, m, p)
	if r.Drafted == 0 || r.Accepted < r.Drafted/3 {
		t.Errorf("%d of %d drafted tokens were right: %q", r.Accepted, r.Drafted, r.Text)
	}
}
