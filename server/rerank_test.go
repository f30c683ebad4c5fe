package server_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/quant"
	"github.com/querent-ai/chord/server"
)

// rerankModel returns an encoder of random weights with a classification head.
func rerankModel(t *testing.T, name string) server.Model {
	t.Helper()
	const dim, hidden, context = 32, 48, 64
	tokens := strings.Fields("[PAD] [UNK] [CLS] [SEP] [MASK] ▁the ▁cat ▁dog ▁sat ▁on ▁mat ▁a s ing")
	kv := []gguf.KV{{Key: "general.architecture", Value: "bert"}, {Key: "bert.attention.causal", Value: false},
		{Key: "bert.attention.layer_norm_epsilon", Value: float32(1e-5)}, {Key: "tokenizer.ggml.model", Value: "bert"},
		{Key: "tokenizer.ggml.tokens", Value: tokens}, {Key: "tokenizer.ggml.token_type", Value: []int32{3, 2, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
		{Key: "tokenizer.ggml.scores", Value: make([]float32, len(tokens))}}
	for key, n := range map[string]uint32{"bert.embedding_length": dim, "bert.block_count": 1, "bert.feed_forward_length": hidden,
		"bert.context_length": context, "bert.attention.head_count": 4, "bert.pooling_type": 4, "tokenizer.ggml.token_type_count": 1,
		"tokenizer.ggml.unknown_token_id": 1, "tokenizer.ggml.cls_token_id": 2, "tokenizer.ggml.bos_token_id": 2,
		"tokenizer.ggml.seperator_token_id": 3, "tokenizer.ggml.padding_token_id": 0, "tokenizer.ggml.mask_token_id": 4} {
		kv = append(kv, gguf.KV{Key: key, Value: n})
	}
	var list []gguf.WriteTensor
	random := rand.New(rand.NewPCG(3, 5))
	add := func(name string, mean float64, shape ...uint64) {
		n := uint64(1)
		for _, d := range shape {
			n *= d
		}
		var b []byte
		for range n {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(mean+0.3*random.NormFloat64())))
		}
		list = append(list, gguf.WriteTensor{Name: name, Type: quant.F32, Shape: shape, Data: func(w io.Writer) error { _, err := w.Write(b); return err }})
	}
	linear := func(name string, in, out uint64) { add(name+".weight", 0, in, out); add(name+".bias", 0, out) }
	add("token_embd.weight", 0, dim, uint64(len(tokens)))
	add("position_embd.weight", 0, dim, context)
	add("token_types.weight", 0, dim, 1)
	for _, n := range []string{"token_embd_norm", "blk.0.attn_output_norm", "blk.0.layer_output_norm"} {
		add(n+".weight", 1, dim)
		add(n+".bias", 0, dim)
	}
	for _, n := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
		linear("blk.0."+n, dim, dim)
	}
	linear("blk.0.ffn_up", dim, hidden)
	linear("blk.0.ffn_down", hidden, dim)
	linear("cls.output", dim, 1)
	var b bytes.Buffer
	if err := gguf.Write(&b, kv, list); err != nil {
		t.Fatal(err)
	}
	m, err := chord.OpenReaderAt(bytes.NewReader(b.Bytes()), int64(b.Len()), chord.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return server.Model{Name: name, Loaded: m}
}

type ranked struct {
	Index    int
	Score    float32
	Relevant float32 `json:"relevance_score"`
	Text     string
	Document struct{ Text string }
}

// TestRerank holds the shapes of Jina, TEI and Cohere, and the order of the scores.
func TestRerank(t *testing.T) {
	m := rerankModel(t, "r")
	url := serve(t, server.Options{Models: []server.Model{m}})
	docs := []string{"the cat sat", "a dog", "the mat"}
	want, err := m.Loaded.Rerank(t.Context(), "the cat", docs)
	if err != nil {
		t.Fatal(err)
	}
	order := []int{0, 1, 2}
	slices.SortFunc(order, func(a, b int) int {
		if want[a] > want[b] {
			return -1
		}
		return 1
	})
	const q = `"query":"the cat","documents":["the cat sat",{"text":"a dog"},"the mat"]`
	for _, path := range []string{"/rerank", "/reranking", "/v1/rerank", "/v1/reranking", "/v2/rerank"} {
		a := decode[struct {
			Model string
			Usage struct {
				Total int `json:"total_tokens"`
			}
			Results []ranked
		}](t, post(t, url+path, `{`+q+`,"top_n":2,"return_documents":true}`).body)
		if len(a.Results) != 2 || a.Results[0].Index != order[0] || a.Results[0].Relevant != want[order[0]] || a.Results[1].Document.Text != docs[order[1]] {
			t.Errorf("%s: %+v, want the scores %v", path, a, want)
		}
		if path != "/v2/rerank" && (a.Model != "r" || a.Usage.Total == 0) {
			t.Errorf("%s: %+v", path, a)
		}
	}
	tei := decode[[]ranked](t, post(t, url+"/rerank", `{"query":"the cat","texts":["the cat sat","a dog","the mat"],"return_text":true}`).body)
	if len(tei) != 3 || tei[2].Score != want[order[2]] || tei[2].Text != docs[order[2]] {
		t.Errorf("%+v, want the scores %v", tei, want)
	}
	long := strings.Repeat("the cat ", 100)
	for body, param := range map[string]string{`{"documents":["a"]}`: "query", `{"query":"a"}`: "documents", `{"query":"a","documents":[]}`: "documents",
		`{"query":"a","documents":[7]}`: "documents[0]", `{"query":"a","documents":["b"],"top_n":0}`: "top_n", `{"query":"a","documents":["` + long + `"]}`: ""} {
		a := do(t, "POST", url+"/v1/rerank", body)
		if e := decode[apiError](t, strings.ReplaceAll(a.body, `"code":400`, `"code":"400"`)); a.status != 400 || str(e.Error.Param) != param {
			t.Errorf("%.80s: %d %s, want 400 for %q", body, a.status, a.body, param)
		}
	}
	text := serve(t, server.Options{Models: []server.Model{echoModel(t, "m", "an answer")}})
	if a := do(t, "POST", text+"/rerank", `{`+q+`}`); a.status != 400 || !strings.Contains(a.body, "not_supported_error") {
		t.Errorf("a model that is no reranker: %d %s", a.status, a.body)
	}
}
