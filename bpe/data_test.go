package bpe

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/querent-ai/chord/internal/fixtures"
)

// read returns a file of the test data; see [fixtures.Read].
func read(t testing.TB, name string) []byte {
	t.Helper()
	return fixtures.Read(t, name)
}

func readJSON(t testing.TB, name string, into any) {
	t.Helper()
	if err := json.Unmarshal(read(t, name), into); err != nil {
		t.Fatal(name, err)
	}
}

// keys are the keys of a valid GGUF file of version 3, read by code that shares
// nothing with package gguf.
type keys map[string]any

func readKeys(t testing.TB, name string) keys {
	t.Helper()
	r := &keyReader{bytes.NewReader(read(t, name))}
	r.u32()
	r.u32()
	r.u64()
	kv := keys{}
	for n := r.u64(); n > 0; n-- {
		key := r.str()
		kv[key] = r.value(r.u32())
	}
	return kv
}

type keyReader struct{ *bytes.Reader }

func (r *keyReader) bytes(n int) []byte {
	b := make([]byte, n)
	if k, _ := r.Read(b); k != n {
		panic("short file")
	}
	return b
}

func (r *keyReader) u32() uint32 { return binary.LittleEndian.Uint32(r.bytes(4)) }
func (r *keyReader) u64() uint64 { return binary.LittleEndian.Uint64(r.bytes(8)) }
func (r *keyReader) str() string {
	if n := int(r.u64()); n > 0 {
		return string(r.bytes(n))
	}
	return ""
}

func (r *keyReader) value(kind uint32) any {
	switch kind {
	case 0, 1, 7:
		return r.bytes(1)[0] != 0
	case 4:
		return int64(r.u32())
	case 5:
		return int64(int32(r.u32()))
	case 6:
		return math.Float32frombits(r.u32())
	case 8:
		return r.str()
	case 9:
		elem := r.u32()
		a := make([]any, r.u64())
		for i := range a {
			a[i] = r.value(elem)
		}
		return a
	case 10, 11, 12:
		return int64(r.u64())
	}
	panic(fmt.Sprint("type ", kind))
}

func list[T any](kv keys, key string) []T {
	a, _ := kv[key].([]any)
	var out []T
	for _, v := range a {
		if i, ok := v.(int64); ok {
			v = int32(i)
		}
		out = append(out, v.(T))
	}
	return out
}

// vocab returns the vocabulary of a file.
func (kv keys) vocab(t testing.TB) vocab {
	t.Helper()
	tokens := list[string](kv, "tokenizer.ggml.tokens")
	model, _ := kv["tokenizer.ggml.model"].(string)
	pre, _ := kv["tokenizer.ggml.pre"].(string)
	v, err := defaultVocab(model, pre, len(tokens))
	if err != nil {
		t.Fatal(err)
	}
	v.Tokens = tokens
	v.Scores = list[float32](kv, "tokenizer.ggml.scores")
	v.Types = list[int32](kv, "tokenizer.ggml.token_type")
	v.Merges = list[string](kv, "tokenizer.ggml.merges")
	for key, id := range map[string]*int32{"bos": &v.BOS, "eos": &v.EOS, "eot": &v.EOT, "unknown": &v.UNK} {
		if x, ok := kv["tokenizer.ggml."+key+"_token_id"].(int64); ok {
			*id = int32(x)
		}
	}
	for key, b := range map[string]*bool{"add_bos_token": &v.AddBOS, "add_eos_token": &v.AddEOS, "add_space_prefix": &v.AddSpacePrefix} {
		if x, ok := kv["tokenizer.ggml."+key].(bool); ok {
			*b = x
		}
	}
	return v
}

// open returns the tokenizer of a file of the test data.
func open(t testing.TB, name string) *Tokenizer {
	t.Helper()
	if name == llama3File {
		return must(t, llama3(t))
	}
	return must(t, readKeys(t, name).vocab(t))
}

func must(t testing.TB, v vocab) *Tokenizer {
	t.Helper()
	tok, err := newTokenizer(v)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
