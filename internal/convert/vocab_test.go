package convert

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/fixtures"
)

// llamaConfig is a config.json of a small llama with n tokens.
func llamaConfig(n int) map[string]any {
	return map[string]any{"architectures": []string{"LlamaForCausalLM"}, "hidden_size": 8, "intermediate_size": 16,
		"num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": n}
}

// with returns a copy of m with more keys.
func with(m map[string]any, more map[string]any) map[string]any {
	m = maps.Clone(m)
	maps.Copy(m, more)
	return m
}

// unlike says how got differs from want, briefly, and "" if it does not: of slices
// the first element that differs.
func unlike(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	at := ""
	w, g := reflect.ValueOf(want), reflect.ValueOf(got)
	if w.Kind() == reflect.Slice && w.Type() == reflect.TypeOf(got) {
		i := 0
		for i < min(w.Len(), g.Len()) && reflect.DeepEqual(w.Index(i).Interface(), g.Index(i).Interface()) {
			i++
		}
		at = fmt.Sprintf("%d elements instead of %d, from element %d on ", g.Len(), w.Len(), i)
		want, got = w.Slice(i, min(i+1, w.Len())).Interface(), g.Slice(i, min(i+1, g.Len())).Interface()
	}
	return at + fmt.Sprintf("%T %.300s instead of %T %.300s", got, fmt.Sprint(got), want, fmt.Sprint(want))
}

// wantKeys compares keys of files.
func wantKeys(t *testing.T, got, want *gguf.File, keys ...string) {
	t.Helper()
	for _, key := range keys {
		a, _ := want.Get("tokenizer.ggml." + key)
		b, _ := got.Get("tokenizer.ggml." + key)
		if d := unlike(a, b); d != "" {
			t.Errorf("%s: %s", key, d)
		}
	}
}

// TestSentencePiece compares the keys from Llama 2's tokenizer.model with
// llama.cpp's.
func TestSentencePiece(t *testing.T) {
	b := fixtures.Read(t, "vocab/llama2-tokenizer.model")
	want, err := gguf.Open(fixtures.Path(t, "vocab/ggml-vocab-llama-spm.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer want.Close()
	config := with(llamaConfig(32000), map[string]any{"bos_token_id": 1, "eos_token_id": 2})
	got := converted(t, folder{"config.json": config, "tokenizer.model": b}.write(t), Options{VocabOnly: true})
	wantKeys(t, got, want, "model", "tokens", "scores", "token_type", "bos_token_id", "eos_token_id")
}

// steps are pre_tokenizers of tokenizer.json files.
func sequence(steps ...any) map[string]any {
	return map[string]any{"type": "Sequence", "pretokenizers": steps}
}

// split returns a step that splits by a pattern.
func split(pattern string) map[string]any {
	return map[string]any{"type": "Split", "pattern": map[string]any{"Regex": pattern}, "behavior": "Isolated", "invert": false}
}

var (
	digits    = map[string]any{"type": "Digits", "individual_digits": true}
	bytesOnly = map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}
)

const (
	llama3Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Pattern  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	o200kPattern  = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	tekkenPattern = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// TestByteBPE writes llama.cpp's vocabularies as tokenizer.json and wants the same
// back.
func TestByteBPE(t *testing.T) {
	for _, c := range []struct {
		name, architecture string
		pre                any
		merged             bool // merges are pairs, not texts
	}{
		{"gpt-2", "GPT2LMHeadModel", byteLevel, false},
		{"falcon", "LlamaForCausalLM", sequence(map[string]any{"type": "Punctuation", "behavior": "Contiguous"}, byteLevel,
			map[string]any{"type": "Digits", "individual_digits": false}, split("[0-9][0-9][0-9]")), true},
		{"deepseek-llm", "LlamaForCausalLM", sequence(split("[\r\n]"), split(`\s?[A-Za-zµÀ-ÖØ-öø-ƺ]+`), split(`\s?[!-/:-~]+`),
			split(`\s+$`), split("[一-龥ࠀ-一가-퟿]+"), digits, bytesOnly), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, err := gguf.Open(fixtures.Path(t, "vocab/ggml-vocab-"+c.name+".gguf"))
			if err != nil {
				t.Fatal(err)
			}
			defer want.Close()
			tokens, _, _ := want.Strs("tokenizer.ggml.tokens")
			merges, _, _ := want.Strs("tokenizer.ggml.merges")
			kinds, _, _ := want.Ints("tokenizer.ggml.token_type")
			vocab, added := map[string]int{}, []map[string]any{}
			for id, text := range tokens {
				switch kinds[id] {
				case normal:
					vocab[text] = id
				case control, userDefined:
					added = append(added, map[string]any{"id": id, "content": text, "special": kinds[id] == control})
				}
			}
			var list any = merges
			if c.merged {
				pairs := make([][]string, len(merges))
				for i, m := range merges {
					pairs[i] = strings.SplitN(m, " ", 2)
				}
				list = pairs
			}
			config := with(llamaConfig(len(tokens)), map[string]any{"architectures": []string{c.architecture}})
			for _, role := range []string{"bos", "eos"} {
				if id, ok, _ := want.Int("tokenizer.ggml." + role + "_token_id"); ok {
					config[role+"_token_id"] = id
				}
			}
			got := converted(t, folder{"config.json": config, "tokenizer.json": map[string]any{"added_tokens": added, "pre_tokenizer": c.pre,
				"model": map[string]any{"type": "BPE", "vocab": vocab, "merges": list}}}.write(t), Options{VocabOnly: true})
			wantKeys(t, got, want, "model", "pre", "tokens", "merges", "bos_token_id", "eos_token_id")
			for id, k := range kinds {
				text := tokens[id]
				if gotKinds, _, _ := got.Ints("tokenizer.ggml.token_type"); gotKinds[id] != k && !looksSpecial(text) {
					t.Fatalf("token %d %q: type %d, want %d", id, text, gotKinds[id], k)
				}
			}
		})
	}
}

// TestFallback wants the same ids from a tokenizer.json that was made from a
// tokenizer.model as from the tokenizer.model.
func TestFallback(t *testing.T) {
	b := fixtures.Read(t, "vocab/tok512.model")
	m, err := parseSentencePiece(b)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]int{}
	for id, p := range m.pieces {
		ids[p.text] = id
	}
	type merge struct {
		text  string
		score float32
	}
	var merges []merge
	for _, p := range m.pieces {
		for i := range p.text {
			if _, ok := ids[p.text[:i]]; ok && p.kind == normal {
				if _, ok := ids[p.text[i:]]; ok {
					merges = append(merges, merge{p.text[:i] + " " + p.text[i:], p.score})
				}
			}
		}
	}
	sort.SliceStable(merges, func(i, j int) bool { return merges[i].score > merges[j].score })
	var list []string
	for _, m := range merges {
		list = append(list, m.text)
	}
	config := with(llamaConfig(512), map[string]any{"bos_token_id": 1, "eos_token_id": 2})
	added := []map[string]any{{"id": 0, "content": "<unk>", "special": true}, {"id": 1, "content": "<s>", "special": true}, {"id": 2, "content": "</s>", "special": true}}
	j := map[string]any{"added_tokens": added, "model": map[string]any{"type": "BPE", "vocab": ids, "merges": list, "byte_fallback": true}}
	got := converted(t, folder{"config.json": config, "tokenizer.json": j, "tokenizer_config.json": map[string]any{"unk_token": "<unk>"}}.write(t), Options{VocabOnly: true})
	want := converted(t, folder{"config.json": config, "tokenizer.model": b}.write(t), Options{VocabOnly: true})
	wantKeys(t, got, want, "model", "pre", "tokens", "token_type", "bos_token_id")
	x, y := tokenizerOf(t, got), tokenizerOf(t, want)
	for _, text := range []string{"Once upon a time, there was a little girl named Lily.", "  two  spaces\n", "é漢字🙂", "aaaaaaaa", "the then there"} {
		if a, b := x.Encode(nil, text, bpe.EncodeOptions{}), y.Encode(nil, text, bpe.EncodeOptions{}); !slices.Equal(a, b) {
			t.Errorf("%q: got %v, want %v", text, a, b)
		}
	}
}

// TestPre wants llama.cpp's name for the pre-tokenizer of a tokenizer.json.
func TestPre(t *testing.T) {
	bos := map[string]any{"type": "TemplateProcessing", "single": []any{
		map[string]any{"SpecialToken": map[string]any{"id": "<|end|>", "type_id": 0}}, map[string]any{"Sequence": map[string]any{"id": "A", "type_id": 0}}}}
	for _, c := range []struct {
		name, architecture string
		pre                any
		tokens             int
		post               any
		want               string
	}{
		{"llama 3", "LlamaForCausalLM", sequence(split(llama3Pattern), bytesOnly), 128256, bos, "llama-bpe"},
		{"llama 3's without BOS", "SmolLM3ForCausalLM", sequence(split(llama3Pattern), bytesOnly), 128256, nil, "smaug-bpe"},
		{"olmo 2", "Olmo2ForCausalLM", sequence(split(llama3Pattern), bytesOnly), 100352, nil, "dbrx"},
		{"glm 4", "Glm4ForCausalLM", sequence(split(llama3Pattern), bytesOnly), 151552, nil, "glm4"},
		{"qwen 2", "Qwen2ForCausalLM", sequence(split(qwen2Pattern), bytesOnly), 151936, nil, "qwen2"},
		{"stablelm 2", "StableLmForCausalLM", sequence(split(qwen2Pattern), bytesOnly), 100352, nil, "stablelm2"},
		{"contractions spelled out", "Qwen2ForCausalLM", split(strings.Replace(qwen2Pattern, `(?i:'s|'t|'re|'ve|'m|'ll|'d)`,
			`(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])`, 1)), 151936, nil, "qwen2"},
		{"smollm 2", "LlamaForCausalLM", sequence(digits, byteLevel), 49152, nil, "smollm"},
		{"starcoder 2", "Starcoder2ForCausalLM", sequence(digits, byteLevel), 49152, nil, "starcoder"},
		{"granite", "GraniteForCausalLM", sequence(digits, byteLevel), 49152, nil, "refact"},
		{"cohere 2", "Cohere2ForCausalLM", sequence(digits, byteLevel), 256000, nil, "command-r"},
		{"gpt 2", "GPT2LMHeadModel", byteLevel, 50257, nil, "gpt-2"},
		{"olmoe", "OlmoeForCausalLM", byteLevel, 50304, nil, "olmo"},
		{"gpt-oss", "GptOssForCausalLM", sequence(split(o200kPattern), bytesOnly), 201088, nil, "gpt-4o"},
		{"mistral nemo", "MistralForCausalLM", sequence(split(tekkenPattern), bytesOnly), 131072, nil, "tekken"},
		{"deepseek coder", "LlamaForCausalLM", sequence(split("[\r\n]"), split(`\s?\p{L}+`), split(`\s?\p{P}+`), split("[一-龥ࠀ-一가-\ud7ff]+"), digits, bytesOnly), 32256, nil, "deepseek-coder"},
		{"a space before", "GPT2LMHeadModel", map[string]any{"type": "ByteLevel", "add_prefix_space": true}, 50257, nil, ""},
		{"another pattern", "GPT2LMHeadModel", split(`\w+`), 50257, nil, ""},
		{"a step more", "GPT2LMHeadModel", sequence(map[string]any{"type": "Metaspace"}, byteLevel), 50257, nil, ""},
		{"none", "GPT2LMHeadModel", nil, 50257, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := with(byteTokenizer(c.pre), map[string]any{"post_processor": c.post})
			if c.architecture == "Glm4ForCausalLM" {
				j["added_tokens"] = []map[string]any{{"id": 258, "content": "<|endoftext|>", "special": true}, {"id": 259, "content": "<|user|>", "special": true}}
			}
			dir := folder{"config.json": with(llamaConfig(c.tokens), map[string]any{"architectures": []string{c.architecture}, "head_dim": 4}), "tokenizer.json": j}.write(t)
			m, err := Open(dir, Options{VocabOnly: true})
			if c.want == "" {
				if err == nil || !strings.Contains(err.Error(), "--pre") {
					t.Errorf("got %v, want an error with --pre", err)
				}
				m, err = Open(dir, Options{VocabOnly: true, Pre: "mpt"})
				c.want = "mpt"
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, kv := range m.KV {
				if kv.Key == "tokenizer.ggml.pre" && kv.Value != c.want {
					t.Errorf("got %v, want %s", kv.Value, c.want)
				}
			}
		})
	}
}

// TestNoVocab wants an error for a folder without a tokenizer.
func TestNoVocab(t *testing.T) {
	_, err := Open(folder{"config.json": llamaConfig(10)}.write(t), Options{VocabOnly: true})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "tokenizer") {
		t.Errorf("got %v", err)
	}
}

// tokenizerOf returns the tokenizer of a file.
func tokenizerOf(t *testing.T, f *gguf.File) *bpe.Tokenizer {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vocab.gguf")
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(gguf.Write(w, f.KV, nil), w.Close()); err != nil {
		t.Fatal(err)
	}
	tok, err := chord.OpenTokenizer(path, chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
