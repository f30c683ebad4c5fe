package bpe

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// hostile has invalid vocabularies.
var hostile = []struct {
	name  string
	spoil func(v *vocab)
	want  string // contained in the error
}{
	{"no tokens", func(v *vocab) { v.Tokens = nil }, "tokenizer.ggml.tokens"},
	{"unknown model", func(v *vocab) { v.Model = "hybriddna" }, `tokenizer.ggml.model is "hybriddna"`},
	{"unknown pre", func(v *vocab) { v.Pre = "x" }, `tokenizer.ggml.pre is "x"; known are`},
	{"one score less", func(v *vocab) { v.Scores = make([]float32, len(v.Tokens)-1) }, "tokenizer.ggml.scores"},
	{"one score more", func(v *vocab) { v.Scores = make([]float32, len(v.Tokens)+1) }, "tokenizer.ggml.scores"},
	{"no scores but a list", func(v *vocab) { v.Scores = []float32{} }, "tokenizer.ggml.scores"},
	{"score NaN", func(v *vocab) { v.Scores = make([]float32, len(v.Tokens)); v.Scores[7] = float32(math.NaN()) }, "scores[7]"},
	{"one type less", func(v *vocab) { v.Types = v.Types[1:] }, "tokenizer.ggml.token_type"},
	{"BOS outside", func(v *vocab) { v.BOS = int32(len(v.Tokens)) }, "bos_token_id"},
	{"EOS negative", func(v *vocab) { v.EOS = -2 }, "eos_token_id"},
	{"EOT outside", func(v *vocab) { v.EOT = math.MaxInt32 }, "eot_token_id"},
	{"FIM outside", func(v *vocab) { v.FIMPad = 1 << 20 }, "fim_pad_token_id"},
	{"add_bos_token without BOS", func(v *vocab) { v.BOS, v.AddBOS = -1, true }, "bos_token_id is not set"},
	{"add_eos_token without EOS", func(v *vocab) { v.EOS, v.AddEOS = -1, true }, "eos_token_id is not set"},
	{"byte with a sign", func(v *vocab) { v.Tokens[3], v.Types[3] = "<0x-1>", Byte }, `tokens[3] is "<0x-1>"`},
	{"byte not hexadecimal", func(v *vocab) { v.Tokens[3], v.Types[3] = "<0xZZ>", Byte }, "tokens[3]"},
	{"byte with a space", func(v *vocab) { v.Tokens[3], v.Types[3] = "<0x 1>", Byte }, "tokens[3]"},
	{"byte too long", func(v *vocab) { v.Tokens[3], v.Types[3] = "<0x000>", Byte }, "tokens[3]"},
	{"byte empty", func(v *vocab) { v.Tokens[3], v.Types[3] = "", Byte }, "tokens[3]"},
	{"two tokens with one text", func(v *vocab) { v.Tokens[9] = v.Tokens[4] }, "as is token 4"},
	{"two tokens with one text that spells no bytes", func(v *vocab) { v.Tokens[9], v.Tokens[4] = "x y", "x y" }, "as is token 4"},
	{"merge empty", func(v *vocab) { v.Merges[2] = "" }, `tokenizer.ggml.merges[2] is ""`},
	{"merge without space", func(v *vocab) { v.Merges[2] = "ab" }, "merges[2]"},
	{"merge is a space", func(v *vocab) { v.Merges[2] = " " }, "merges[2]"},
	{"merge begins with its space", func(v *vocab) { v.Merges[2] = " a" }, "merges[2]"},
}

func TestHostile(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			v := small(t)
			v.Merges = slices.Clone(v.Merges)
			c.spoil(&v)
			if _, err := newTokenizer(v); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "bpe: ") {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

// TestUselessMerges requires that merges that never apply change nothing, that of
// equal merges the first counts, and that a merge whose result is not a token
// falls back as in llama.cpp.
func TestUselessMerges(t *testing.T) {
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
		t.Errorf("the same merge twice: got %d, want %d", got, want)
	}
	if got, want := odd.Encode(nil, "lll", EncodeOptions{}), []int32{'l', 'l', 'l'}; !slices.Equal(got, want) {
		t.Errorf("merge without a token: got %d, want %d", got, want)
	}
}

// TestUnusualTokens has valid tokens with unusual texts.
func TestUnusualTokens(t *testing.T) {
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
		t.Error("ID finds a token that does not exist")
	}
	if got := tok.Encode(nil, strings.Repeat("a", 3000), EncodeOptions{}); len(got) != 750 {
		t.Errorf("%d tokens", len(got))
	}
}

// TestMissingBytes requires that bytes without a token are lost, also as parts of a
// merge whose result is not a token.
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

// TestDefaults requires llama.cpp's default ids, and -1 if the vocabulary is too
// small for them.
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
		v, err := defaultVocab(c.model, c.pre, c.n)
		if err != nil || v.BOS != c.bos || v.EOS != c.eos || v.UNK != c.unk || v.AddBOS != c.addBOS || v.AddSpacePrefix != c.space || v.AddEOS {
			t.Errorf("%s %s %d: %+v, %v", c.model, c.pre, c.n, v, err)
		}
	}
	for _, c := range []struct{ model, pre string }{{"hybriddna", ""}, {"gpt2", "best-bpe"}} {
		if err := CheckNames(c.model, c.pre); err == nil {
			t.Errorf("%s, %s: no error", c.model, c.pre)
		}
	}
	if err := CheckNames("gpt2", "qwen2"); err != nil {
		t.Error(err)
	}
}

// FuzzNew requires an error or a working tokenizer for any vocabulary.
func FuzzNew(f *testing.F) {
	f.Add("llama", "a\nb\nab\n<0x41>\n▁a\n▁", "\x01\x01\x01\x06\x01\x03", "", "ab a")
	f.Add("gpt2", "a\nb\nab\nĠ\n<|im_end|>", "\x01\x01\x01\x01\x03", "a b\nĠ a", "ab a<|im_end|>\xff")
	f.Add("bert", "▁a\nb\n[UNK]\n▁", "\x01\x01\x03\x01", "", "Ab é a,b")
	f.Add("t5", "▁a\nb\n<unk>\n▁\nx", "\x01\x01\x02\x01\x04", "", "ab  x a")
	f.Add("gemma4", "▁a\nb\n<0x41>\n▁\na", "\x01\x01\x06\x01\x01", "▁ a", "ab A a\n\n")
	f.Fuzz(func(t *testing.T, model, tokens, types, merges, text string) {
		v, err := defaultVocab(model, "", 1)
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
		tok, err := newTokenizer(v)
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
