package chord_test

import (
	"encoding/binary"
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/querent-ai/chord/tales"
)

// newDocs builds chord and makes the files that pages name, most of them of the
// embedded model.
func newDocs(t *testing.T) *docs {
	t.Helper()
	d := &docs{bin: t.TempDir(), files: t.TempDir()}
	sources, err := filepath.Glob("cmd/chord/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources { // so that go test's cache knows of them
		readPage(t, name)
	}
	goBuild(t, "-o", filepath.Join(d.bin, "chord"), "./cmd/chord")
	model, err := tales.FS.ReadFile(tales.Name)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("Once upon a time there was a little girl named Lily. She loved to play outside in the park. ", 80)
	files := map[string]any{
		"model.gguf": model, "bge.gguf": model, "nomic-embed-text.gguf": model, "model-q4_0.gguf": model,
		"prompt.txt": "Once upon a time", "text.txt": text, "wiki.test.raw": text, "texts.txt": "a cat\na dog\n",
		"ids.json": []int{1, 403, 407}, "chat.json": []map[string]string{{"role": "user", "content": "Hello"}},
		"schema.json": map[string]any{"type": "object", "required": []string{"n"}}, "answer.json": map[string]any{"n": 1},
		"bge-reranker.gguf": madeRerankers["bert"]().bytes(t, "bert"), "qwen3-reranker.gguf": madeRerankers["qwen3"]().bytes(t, "qwen3"),
		"documents.txt": "a cat\na dog\n", "keys.txt": "secret\n", "small.gguf": model,
		"list.gbnf": `root ::= ("- " [a-z]+ "\n")+`, "list.txt": "- one\n- two\n", "list.lark": "start: (\"- \" /[a-z]+/ \"\\n\")+\n",
		"file.jinja": "{{ name }}", "context.json": map[string]string{"name": "Lily"},
		"tok512.model": pieceModel(32), "stories260K.bin": checkpoint(32),
		"Qwen3-0.6B/config.json": map[string]any{"architectures": []string{"Qwen3ForCausalLM"}, "hidden_size": 8, "intermediate_size": 16,
			"num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 4, "max_position_embeddings": 64,
			"rms_norm_eps": 1e-5, "rope_theta": 10000, "vocab_size": 258, "tie_word_embeddings": true, "eos_token_id": 257},
		"Qwen3-0.6B/tokenizer.json": byteTokenizer(), "Qwen3-0.6B/model.safetensors": safetensors(t),
		"in.jsonl": map[string]any{"custom_id": "a", "method": "POST", "url": "/v1/completions",
			"body": map[string]any{"prompt": "Once", "max_tokens": 3}},
		"my-adapter/adapter_config.json":       map[string]any{"peft_type": "LORA", "lora_alpha": 2},
		"my-adapter/adapter_model.safetensors": peftTensors(),
	}
	for i, name := range []string{"adapter.gguf", "one.gguf", "two.gguf"} {
		if files[name], err = adapterBytes(uint64(i)); err != nil {
			t.Fatal(err)
		}
	}
	for name, v := range files {
		d.write(t, name, v)
	}
	d.sh(t, "model-f16.gguf", d.files, "chord quantize --allow-requantize model.gguf model-f16.gguf F16")
	d.sh(t, "in.gguf", d.files, "cp model-f16.gguf in.gguf")
	d.sh(t, "imatrix.gguf", d.files, "chord imatrix -m model.gguf -f text.txt -c 64 -o imatrix.gguf")
	d.sh(t, "parts", d.files, "chord split --split-max-size 1M model.gguf model")
	return d
}

// write writes one of the files: bytes, a text, or anything else as JSON.
func (d *docs) write(t *testing.T, name string, v any) {
	t.Helper()
	var b []byte
	switch v := v.(type) {
	case []byte:
		b = v
	case string:
		b = []byte(v)
	default:
		var err error
		if b, err = json.Marshal(v); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(d.files, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// folder returns a folder with those files; models, which nothing writes into,
// are links.
func (d *docs) folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	err := filepath.WalkDir(d.files, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(d.files, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, name)
		switch {
		case e.IsDir():
			return os.MkdirAll(to, 0o700)
		case filepath.Ext(name) == ".gguf":
			return os.Link(path, to)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// byteTokenizer is a tokenizer.json of 256 bytes, a merge and an end.
func byteTokenizer() map[string]any {
	vocab := map[string]int{}
	for i := range 256 {
		vocab[string(rune(0x100+i))] = i // not the letters that bytes have, but as many
	}
	vocab["Āā"] = 256
	return map[string]any{
		"added_tokens":  []map[string]any{{"id": 257, "content": "<|endoftext|>", "special": true}},
		"pre_tokenizer": map[string]any{"type": "ByteLevel", "use_regex": true},
		"model":         map[string]any{"type": "BPE", "vocab": vocab, "merges": []string{"Ā ā"}},
	}
}

// safetensors is a model.safetensors of one Qwen 3 layer, 8 wide, all of it 0.
func safetensors(t *testing.T) []byte {
	t.Helper()
	header, size := map[string]any{}, 0
	const layer = "model.layers.0."
	for name, shape := range map[string][]int{
		"model.embed_tokens.weight": {258, 8}, "model.norm.weight": {8},
		layer + "input_layernorm.weight": {8}, layer + "post_attention_layernorm.weight": {8},
		layer + "self_attn.q_proj.weight": {8, 8}, layer + "self_attn.k_proj.weight": {4, 8}, layer + "self_attn.v_proj.weight": {4, 8},
		layer + "self_attn.o_proj.weight": {8, 8}, layer + "self_attn.q_norm.weight": {4}, layer + "self_attn.k_norm.weight": {4},
		layer + "mlp.gate_proj.weight": {16, 8}, layer + "mlp.up_proj.weight": {16, 8}, layer + "mlp.down_proj.weight": {8, 16},
	} {
		n := 4
		for _, s := range shape {
			n *= s
		}
		header[name] = map[string]any{"dtype": "F32", "shape": shape, "data_offsets": []int{size, size + n}}
		size += n
	}
	b, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(b))), b...), make([]byte, size)...)
}

// pieceModel is a tokenizer.model of n pieces, <unk> and letters.
func pieceModel(n int) []byte {
	var b []byte
	field := func(b []byte, tag byte, data []byte) []byte { return append(append(b, tag, byte(len(data))), data...) }
	for i := range n {
		p := field(nil, 1<<3|2, []byte(string(rune(0x4e00+i))))
		if i == 0 {
			p = append(field(nil, 1<<3|2, []byte("<unk>")), 3<<3, 2)
		}
		b = field(b, 1<<3|2, p)
	}
	return field(b, 2<<3|2, []byte{3 << 3, 2})
}

// checkpoint is one of llama2.c with a vocabulary of n, one layer, 8 wide.
func checkpoint(n int) []byte {
	const dim, hidden, heads, context = 8, 16, 2, 32
	var b []byte
	for _, v := range []int{dim, hidden, 1, heads, heads, n, context} {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	weights := n*dim + 3*dim + 4*dim*dim + 3*dim*hidden + context*dim/heads
	for i := range weights {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(i%7)/8))
	}
	return b
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	dropped = regexp.MustCompile("[^a-z0-9 _-]")
)

// TestDocsLinks wants every link between files and headings to lead somewhere,
// and README to be short.
func TestDocsLinks(t *testing.T) {
	for _, page := range append(docPages(t), "CONTRIBUTING.md") {
		for _, m := range link.FindAllStringSubmatch(readPage(t, page), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			target, anchor, _ := strings.Cut(m[1], "#")
			path := page
			if target != "" {
				path = filepath.Join(filepath.Dir(page), target)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: link to %s: %v", page, m[1], err)
				continue
			}
			if anchor != "" && !anchors(readPage(t, path))[anchor] {
				t.Errorf("%s: no heading for %s", page, m[1])
			}
		}
	}
	const most = 120
	if n := strings.Count(readPage(t, "README.md"), "\n"); n > most {
		t.Errorf("README.md has %d lines, want at most %d", n, most)
	}
}

// anchors returns the names by which a page's headings are linked to.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		names[strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return names
}

// peftTensors returns the tensors of an adapter for one matrix of the small Qwen3.
func peftTensors() []byte {
	const prefix = `{"base_model.model.model.layers.0.mlp.up_proj.lora_`
	header := prefix + `A.weight":{"dtype":"F32","shape":[1,8],"data_offsets":[0,32]},` +
		prefix[1:] + `B.weight":{"dtype":"F32","shape":[16,1],"data_offsets":[32,96]}}`
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, 96)...)
}
