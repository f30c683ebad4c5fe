package quantize

import (
	"strings"

	"github.com/querent-ai/chord/gguf"
)

// A category is the role of a tensor in the model, on which mixes depend.
type category int

// The categories.
const (
	other category = iota
	embd
	output
	attnQKV
	attnKVB
	attnV
	attnK
	attnQ
	attnOutput
	ffnUp
	ffnGate
	ffnDown
)

// parts maps parts of tensor names to categories; the first match decides.
var parts = []struct {
	part string
	category
}{
	{"attn_qkv.weight", attnQKV}, {"attn_kv_b.weight", attnKVB},
	{"attn_v.weight", attnV}, {"attn_k.weight", attnK}, {"attn_q.weight", attnQ},
	{"attn_output.weight", attnOutput},
	{"ffn_up", ffnUp}, {"ffn_gate", ffnGate}, {"ffn_down", ffnDown},
}

// categoryOf returns the category of the tensor called name.
func categoryOf(name string) category {
	switch {
	case name == "output.weight":
		return output
	case embedding(name):
		return embd
	}
	for _, p := range parts {
		if strings.Contains(name, p.part) {
			return p.category
		}
	}
	return other
}

// embedding reports whether name is the name of a token embedding.
func embedding(name string) bool {
	return name == "token_embd.weight" || name == "per_layer_token_embd.weight"
}

// likeV reports whether mixes treat c as attnV.
func (c category) likeV() bool { return c == attnV || c == attnQKV || c == attnKVB }

// kept are parts of the names of matrices that are not quantised: small ones, and
// those whose precision matters to the model.
var kept = []string{
	"_norm.weight", "ffn_gate_inp.weight", "ffn_gate_tid2eid.weight", "altup", "laurel",
	"per_layer_model_proj", "ssm_conv1d", "shortconv.conv.weight",
	"indexer.k_proj.weight", "indexer.q_proj.weight",
	"time_mix_first.weight", "time_mix_w0.weight", "time_mix_w1.weight", "time_mix_w2.weight",
	"time_mix_v0.weight", "time_mix_v1.weight", "time_mix_v2.weight",
	"time_mix_a0.weight", "time_mix_a1.weight", "time_mix_a2.weight",
	"time_mix_g1.weight", "time_mix_g2.weight",
	"time_mix_decay_w1.weight", "time_mix_decay_w2.weight", "time_mix_lerp_fused.weight",
	"attn_rel_b.weight", ".position_embd", "sam.pos_embd", "sam.neck.", "sam.net_",
	".rel_pos", ".patch_embd", ".patch_merger", "a.rvq.codebook", "mm.a.code_embd",
}

// quantisable reports whether t is a matrix to quantise.
func (c *chooser) quantisable(t *gguf.Tensor) bool {
	if !matrix(t) || !strings.HasSuffix(t.Name, "weight") {
		return false
	}
	switch {
	case t.Name == "output.weight" && c.o.KeepOutput:
		return false
	case t.Name == "position_embd.weight", t.Name == "token_types.weight":
		return false
	}
	for _, part := range kept {
		if strings.Contains(t.Name, part) {
			return false
		}
	}
	return true
}

// matrix reports whether t has more than one row and is not empty.
func matrix(t *gguf.Tensor) bool {
	for i, d := range t.Shape {
		if i > 0 && d > 1 {
			return t.Elems() > 0
		}
	}
	return false
}
