package bpe

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
)

// sentencePieceFile returns the vocabulary in SentencePiece's own file: a protocol
// buffer with a message (text, score, type) for each token.
func sentencePieceFile(t testing.TB, name string) vocab {
	t.Helper()
	var v vocab
	fields(read(t, name), func(field int, _ uint64, msg []byte) {
		if field != 1 {
			return
		}
		text, score, kind := "", float32(0), Normal
		fields(msg, func(field int, n uint64, b []byte) {
			switch field {
			case 1:
				text = string(b)
			case 2:
				score = math.Float32frombits(uint32(n))
			case 3:
				kind = int32(n)
			}
		})
		v.Tokens, v.Scores, v.Types = append(v.Tokens, text), append(v.Scores, score), append(v.Types, kind)
	})
	d, err := defaultVocab("llama", "", len(v.Tokens))
	if err != nil {
		t.Fatal(err)
	}
	d.Tokens, d.Scores, d.Types = v.Tokens, v.Scores, v.Types
	return d
}

func fields(b []byte, each func(field int, n uint64, bytes []byte)) {
	for len(b) > 0 {
		tag, k := binary.Uvarint(b)
		b = b[k:]
		var n uint64
		var body []byte
		switch tag & 7 {
		case 0:
			n, k = binary.Uvarint(b)
			b = b[k:]
		case 2:
			n, k = binary.Uvarint(b)
			body, b = b[k:k+int(n)], b[k+int(n):]
		case 5:
			n, b = uint64(binary.LittleEndian.Uint32(b)), b[4:]
		case 1:
			n, b = binary.LittleEndian.Uint64(b), b[8:]
		}
		each(int(tag>>3), n, body)
	}
}

// TestModelFiles requires that SentencePiece's own files give the ids of the GGUF
// files made from them.
func TestModelFiles(t *testing.T) {
	for model, golden := range map[string]string{
		"vocab/tok512.model":           "tokens/stories260K.json",
		"vocab/llama2-tokenizer.model": "tokens/ggml-vocab-llama-spm.json",
	} {
		t.Run("file="+model, func(t *testing.T) {
			tok := must(t, sentencePieceFile(t, model))
			var g struct{ Cases []tokenCase }
			readJSON(t, golden, &g)
			for _, c := range g.Cases {
				c.check(t, tok)
			}
		})
	}
}

// TestReference compares with the ids of llama2.c.
func TestReference(t *testing.T) {
	var reference map[string]struct {
		Encode map[string][]int32 `json:"encode_with_bos_llama2c"`
	}
	readJSON(t, "models/reference.json", &reference)
	for name, v := range map[string]vocab{
		"stories260K":      sentencePieceFile(t, "vocab/tok512.model"),
		"babyllama-tok105": sentencePieceFile(t, "vocab/babyllama-tok105.model"),
		"babyllama-tok361": readKeys(t, "real/babyllama-tok361-F32.gguf").vocab(t),
	} {
		tok := must(t, v)
		if len(reference[name].Encode) < 4 {
			t.Errorf("%s: %d texts", name, len(reference[name].Encode))
		}
		for text, want := range reference[name].Encode {
			if got := tok.Encode(nil, text, EncodeOptions{}); !slices.Equal(got, want) {
				t.Errorf("%s %q: got %d, want %d", name, text, got, want)
			}
		}
	}
}

// TestNoByteTokens encodes with tok105, which has 102 characters and no byte
// tokens.
func TestNoByteTokens(t *testing.T) {
	tok := must(t, sentencePieceFile(t, "vocab/babyllama-tok105.model"))
	a := tok.Encode(nil, "a", EncodeOptions{NoBOS: true})
	got := tok.Encode(nil, "a日本", EncodeOptions{NoBOS: true})
	if want := append(a, 0, 0); !slices.Equal(got, want) {
		t.Errorf("got %d, want %d", got, want)
	}
}
