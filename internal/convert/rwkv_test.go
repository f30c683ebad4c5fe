package convert

import (
	"fmt"
	"strings"
	"testing"
)

// rwkvModels is RWKV 7.
var rwkvModels = []*pairModel{
	{name: "rwkv7", arch: "rwkv7", architecture: "RWKV7ForCausalLM", layered: true, has: "listed mamba",
		files: folder{worldFile: []byte(worldLines(pairVocab - 1))},
		kv: map[string]any{"context_length": uint32(1 << 20), "attention.head_count": uint32(0), "attention.head_count_kv": nil, "wkv.head_size": uint32(16),
			"attention.decay_lora_rank": uint32(8), "attention.iclr_lora_rank": uint32(6), "attention.value_residual_mix_lora_rank": uint32(4), "attention.gate_lora_rank": uint32(10)},
		config: map[string]any{"head_dim": 16, "norm_eps": 1e-5, "decay_low_rank_dim": 8, "a_low_rank_dim": 6, "v_low_rank_dim": 4, "gate_low_rank_dim": 10,
			"norm_first": true, "num_attention_heads": nil, "num_key_value_heads": nil, "max_position_embeddings": nil},
		layer: rwkvLayer,
		whole: func(p *pair) {
			p.add("token_embd_norm.weight", p.shapes.dim)
			p.add("token_embd_norm.bias", p.shapes.dim)
			p.add("output_norm.bias", p.shapes.dim)
		}},
}

func init() { pairModels = append(pairModels, rwkvModels...) }

// worldLines returns a vocabulary of n tokens after the first.
func worldLines(n int) string {
	var b strings.Builder
	for i := range n {
		literal, length := fmt.Sprintf(`b'\x%02x'`, i), 1
		if i >= 256 {
			literal, length = fmt.Sprintf("'日%d'", i), len("日256")
		}
		fmt.Fprintf(&b, "%d %s %d\n", i+1, literal, length)
	}
	return b.String()
}

// rwkvLayer adds a layer of RWKV 7.
func rwkvLayer(p *pair, l int) {
	dim := p.shapes.dim
	p.norms(l, "attn_norm", "attn_norm_2")
	p.normBiases(l, "attn_norm", "attn_norm_2")
	p.norms(l, "time_mix_ln")
	p.normBiases(l, "time_mix_ln")
	for letter, rank := range map[string]int{"w": 8, "a": 6, "v": 4, "g": 10} {
		if letter == "v" && l == 0 {
			continue
		}
		p.blk(l, "time_mix_"+letter+"1", rank, dim)
		p.blk(l, "time_mix_"+letter+"2", dim, rank)
		if letter != "g" {
			p.blk(l, "time_mix_"+letter+"0", dim)
		}
	}
	p.blk(l, "time_mix_lerp_fused", 6, 1, 1, dim)
	for _, n := range []string{"k_k", "k_a", "r_k"} {
		p.blk(l, "time_mix_"+n, dim)
	}
	if r := p.tensors[len(p.tensors)-1].x; p.round != nil { // a matrix in the other form
		for i := range r {
			r[i] = p.round(r[i])
		}
	}
	for _, n := range []string{"receptance", "key", "value", "output"} {
		p.blk(l, "time_mix_"+n, dim, dim)
	}
	p.blk(l, "channel_mix_lerp_k", dim)
	p.blk(l, "channel_mix_key", p.shapes.hidden, dim)
	p.blk(l, "channel_mix_value", dim, p.shapes.hidden)
}

// rwkvNames are flash-linear-attention's names.
var rwkvNames = map[string]string{
	"attn_norm": "attn_norm", "attn_norm_2": "ffn_norm", "time_mix_ln": "attn.g_norm", "channel_mix_key": "ffn.key", "channel_mix_value": "ffn.value",
	"time_mix_receptance": "attn.r_proj", "time_mix_key": "attn.k_proj", "time_mix_value": "attn.v_proj", "time_mix_output": "attn.o_proj",
}

// rwkv converts a tensor of RWKV, and reports whether it is one.
func (u *undo) rwkv(h hf) ([]hf, bool) {
	if u.arch != "rwkv7" {
		return nil, false
	}
	rest, inLayer := strings.CutPrefix(h.name, "blk.")
	if !inLayer {
		base, suffix, _ := strings.Cut(h.name, ".")
		h.name = map[string]string{"token_embd": "model.embeddings", "token_embd_norm": "model.layers.0.pre_norm", "output_norm": "model.norm", "output": "lm_head"}[base] + "." + suffix
		return []hf{h}, true
	}
	number, rest, _ := strings.Cut(rest, ".")
	base, suffix, _ := strings.Cut(rest, ".")
	prefix, mix := "model.layers."+number+".", strings.TrimPrefix(base, "time_mix_")
	switch {
	case base == "time_mix_lerp_fused":
		var out []hf
		n := len(h.x) / len(rwkvMixes)
		for i, letter := range rwkvMixes {
			out = append(out, hf{name: prefix + "attn.x_" + letter, shape: []int{1, 1, n}, x: h.x[i*n : (i+1)*n]})
		}
		return out, true
	case base == "channel_mix_lerp_k":
		h.name = prefix + "ffn.x_k"
	case base == "time_mix_r_k":
		h.name, h.shape = prefix+"attn.r_k", []int{len(h.x) / 16, 16}
	case mix == "k_k" || mix == "k_a":
		h.name = prefix + "attn." + mix
	case len(mix) == 2 && strings.ContainsAny(mix[1:], "012"):
		h.name = prefix + "attn." + mix[:1] + "_lora.lora." + map[byte]string{'0': "2.bias", '1': "0.weight", '2': "2.weight"}[mix[1]]
	default:
		h.name = prefix + rwkvNames[base] + "." + suffix
	}
	return []hf{h}, true
}

func TestPythonLiterals(t *testing.T) {
	for literal, want := range map[string]string{
		`'a'`: "a", `"'"`: "'", `b'\xff\x00'`: "\xff\x00", `'\xe9'`: "é", `'\u3000'`: "\u3000", `'\U0001f600'`: "😀", `'\\\t\n\r\'"'`: "\\\t\n\r'\"",
		`'日'`: "日", `''`: "",
	} {
		if got, ok := pythonLiteral(literal); !ok || got != want {
			t.Errorf("%s: got %q %t, want %q", literal, got, ok, want)
		}
	}
	for _, bad := range []string{"", "'", "b", "b'", `'a"`, `'\'`, `'\x4'`, `b'\u3000'`, `'\q'`, "a", `'\xzz'`, `'\U0001f60'`} {
		if got, ok := pythonLiteral(bad); ok {
			t.Errorf("%s: got %q", bad, got)
		}
	}
	const text = "a'\"\\\t\n\x00é日 \u3000x"
	const python = `a\'"\\\t\n\x00\xc3\xa9\xe6\x97\xa5 \xe3\x80\x80x`
	if got := pythonBytes(text); got != python {
		t.Errorf("got %s, want Python's %s", got, python)
	}
	if got := pythonBytes("it's"); got != "it's" {
		t.Errorf("got %s", got)
	}
}

// TestWorldVocabErrors requires errors for lines that are not of the form.
func TestWorldVocabErrors(t *testing.T) {
	for _, line := range []string{"", "1", "1 'a'", "2 'a' 1", "1 'a' 2", "1 a 1", "1 b'\\u0041' 1"} {
		dir := folder{worldFile: []byte(line + "\n")}.write(t)
		r := &reading{dir: dir, f: &rwkvFamilies[0], c: &config{file: "config.json", values: map[string]any{"vocab_size": 3}}}
		if v, err := (worldVocab{}).read(r); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: got %v, %v", line, v, err)
		}
	}
	dir := folder{worldFile: []byte("1 'a' 1\n2 'b' 1\n3 'c' 1\n")}.write(t)
	r := &reading{dir: dir, f: &rwkvFamilies[0], c: &config{file: "config.json", values: map[string]any{"vocab_size": 3}}}
	if _, err := (worldVocab{}).read(r); err == nil || !strings.Contains(err.Error(), "more than vocab_size") {
		t.Errorf("too many lines: got %v", err)
	}
}
