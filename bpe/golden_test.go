package bpe

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// vectors are the test vectors of llama.cpp: texts and their ids without BOS.
var vectors = map[string]string{
	"llama-spm":    "vocab/ggml-vocab-llama-spm.gguf",
	"gpt-2":        "vocab/ggml-vocab-gpt-2.gguf",
	"deepseek-llm": "vocab/ggml-vocab-deepseek-llm.gguf",
	"falcon":       "vocab/ggml-vocab-falcon.gguf",
	"llama-bpe":    llama3File,
}

func TestVectors(t *testing.T) {
	for name, file := range vectors {
		t.Run("vocab="+name, func(t *testing.T) {
			tok := open(t, file)
			texts := strings.Split(string(read(t, "vocab/ggml-vocab-"+name+".gguf.inp")), "\n__ggml_vocab_test__\n")
			texts = texts[:len(texts)-1] // every text ends with the separator
			lines := strings.Split(strings.TrimSuffix(string(read(t, "vocab/ggml-vocab-"+name+".gguf.out")), "\n"), "\n")
			if len(texts) < 40 || len(lines) != len(texts) {
				t.Fatalf("%d texts, %d lines of ids", len(texts), len(lines))
			}
			for i, text := range texts {
				want := []int32{}
				for f := range strings.FieldsSeq(lines[i]) {
					id, err := strconv.Atoi(f)
					if err != nil {
						t.Fatal(err)
					}
					want = append(want, int32(id))
				}
				got := tok.Encode(nil, text, EncodeOptions{NoBOS: true, NoParseSpecial: true})
				if !slices.Equal(got, want) {
					t.Errorf("%q: got %d, want %d", text, got, want)
				}
			}
		})
	}
}

type tokenCase struct {
	Text       string
	IDs        []int32 `json:"ids"`
	IDsSpecial []int32 `json:"ids_special"`
	IDsBOS     []int32 `json:"ids_bos"`
	Detok      *string `json:"detok"`
	DetokHex   *string `json:"detok_hex"`
}

// goldens maps files with llama.cpp's ids to their vocabularies.
var goldens = map[string]string{
	"tokens/stories260K.json":             "models/stories260K.gguf",
	"tokens/babyllama-tok361-F32.json":    "real/babyllama-tok361-F32.gguf",
	"tokens/ggml-vocab-llama-spm.json":    "vocab/ggml-vocab-llama-spm.gguf",
	"tokens/ggml-vocab-gpt-2.json":        "vocab/ggml-vocab-gpt-2.gguf",
	"tokens/ggml-vocab-deepseek-llm.json": "vocab/ggml-vocab-deepseek-llm.gguf",
	"tokens/ggml-vocab-falcon.json":       "vocab/ggml-vocab-falcon.gguf",
	"tokens/ggml-vocab-llama-bpe.json":    llama3File,
}

func TestGolden(t *testing.T) {
	for file, vocab := range goldens {
		t.Run("file="+file, func(t *testing.T) {
			var golden struct{ Cases []tokenCase }
			readJSON(t, file, &golden)
			if len(golden.Cases) < 191 {
				t.Fatalf("%d cases", len(golden.Cases))
			}
			tok := open(t, vocab)
			for _, c := range golden.Cases {
				c.check(t, tok)
			}
		})
	}
}

func (c tokenCase) check(t *testing.T, tok *Tokenizer) {
	t.Helper()
	if c.IDsSpecial == nil {
		c.IDsSpecial = c.IDs
	}
	for _, e := range []struct {
		name string
		o    EncodeOptions
		want []int32
	}{
		{"plain", EncodeOptions{NoBOS: true, NoParseSpecial: true}, c.IDs},
		{"special", EncodeOptions{NoBOS: true}, c.IDsSpecial},
		{"bos", EncodeOptions{}, c.IDsBOS},
	} {
		if got := tok.Encode(nil, c.Text, e.o); !slices.Equal(got, e.want) {
			t.Errorf("%s %q: got %d, want %d", e.name, c.Text, got, e.want)
		}
	}
	want := c.Text
	if c.Detok != nil {
		want = *c.Detok
	}
	if c.DetokHex != nil {
		b, err := hex.DecodeString(*c.DetokHex)
		if err != nil {
			t.Fatal(err)
		}
		want = string(b)
	}
	if got := tok.Decode(c.IDsSpecial, DecodeOptions{}); got != want {
		t.Errorf("decode %q: got %q, want %q", c.Text, got, want)
	}
}

// TestTales compares the vocabulary of the embedded model with llama.cpp.
func TestTales(t *testing.T) {
	tok := open(t, "models/chord-tales-q4_0.gguf")
	var cases []struct {
		Text string
		IDs  []int32 `json:"ids"`
		Back bool
	}
	readJSON(t, "models/chord-tales-tokens.json", &cases)
	if len(cases) < 11 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		got := tok.Encode(nil, c.Text, EncodeOptions{NoBOS: true})
		if !slices.Equal(got, c.IDs) {
			t.Errorf("%q: got %d, want %d", c.Text, got, c.IDs)
		}
		if back := tok.Decode(c.IDs, DecodeOptions{}); back != c.Text && c.Back {
			t.Errorf("back: got %q, want %q", back, c.Text)
		}
	}
}
