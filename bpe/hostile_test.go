package bpe

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// hostile is vocabularies that no tokenizer can be made of.
var hostile = []struct {
	name  string
	spoil func(v *Vocab)
	want  string // in the error
}{
	{"no tokens", func(v *Vocab) { v.Tokens = nil }, "tokenizer.ggml.tokens"},
	{"unknown model", func(v *Vocab) { v.Model = "rwkv" }, `tokenizer.ggml.model is "rwkv"`},
	{"unknown pre", func(v *Vocab) { v.Pre = "x" }, `tokenizer.ggml.pre is "x"; known are`},
	{"one score less", func(v *Vocab) { v.Scores = make([]float32, len(v.Tokens)-1) }, "tokenizer.ggml.scores"},
	{"one score more", func(v *Vocab) { v.Scores = make([]float32, len(v.Tokens)+1) }, "tokenizer.ggml.scores"},
	{"no scores but a list", func(v *Vocab) { v.Scores = []float32{} }, "tokenizer.ggml.scores"},
	{"score NaN", func(v *Vocab) { v.Scores = make([]float32, len(v.Tokens)); v.Scores[7] = float32(math.NaN()) }, "scores[7]"},
	{"one type less", func(v *Vocab) { v.Types = v.Types[1:] }, "tokenizer.ggml.token_type"},
	{"BOS outside", func(v *Vocab) { v.BOS = int32(len(v.Tokens)) }, "bos_token_id"},
	{"EOS negative", func(v *Vocab) { v.EOS = -2 }, "eos_token_id"},
	{"EOT outside", func(v *Vocab) { v.EOT = math.MaxInt32 }, "eot_token_id"},
	{"FIM outside", func(v *Vocab) { v.FIMPad = 1 << 20 }, "fim_pad_token_id"},
	{"BOS wanted but none", func(v *Vocab) { v.BOS, v.AddBOS = -1, true }, "bos_token_id is not set"},
	{"EOS wanted but none", func(v *Vocab) { v.EOS, v.AddEOS = -1, true }, "eos_token_id is not set"},
	{"byte with a sign", func(v *Vocab) { v.Tokens[3], v.Types[3] = "<0x-1>", Byte }, `tokens[3] is "<0x-1>"`},
	{"byte not hexadecimal", func(v *Vocab) { v.Tokens[3], v.Types[3] = "<0xZZ>", Byte }, "tokens[3]"},
	{"byte with a space", func(v *Vocab) { v.Tokens[3], v.Types[3] = "<0x 1>", Byte }, "tokens[3]"},
	{"byte too long", func(v *Vocab) { v.Tokens[3], v.Types[3] = "<0x000>", Byte }, "tokens[3]"},
	{"byte empty", func(v *Vocab) { v.Tokens[3], v.Types[3] = "", Byte }, "tokens[3]"},
	{"twice the same", func(v *Vocab) { v.Tokens[9] = v.Tokens[4] }, "as is token 4"},
	{"twice the same of no bytes", func(v *Vocab) { v.Tokens[9], v.Tokens[4] = "x y", "x y" }, "as is token 4"},
	{"merge empty", func(v *Vocab) { v.Merges[2] = "" }, `tokenizer.ggml.merges[2] is ""`},
	{"merge without space", func(v *Vocab) { v.Merges[2] = "ab" }, "merges[2]"},
	{"merge of a space", func(v *Vocab) { v.Merges[2] = " " }, "merges[2]"},
	{"merge beginning with its space", func(v *Vocab) { v.Merges[2] = " a" }, "merges[2]"},
}

func TestHostile(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			v := small(t)
			v.Merges = slices.Clone(v.Merges)
			c.spoil(&v)
			if _, err := New(v); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "bpe: ") {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

// TestOddMerges: merges that can never apply change nothing; of equal ones the first counts;
// one whose result is no token is undone as llama.cpp does it.
func TestOddMerges(t *testing.T) {
	v := small(t)
	plain := must(t, v)
	v.Merges = append(slices.Clone(v.Merges), "a a", "zz 日本", "x  y", "a b c", "q w ", "ll l", "ell o")
	odd := must(t, v)
	for _, text := range []string{"hello aaaa", "zz x y qw", "a b c"} {
		got, want := odd.Encode(nil, text, EncodeOptions{}), plain.Encode(nil, text, EncodeOptions{})
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
	v.Tokens, v.Types = append(v.Tokens, "xy", "yz"), append(v.Types, Normal, Normal)
	v.Merges = append(v.Merges, "x y", "y z", "x y")
	odd = must(t, v)
	if got, want := odd.Encode(nil, "xyz", EncodeOptions{}), []int32{odd.idOf("xy"), 'z'}; !slices.Equal(got, want) {
		t.Errorf("a merge twice: got %d, want %d", got, want)
	}
	if got, want := odd.Encode(nil, "lll", EncodeOptions{}), []int32{'l', 'l', 'l'}; !slices.Equal(got, want) {
		t.Errorf("a merge into no token: got %d, want %d", got, want)
	}
}

// TestOddTokens: tokens that are strange but harmless.
func TestOddTokens(t *testing.T) {
	v := small(t)
	n := len(v.Tokens)
	v.Tokens = append(v.Tokens, "", "", "two words", "\xff\xfe", strings.Repeat("a", 1<<20), "日本")
	v.Types = append(v.Types, Normal, Control, Control, Normal, Normal, 77)
	tok := must(t, v)
	if tok.Len() != n+6 || tok.Token(int32(n)) != "[EMPTY_"+"267]" || tok.Piece(int32(n+5)) != "" {
		t.Errorf("%d tokens, %q, %q", tok.Len(), tok.Token(int32(n)), tok.Piece(int32(n+5)))
	}
	if got := tok.Encode(nil, "two words", EncodeOptions{}); !slices.Equal(got, []int32{int32(n + 2)}) {
		t.Errorf("got %d", got)
	}
	if id, ok := tok.ID("two words"); !ok || id != int32(n+2) {
		t.Errorf("ID: %d, %v", id, ok)
	}
	if _, ok := tok.ID("no such token"); ok {
		t.Error("a token that is none")
	}
	if got := tok.Encode(nil, strings.Repeat("a", 3000), EncodeOptions{}); len(got) != 750 {
		t.Errorf("%d tokens", len(got))
	}
}

// TestMissingBytes: bytes that a vocabulary lacks are lost, also as parts of a merge into no
// token.
func TestMissingBytes(t *testing.T) {
	v := small(t)
	v.Tokens['x'], v.Tokens[0xE9] = "unused1", "unused2"
	v.Merges = append(slices.Clone(v.Merges), "x a")
	tok := must(t, v)
	for text, want := range map[string][]int32{"x": nil, "bxb": {'b', 'b'}, "xa": {'a'}, "香": {0xA6, 0x99}} {
		if got := tok.Encode(nil, text, EncodeOptions{}); !slices.Equal(got, want) {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

// TestDefaults: an id that llama.cpp assumes is none where the vocabulary is too small for it.
func TestDefaults(t *testing.T) {
	for _, c := range []struct {
		model, pre    string
		n             int
		bos, eos, unk int32
		addBOS, space bool
	}{
		{"llama", "", 100, 1, 2, 0, true, true},
		{"llama", "", 2, 1, -1, 0, true, true},
		{"llama", "", 1, -1, -1, 0, true, true},
		{"gpt2", "", 100, 11, 11, -1, false, false},
		{"gpt2", "gpt-2", 11, -1, -1, -1, false, false},
		{"gpt2", "llama3", 100, 11, 11, -1, true, false},
		{"gpt2", "glm4", 100, -1, 11, -1, false, false},
	} {
		v, err := Defaults(c.model, c.pre, c.n)
		if err != nil || v.BOS != c.bos || v.EOS != c.eos || v.UNK != c.unk || v.AddBOS != c.addBOS || v.AddSpacePrefix != c.space || v.AddEOS {
			t.Errorf("%s %s %d: %+v, %v", c.model, c.pre, c.n, v, err)
		}
	}
	if _, err := Defaults("rwkv", "", 10); err == nil {
		t.Error("rwkv is known")
	}
}

// FuzzNew: whatever the vocabulary, an error or a tokenizer that works.
func FuzzNew(f *testing.F) {
	f.Add("llama", "a\nb\nab\n<0x41>\n▁a\n▁", "\x01\x01\x01\x06\x01\x03", "", "ab a")
	f.Add("gpt2", "a\nb\nab\nĠ\n<|im_end|>", "\x01\x01\x01\x01\x03", "a b\nĠ a", "ab a<|im_end|>\xff")
	f.Add("bert", "▁a\nb\n[UNK]\n▁", "\x01\x01\x03\x01", "", "Ab é a,b")
	f.Add("t5", "▁a\nb\n<unk>\n▁\nx", "\x01\x01\x02\x01\x04", "", "ab  x a")
	f.Add("gemma4", "▁a\nb\n<0x41>\n▁\na", "\x01\x01\x06\x01\x01", "▁ a", "ab A a\n\n")
	f.Fuzz(func(t *testing.T, model, tokens, types, merges, text string) {
		v, err := Defaults(model, "", 1)
		if err != nil {
			return
		}
		v.BOS, v.SEP, v.UNK, v.AddBOS = 0, 0, 0, true
		v.Tokens = strings.Split(tokens, "\n")
		for i := range v.Tokens {
			v.Scores = append(v.Scores, float32(i*i%7))
			v.Types = append(v.Types, int32((types + strings.Repeat("\x01", i+1))[i]))
		}
		if merges != "" {
			v.Merges = strings.Split(merges, "\n")
		}
		tok, err := New(v)
		if err != nil {
			return
		}
		ids := tok.Encode(nil, text, EncodeOptions{})
		d := tok.NewDecoder()
		for _, id := range ids {
			if int(id) >= tok.Len() || id < 0 {
				t.Fatalf("id %d of %d tokens", id, tok.Len())
			}
			d.Next(id)
		}
		tok.Decode(ids, DecodeOptions{RemoveSpecial: true})
	})
}
