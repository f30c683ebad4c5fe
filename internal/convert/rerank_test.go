package convert

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/bpe"
)

// pairFolder returns the pair model with the given name as a folder.
func pairFolder(t *testing.T, name string) (*pair, folder) {
	t.Helper()
	i := slices.IndexFunc(pairModels, func(h *pairModel) bool { return h.name == name })
	p := pairModels[i].pair(nil)
	return p, p.folder(t, p.gguf(t))
}

// TestQwen3Reranker wants the rows of the answers as the head, in the order of the
// labels, from the output matrix or, if it is tied, from the embedding.
func TestQwen3Reranker(t *testing.T) {
	_, files := pairFolder(t, "qwen3")
	answers := byteTokenizer(byteLevel)
	vocab := answers["model"].(map[string]any)["vocab"].(map[string]int)
	delete(vocab, string(rune(0x100+7)))
	delete(vocab, string(rune(0x100+9)))
	vocab["no"], vocab["yes"] = 7, 9
	delete(files, "tokenizer.model")
	files["tokenizer.json"] = answers
	for _, tied := range []bool{false, true} {
		all := maps.Clone(files)
		all["README.md"] = "---\n---\n# Qwen3-Reranker-0.6B\n"
		config := maps.Clone(files["config.json"].(map[string]any))
		config["tie_word_embeddings"] = tied
		all["config.json"] = config
		got := converted(t, all.write(t), Options{Type: "f32"})
		head, ok := got.Tensor("cls.output.weight")
		if !ok {
			t.Fatal("no head")
		}
		from := "output.weight"
		if tied {
			from = "token_embd.weight"
		}
		matrix, ok := got.Tensor(from)
		if !ok {
			t.Fatalf("no %s", from)
		}
		u := &undo{f: got}
		x, w, dim := u.floats(t, head), u.floats(t, matrix), int(matrix.Shape[0])
		if want := append(slices.Clone(w[9*dim:10*dim]), w[7*dim:8*dim]...); !slices.Equal(x, want) {
			t.Errorf("tied %t: the head is not the rows of yes and no", tied)
		}
		labels, _, _ := got.Strs("qwen3.classifier.output_labels")
		template, _, _ := got.Str("tokenizer.chat_template.rerank")
		if pooling, _, _ := got.Int("qwen3.pooling_type"); pooling != 4 || !slices.Equal(labels, []string{"yes", "no"}) ||
			!strings.Contains(template, "<Query>: {query}\n<Document>: {document}<|im_end|>") {
			t.Errorf("pooling %d, labels %q, template %q", pooling, labels, template)
		}
	}
	if _, ok := converted(t, files.write(t), Options{Type: "f32"}).Tensor("cls.output.weight"); ok {
		t.Error("a generator has a head")
	}
	files["README.md"] = "# Qwen3-Reranker-0.6B"
	delete(vocab, "yes")
	wantFailure(t, files, `vocabulary has no "yes"`)
}

// TestUnigramVocab wants the tokens, types and special tokens of XLM-RoBERTa, and
// the ids of a text with them.
func TestUnigramVocab(t *testing.T) {
	_, files := pairFolder(t, "xlm-roberta reranker")
	got := converted(t, files.write(t), Options{Type: "f32"})
	tok, err := bpe.FromGGUF(got)
	if err != nil {
		t.Fatal(err)
	}
	if ids := tok.Encode(nil, " a  a", bpe.EncodeOptions{}); !slices.Equal(ids, []int32{0, 5, 5, 2}) {
		t.Errorf("ids %v", ids)
	}
	if !tok.AddBOS() || !tok.AddEOS() || !tok.AddSEP() || tok.SEP() != 2 || tok.UNK() != 3 || tok.MASK() != pairVocab-1 && tok.MASK() != -1 {
		t.Errorf("special tokens: %t %t %t, sep %d, unk %d, mask %d", tok.AddBOS(), tok.AddEOS(), tok.AddSEP(), tok.SEP(), tok.UNK(), tok.MASK())
	}
	if context, _, _ := got.Int("bert.context_length"); context != pairContext {
		t.Errorf("context %d", context)
	}
}

// TestHeadFailures wants errors that name what is wrong with heads and their files.
func TestHeadFailures(t *testing.T) {
	for _, c := range []struct {
		name, model string
		edit        func(p *pair, files folder)
		want        string
	}{
		{"labels without numbers", "cross-encoder", configured("id2label", map[string]any{"x": "y"}), `id2label: "x"`},
		{"another number of labels", "cross-encoder", configured("id2label", map[string]any{"0": "a", "1": "b"}), `"cls.output.weight": 1 outputs`},
		{"no position but those of padding", "xlm-roberta reranker", configured("max_position_embeddings", 2), "max_position_embeddings"},
		{"adapters", "xlm-roberta reranker", configured("lora_adaptations", []string{"a"}), "lora_adaptations"},
		{"pieces that are no pairs", "xlm-roberta reranker", unigram("vocab", []any{[]any{1, 2}}), "number 0 is no pair"},
		{"too many pieces", "xlm-roberta reranker", configured("vocab_size", 5), "tokens, vocab_size is 5"},
		{"an unknown token outside", "xlm-roberta reranker", unigram("unk_id", 1<<20), "unk_id 1048576"},
		{"a generator", "embeddinggemma", configured("use_bidirectional_attention", nil), "use_bidirectional_attention"},
		{"a module outside", "embeddinggemma", func(_ *pair, f folder) {
			f["modules.json"] = []map[string]string{{"type": "models.Dense", "path": "../x"}}
		}, `path "../x" is not in the folder`},
		{"an activation", "embeddinggemma", func(_ *pair, f folder) {
			f["2_Dense/config.json"] = map[string]any{"in_features": 32, "out_features": 48, "activation_function": "torch.nn.Tanh"}
		}, `activation_function "torch.nn.Tanh"`},
		{"another shape", "embeddinggemma", func(_ *pair, f folder) {
			f["2_Dense/config.json"] = map[string]any{"in_features": 32, "out_features": 47}
		}, `"linear.weight": shape [48 32], want [47 32]`},
		{"no tensors", "embeddinggemma", func(_ *pair, f folder) { f["3_Dense/model.safetensors"] = []hf{} }, `no tensor "linear.weight"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, files := pairFolder(t, c.model)
			c.edit(p, files)
			wantFailure(t, files, c.want)
		})
	}
}

// configured returns an edit of config.json.
func configured(key string, value any) func(p *pair, files folder) {
	return func(_ *pair, files folder) {
		c := maps.Clone(files["config.json"].(map[string]any))
		c[key] = value
		files["config.json"] = c
	}
}

// unigram returns an edit of the model of tokenizer.json.
func unigram(key string, value any) func(p *pair, files folder) {
	return func(_ *pair, files folder) {
		j := unigramTokenizer()
		j["model"].(map[string]any)[key] = value
		files["tokenizer.json"] = j
	}
}

// wantFailure wants converting the folder to fail with text in the error.
func wantFailure(t *testing.T, files folder, text string) {
	t.Helper()
	m, err := Open(files.write(t), Options{Type: "f32"})
	if err == nil {
		m.Close()
	}
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want an error with %s", err, text)
	}
}
