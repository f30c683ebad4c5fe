package convert

import (
	"maps"
	"strings"
)

// norms adds norms of the residual stream.
func (p *pair) norms(l int, names ...string) {
	for _, name := range names {
		p.blk(l, name, p.shapes.dim)
	}
}

// normBiases adds their biases.
func (p *pair) normBiases(l int, names ...string) {
	for _, name := range names {
		p.blk(l, name+".bias", p.shapes.dim)
	}
}

// headNorms adds norms of the heads of q and k.
func (p *pair) headNorms(l int) {
	p.blk(l, "attn_q_norm", p.shapes.headDim)
	p.blk(l, "attn_k_norm", p.shapes.headDim)
}

// wideNorms adds norms of all heads of q and k together.
func (p *pair) wideNorms(l int) {
	p.blk(l, "attn_q_norm", p.shapes.heads*p.shapes.headDim)
	p.blk(l, "attn_k_norm", p.shapes.kvHeads*p.shapes.headDim)
}

// attention adds the four matrices of attention.
func (p *pair) attention(l int) {
	s := &p.shapes
	p.blk(l, "attn_q", s.heads*s.headDim, s.dim)
	p.blk(l, "attn_k", s.kvHeads*s.headDim, s.dim)
	p.blk(l, "attn_v", s.kvHeads*s.headDim, s.dim)
	p.blk(l, "attn_output", s.dim, s.heads*s.headDim)
}

// biases adds their biases, that of the last if all is set.
func (p *pair) biases(l int, all bool) {
	s := &p.shapes
	p.blk(l, "attn_q.bias", s.heads*s.headDim)
	p.blk(l, "attn_k.bias", s.kvHeads*s.headDim)
	p.blk(l, "attn_v.bias", s.kvHeads*s.headDim)
	if all {
		p.blk(l, "attn_output.bias", s.dim)
	}
}

// dense adds a feed-forward network of three matrices.
func (p *pair) dense(l int, suffix string, hidden int) {
	p.blk(l, "ffn_gate"+suffix, hidden, p.shapes.dim)
	p.blk(l, "ffn_up"+suffix, hidden, p.shapes.dim)
	p.blk(l, "ffn_down"+suffix, p.shapes.dim, hidden)
}

// upDown adds a feed-forward network of two matrices.
func (p *pair) upDown(l int) {
	p.blk(l, "ffn_up", p.shapes.hidden, p.shapes.dim)
	p.blk(l, "ffn_down", p.shapes.dim, p.shapes.hidden)
}

// experts adds a router and experts.
func (p *pair) experts(l, hidden int) {
	p.blk(l, "ffn_gate_inp", pairExperts, p.shapes.dim)
	p.blk(l, "ffn_gate_exps", pairExperts, hidden, p.shapes.dim)
	p.blk(l, "ffn_up_exps", pairExperts, hidden, p.shapes.dim)
	p.blk(l, "ffn_down_exps", pairExperts, p.shapes.dim, hidden)
}

// llamaLayer adds a layer of llama.
func llamaLayer(p *pair, l int) {
	p.norms(l, "attn_norm", "ffn_norm")
	p.attention(l)
	p.dense(l, "", p.shapes.hidden)
}

// sandwichLayer adds a layer with norms before and after.
func sandwichLayer(p *pair, l int) {
	llamaLayer(p, l)
	p.norms(l, "post_attention_norm", "post_ffw_norm")
}

// olmoLayer adds a layer with norms after, and of q and k.
func olmoLayer(p *pair, l int) {
	p.norms(l, "post_attention_norm", "post_ffw_norm")
	p.attention(l)
	p.wideNorms(l)
	p.dense(l, "", p.shapes.hidden)
}

// bertLayer adds a layer of BERT.
func bertLayer(p *pair, l int) {
	p.attention(l)
	p.biases(l, true)
	encoderNorms(p, l)
	p.upDown(l)
	p.blk(l, "ffn_up.bias", p.shapes.hidden)
	p.blk(l, "ffn_down.bias", p.shapes.dim)
}

// renamed returns a function that replaces the prefixes of names, in pairs.
func renamed(prefixes ...string) func(tensors []hf) []hf {
	return func(tensors []hf) []hf {
		for i := range tensors {
			for k := 0; k < len(prefixes); k += 2 {
				if rest, ok := strings.CutPrefix(tensors[i].name, prefixes[k]); ok {
					tensors[i].name = prefixes[k+1] + rest
					break
				}
			}
		}
		return tensors
	}
}

// projection returns the file of a projection after pooling, with the numbers that
// the tensor of this name has in GGUF.
func projection(name string, shape ...int) []hf {
	var p pair
	p.add(name, shape...)
	p.tensors[0].name = "linear.weight"
	return p.tensors
}

// unigramTokenizer returns a tokenizer.json of XLM-RoBERTa.
func unigramTokenizer() map[string]any {
	pieces := [][2]any{{"<s>", 0}, {"<pad>", 0}, {"</s>", 0}, {"<unk>", 0}, {"▁", -2.5}, {"▁a", -3}}
	for i := len(pieces); i < pairVocab-1; i++ {
		pieces = append(pieces, [2]any{string(rune(0x4e00 + i)), -5 - i})
	}
	pieces = append(pieces, [2]any{"<mask>", 0})
	var added []map[string]any
	for _, id := range []int{0, 1, 2, 3, pairVocab - 1} {
		added = append(added, map[string]any{"id": id, "content": pieces[id][0], "special": true})
	}
	special := func(s string) map[string]any { return map[string]any{"SpecialToken": map[string]any{"id": s}} }
	text := func(s string) map[string]any { return map[string]any{"Sequence": map[string]any{"id": s}} }
	return map[string]any{
		"added_tokens": added,
		"normalizer":   map[string]any{"type": "Precompiled", "precompiled_charsmap": "BAAAAAAAAABhAA=="},
		"pre_tokenizer": map[string]any{"type": "Sequence", "pretokenizers": []any{
			map[string]any{"type": "WhitespaceSplit"}, map[string]any{"type": "Metaspace", "replacement": "▁", "add_prefix_space": true}}},
		"post_processor": map[string]any{"type": "TemplateProcessing", "single": []any{special("<s>"), text("A"), special("</s>")},
			"pair": []any{special("<s>"), text("A"), special("</s>"), special("</s>"), text("B"), special("</s>")}},
		"model": map[string]any{"type": "Unigram", "unk_id": 3, "vocab": pieces},
	}
}

// encoderNorms adds the norms of an embedder's layer.
func encoderNorms(p *pair, l int) {
	p.norms(l, "attn_output_norm", "layer_output_norm")
	p.normBiases(l, "attn_output_norm", "layer_output_norm")
}

// encoderWhole adds the tensors of an embedder outside of layers.
func encoderWhole(p *pair) {
	p.add("token_types.weight", 2, p.shapes.dim)
	p.add("token_embd_norm.weight", p.shapes.dim)
	p.add("token_embd_norm.bias", p.shapes.dim)
}

// pair returns the model, changed by o if it is not nil.
func (h *pairModel) pair(o *pairOption) *pair {
	p := &pair{arch: h.arch, typ: "f32", loose: 1e-5, layer: h.layer, whole: h.whole, files: folder{},
		shapes: dims8{dim: 32, hidden: 48, layers: max(h.layers, 2), heads: 4, kvHeads: 2, headDim: 8, untied: !h.tied}}
	if o != nil {
		p.same = o.same
		if o.shapes != nil {
			o.shapes(p)
		}
	}
	s := &p.shapes
	if h.kv["attention.head_count_kv"] == nil && h.has == "encoder" || h.name == "gpt2" {
		s.kvHeads = s.heads
	}
	p.kv = map[string]any{"block_count": uint32(s.layers), "context_length": uint32(pairContext), "embedding_length": uint32(s.dim),
		"feed_forward_length": uint32(s.hidden), "attention.head_count": uint32(s.heads), "attention.head_count_kv": uint32(s.kvHeads)}
	eps := "attention.layer_norm_rms_epsilon"
	if h.layered {
		eps = "attention.layer_norm_epsilon"
	}
	maps.Copy(p.files, h.files)
	p.tidy, p.general = h.tidy, h.general
	p.kv[eps] = float32(1e-5)
	maps.Copy(p.kv, h.kv)
	p.config = map[string]any{"architectures": []string{h.architecture}, "vocab_size": pairVocab, "hidden_size": s.dim, "intermediate_size": s.hidden,
		"num_hidden_layers": s.layers, "num_attention_heads": s.heads, "num_key_value_heads": s.kvHeads, "max_position_embeddings": pairContext}
	if !h.layered {
		p.config["rms_norm_eps"] = 1e-5
	}
	for name, v := range h.config {
		if p.config[name] = v; v == nil {
			delete(p.config, name)
		}
	}
	if h.has != "encoder" {
		whole := p.whole
		p.whole = func(p *pair) {
			name := "output_norm.weight"
			if strings.HasPrefix(h.arch, "lfm2") {
				name = "token_embd_norm.weight"
			}
			if !h.bare {
				p.add(name, p.shapes.dim)
			}
			if whole != nil {
				whole(p)
			}
		}
	}
	if o != nil && o.edit != nil {
		o.edit(p, h)
	}
	p.build()
	return p
}

// family returns the family that the model is converted as.
func (h *pairModel) family() *family {
	c := &config{values: maps.Clone(h.config)}
	if text, ok := h.config["text_config"].(map[string]any); ok {
		maps.Copy(c.values, text)
	}
	return familyOf(h.architecture, c)
}

// familyNamed returns the family of an architecture whose config.json does not matter.
func familyNamed(architecture string) *family { return familyOf(architecture, &config{}) }
