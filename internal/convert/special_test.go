package convert

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
)

// TestSpecials wants the keys of special tokens, templates and normalisers that
// llama.cpp's converter makes from a folder's files.
func TestSpecials(t *testing.T) {
	token := func(id string) map[string]any {
		return map[string]any{"SpecialToken": map[string]any{"id": id, "type_id": 0}}
	}
	text := func(id string) map[string]any {
		return map[string]any{"Sequence": map[string]any{"id": id, "type_id": 0}}
	}
	template := func(single, pair []any) map[string]any {
		return map[string]any{"type": "TemplateProcessing", "single": single, "pair": pair}
	}
	added := []map[string]any{{"id": 256, "content": "<s>", "special": true}, {"id": 257, "content": "</s>", "special": true},
		{"id": 258, "content": "<turn>", "special": false}, {"id": 255, "content": "<|im|>", "special": false}}
	for _, c := range []struct {
		name  string
		files folder // beside config.json
		json  map[string]any
		want  map[string]any // after tokenizer.
	}{
		{"by text", folder{"tokenizer_config.json": map[string]any{"bos_token": "<s>", "eos_token": map[string]any{"content": "</s>"}, "add_bos_token": true, "add_eos_token": false}}, nil,
			map[string]any{"ggml.bos_token_id": uint32(256), "ggml.eos_token_id": uint32(257), "ggml.add_bos_token": true, "ggml.add_eos_token": false, "ggml.padding_token_id": nil}},
		{"by config.json", nil, nil, map[string]any{"ggml.bos_token_id": uint32(3), "ggml.eos_token_id": uint32(1), "ggml.eot_token_id": uint32(2), "ggml.eos_token_ids": []int32{1, 2}, "ggml.unknown_token_id": nil}},
		{"ends of generation_config.json", folder{"tokenizer_config.json": map[string]any{"eos_token": "</s>"}, "generation_config.json": map[string]any{"eos_token_id": []int{257, 258, 255, 999}},
			"config.json": with(llamaConfig(260), map[string]any{"eos_token_id": 257})}, nil,
			map[string]any{"ggml.eos_token_id": uint32(257), "ggml.eot_token_id": uint32(258), "ggml.eom_token_id": uint32(255), "ggml.eos_token_ids": []int32{257, 258, 255}}},
		{"ends with known names", folder{"tokenizer_config.json": map[string]any{"eos_token": "<turn>"}, "generation_config.json": map[string]any{"eos_token_id": []int{258, 257}},
			"config.json": with(llamaConfig(260), map[string]any{"eos_token_id": nil})}, nil,
			map[string]any{"ggml.eos_token_id": uint32(258), "ggml.eot_token_id": nil, "ggml.eos_token_ids": []int32{258, 257}}},
		{"one end", folder{"tokenizer_config.json": map[string]any{"eos_token": "</s>"}, "generation_config.json": map[string]any{"eos_token_id": 257},
			"config.json": with(llamaConfig(260), map[string]any{"eos_token_id": []int{257}})}, nil,
			map[string]any{"ggml.eos_token_id": uint32(257), "ggml.eot_token_id": nil, "ggml.eos_token_ids": nil}},
		{"begins and ends texts", folder{"tokenizer_config.json": map[string]any{"bos_token": "<s>", "eos_token": "</s>"}},
			map[string]any{"post_processor": map[string]any{"type": "Sequence", "processors": []any{map[string]any{"type": "ByteLevel"},
				template([]any{token("<s>"), text("A"), token("</s>")}, nil)}}},
			map[string]any{"ggml.add_bos_token": true, "ggml.add_eos_token": true}},
		{"ends texts with another", folder{"tokenizer_config.json": map[string]any{"bos_token": "<s>", "eos_token": "<turn>"}},
			map[string]any{"post_processor": template([]any{text("A"), token("</s>")}, nil)},
			map[string]any{"ggml.eos_token_id": uint32(257), "ggml.eot_token_id": uint32(258), "ggml.add_eos_token": true, "ggml.add_bos_token": nil}},
		{"between two", folder{"tokenizer_config.json": map[string]any{"cls_token": "<s>", "sep_token": "</s>"}},
			map[string]any{"post_processor": template([]any{token("<s>"), text("A"), token("</s>")}, []any{token("<s>"), text("A"), token("</s>"), token("</s>"), text("B"), token("</s>")})},
			map[string]any{"ggml.bos_token_id": uint32(256), "ggml.seperator_token_id": uint32(257), "ggml.add_sep_token": true}},
		{"roberta", folder{"tokenizer_config.json": map[string]any{"bos_token": "<s>"}}, map[string]any{"post_processor": map[string]any{"type": "RobertaProcessing"}},
			map[string]any{"ggml.add_bos_token": true, "ggml.add_eos_token": true, "ggml.add_sep_token": true}},
		{"template in the config", folder{"tokenizer_config.json": map[string]any{"chat_template": "one"}, "chat_template.jinja": "two"}, nil, map[string]any{"chat_template": "one"}},
		{"template beside it", folder{"tokenizer_config.json": map[string]any{"bos_token": "<s>"}, "chat_template.jinja": "two", "chat_template.json": map[string]any{"chat_template": "three"}}, nil,
			map[string]any{"chat_template": "two"}},
		{"template in JSON", folder{"tokenizer_config.json": map[string]any{"bos_token": "<s>"}, "chat_template.json": map[string]any{"chat_template": "three"}}, nil, map[string]any{"chat_template": "three"}},
		{"named templates", folder{"tokenizer_config.json": map[string]any{"chat_template": []any{map[string]any{"name": "default", "template": "d"},
			map[string]any{"name": "tool use", "template": "t"}}}}, nil,
			map[string]any{"chat_template": "d", "chat_template.tool_use": "t", "chat_templates": []string{"tool_use"}}},
		{"templates beside it", folder{"tokenizer_config.json": map[string]any{"bos_token": "<s>"}, "chat_template.jinja": "d",
			"additional_chat_templates/rag.jinja": "r", "additional_chat_templates/tool-use.jinja": "t", "additional_chat_templates/README.md": "x"}, nil,
			map[string]any{"chat_template": "d", "chat_template.rag": "r", "chat_template.tool_use": "t", "chat_templates": []string{"rag", "tool_use"}}},
		{"templates beside a named one", folder{"tokenizer_config.json": map[string]any{"chat_template": []any{map[string]any{"name": "default", "template": "d"},
			map[string]any{"name": "rag", "template": "r"}}}, "additional_chat_templates/rag.jinja": "other"}, nil,
			map[string]any{"chat_template": "d", "chat_template.rag": "r", "chat_templates": []string{"rag"}}},
		{"normalizer", nil, map[string]any{"normalizer": map[string]any{"type": "Sequence", "normalizers": []any{map[string]any{"type": "NFC"},
			map[string]any{"type": "Lowercase"}, map[string]any{"type": "StripAccents"}}}},
			map[string]any{"ggml.normalizer.lowercase": true, "ggml.normalizer.strip_accents": true}},
		{"a space before", folder{"tokenizer_config.json": map[string]any{"add_prefix_space": false}}, nil, map[string]any{"ggml.add_space_prefix": false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := folder{"config.json": with(llamaConfig(260), map[string]any{"bos_token_id": 3, "eos_token_id": []int{1, 2}}),
				"tokenizer.json": with(with(byteTokenizer(byteLevel), map[string]any{"added_tokens": added}), c.json)}
			for name, v := range c.files {
				files[name] = v
			}
			got := converted(t, files.write(t), Options{VocabOnly: true})
			for key, want := range c.want {
				v, _ := got.Get("tokenizer." + key)
				if d := unlike(want, v); d != "" {
					t.Errorf("%s: %s", key, d)
				}
			}
			kinds, _, _ := got.Ints("tokenizer.ggml.token_type")
			if kinds[256] != control || kinds[258] != userDefined || kinds[255] != control || kinds[259] != unused || kinds[0] != normal {
				t.Errorf("types %v", kinds[254:])
			}
		})
	}
}

// TestEnds wants every token in a list of ends to end a generated text.
func TestEnds(t *testing.T) {
	f := smallLlama("F32")
	ends := []int{258, 7, 3, 200, 256}
	f["config.json"] = with(f["config.json"].(map[string]any), map[string]any{"eos_token_id": ends[:3]})
	f["generation_config.json"] = map[string]any{"eos_token_id": ends[2:]}
	m, err := Open(f.write(t), Options{Pre: "gpt-2"})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	name := filepath.Join(t.TempDir(), "model.gguf")
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.Write(t.Context(), out, nil), out.Close()); err != nil {
		t.Fatal(err)
	}
	tok, err := chord.OpenTokenizer(name, chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for id := range 259 {
		if want := slices.Contains(ends, id); tok.IsEOG(int32(id)) != want {
			t.Errorf("token %d ends texts: %t, want %t", id, !want, want)
		}
	}
}

// TestWordPiece wants the beginnings of words to be marked, as in llama.cpp.
func TestWordPiece(t *testing.T) {
	j := map[string]any{"added_tokens": []map[string]any{{"id": 0, "content": "[PAD]", "special": true}},
		"normalizer": map[string]any{"type": "BertNormalizer", "lowercase": true, "strip_accents": nil},
		"model":      map[string]any{"type": "WordPiece", "vocab": map[string]int{"[PAD]": 0, "un": 1, "##able": 2}}}
	got := converted(t, folder{"config.json": with(llamaConfig(4), map[string]any{"architectures": []string{"BertModel"}, "type_vocab_size": 2}),
		"tokenizer.json": j}.write(t), Options{VocabOnly: true})
	for key, want := range map[string]any{"model": "bert", "tokens": []string{"[PAD]", "▁un", "able", "▁[PAD3]"}, "token_type_count": uint32(2),
		"normalizer.lowercase": true, "token_type": []int32{control, normal, normal, unused}} {
		v, _ := got.Get("tokenizer.ggml." + key)
		if d := unlike(want, v); d != "" {
			t.Errorf("%s: %s", key, d)
		}
	}
}

// TestGeneral checks the keys from the folder's name, the weights and
// generation_config.json.
func TestGeneral(t *testing.T) {
	f := smallLlama("F32")
	f["generation_config.json"] = map[string]any{"top_k": 20, "top_p": 0.8, "temperature": 0.7, "do_sample": true}
	got := converted(t, f.write(t), Options{Pre: "gpt-2"})
	for key, want := range map[string]any{"general.name": "Tiny Model", "general.size_label": "15K", "general.type": "model",
		"general.sampling.top_k": int32(20), "general.sampling.top_p": float32(0.8), "general.sampling.temp": float32(0.7), "general.sampling.min_p": nil} {
		v, _ := got.Get(key)
		if d := unlike(want, v); d != "" {
			t.Errorf("%s: %s", key, d)
		}
	}
	for n, want := range map[float64]string{7.24e9: "7.2B", 1.1e9: "1.1B", 46.7e9: "47B", 135e6: "135M", 1.5e12: "1.5T", 260032: "260K", 999: "1.0K"} {
		if got := rounded(n); got != want {
			t.Errorf("%g: got %s, want %s", n, got, want)
		}
	}
	for s, want := range map[string]string{"qwen3-0.6b": "Qwen3 0.6b", "Llama-3.2-1B-Instruct": "Llama 3.2 1B Instruct", "a-v2": "A v2"} {
		if got := title(s); got != want {
			t.Errorf("%s: got %q, want %q", s, got, want)
		}
	}
	if !strings.Contains(strings.Join(Types(), " "), "auto f32 f16") {
		t.Error(Types())
	}
}
