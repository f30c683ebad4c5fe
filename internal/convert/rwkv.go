package convert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/querent-ai/chord/internal/safetensors"
)

// rwkvFamilies is RWKV 7 with the names of flash-linear-attention.
var rwkvFamilies = []family{{
	arch: "rwkv7", from: []string{"RWKV7ForCausalLM", "Rwkv7ForCausalLM"}, own: true, noRope: true, relu2: true, vocab: []vocabulary{worldVocab{}},
	names: map[string]string{"embeddings": "token_embd", "attn_norm": "attn_norm", "ffn_norm": "attn_norm_2", "ffn.key": "channel_mix_key", "ffn.value": "channel_mix_value",
		"attn.r_proj": "time_mix_receptance", "attn.k_proj": "time_mix_key", "attn.v_proj": "time_mix_value", "attn.o_proj": "time_mix_output"}, // for adapters
	special: rwkvTensors, defaults: map[string]any{"num_attention_heads": 1}, // its heads have no key
	fixed: map[string][]string{"norm_first": {"true"}},
	rules: []rule{
		{"context_length", count, nil, uint32(1 << 20)}, // no limit
		{"attention.head_count", count, nil, uint32(0)},
		{"feed_forward_length", count, from("intermediate_size", nFourDim), nil},
		{"attention.layer_norm_epsilon", real, from("norm_eps", "layer_norm_epsilon"), float32(1e-5)},
		{"wkv.head_size", count, from("head_dim", "head_size"), uint32(64)},
		{"attention.decay_lora_rank", count, from("decay_low_rank_dim", "lora_rank_decay"), nil},
		{"attention.iclr_lora_rank", count, from("a_low_rank_dim", "lora_rank_iclr"), nil},
		{"attention.value_residual_mix_lora_rank", count, from("v_low_rank_dim", "lora_rank_value_residual_mix"), nil},
		{"attention.gate_lora_rank", count, from("gate_low_rank_dim", "lora_rank_gate"), nil},
	},
}}

func init() { families = slices.Concat(families, rwkvFamilies) }

// rwkvParts are GGUF's names of the parts of a time mix.
var rwkvParts = map[string]string{
	"r_proj": "time_mix_receptance", "k_proj": "time_mix_key", "v_proj": "time_mix_value", "o_proj": "time_mix_output", "g_norm": "time_mix_ln",
	"k_k": "time_mix_k_k", "k_a": "time_mix_k_a", "r_k": "time_mix_r_k",
}

// rwkvMixes are the inputs of a time mix, in GGUF's order.
var rwkvMixes = []string{"r", "w", "k", "v", "a", "g"}

// rwkvTensors adds the tensors of RWKV 7. GGUF has the mixes of the inputs as one
// tensor.
func rwkvTensors(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	flat := []int{src.Len()}
	switch part, isMix := strings.CutPrefix(n.part, "attn."); {
	case n.part == "pre_norm":
		n.layer = -1
		return true, b.add(n.in("token_embd_norm"), src.Shape, whole(src))
	case n.part == "ffn.x_k":
		return true, b.add(n.in("channel_mix_lerp_k"), flat, whole(src))
	case !isMix:
		return false, nil
	case part == "x_r":
		return true, b.lerps(n, src)
	case strings.HasPrefix(part, "x_"): // taken with x_r
		return true, nil
	case strings.HasSuffix(part, "_lora.lora") && len(part) == len("w_lora.lora"):
		return true, b.lowRank(n, part[:1], src)
	case rwkvParts[part] == "":
		return false, nil
	case n.suffix == "": // one number for each channel
		return true, b.add(n.in(rwkvParts[part]), flat, whole(src))
	default:
		return true, b.add(n.in(rwkvParts[part]), src.Shape, whole(src))
	}
}

// lerps adds the mixes of all inputs as one tensor, given the first.
func (b *builder) lerps(n name, first *safetensors.Tensor) error {
	var views []view
	for _, mix := range rwkvMixes {
		name := strings.TrimSuffix(first.Name, "x_r") + "x_" + mix
		src := b.model[name]
		if src == nil || src.Len() != first.Len() {
			return fmt.Errorf("convert: tensor %q is missing, or has not the size of %q", name, first.Name)
		}
		views = append(views, whole(src))
	}
	return b.add(n.in("time_mix_lerp_fused"), []int{len(views), 1, 1, first.Len()}, views...)
}

// lowRank adds a matrix of low rank or its bias. llama.cpp wants those of values in the
// first layer too, where there are none: it gets those of rates, which are not used.
func (b *builder) lowRank(n name, letter string, src *safetensors.Tensor) error {
	digit := map[string]string{"0.weight": "1", "2.weight": "2", "2.bias": "0"}[fmt.Sprint(n.expert, n.suffix)]
	if digit == "" {
		return fmt.Errorf("convert: tensor %q has no place in a rwkv7 model", src.Name)
	}
	n.suffix = ".weight"
	if n.layer == 0 && letter == "v" {
		return nil
	}
	if n.layer == 0 && letter == "a" {
		if err := b.add(n.in("time_mix_v"+digit), src.Shape, whole(src)); err != nil {
			return err
		}
	}
	return b.add(n.in("time_mix_"+letter+digit), src.Shape, whole(src))
}

// worldFile is the list of the tokens of RWKV's models.
const worldFile = "rwkv_vocab_v20230424.txt"

// worldVocab is RWKV's vocabulary: lines of an id, a literal of Python and its bytes.
type worldVocab struct{}

func (worldVocab) read(r *reading) (*vocab, error) {
	data, err := readFile(r.dir, worldFile)
	if err != nil {
		return nil, err
	}
	v, err := newVocab("rwkv", r.c.need("vocab_size"), false)
	if err != nil {
		return nil, err
	}
	v.pre = "default"
	v.set(0, "<s>", 0, control)
	id := 0
	for line := range strings.Lines(string(data)) {
		if id++; id >= len(v.tokens) {
			return nil, fmt.Errorf("convert: %s: more than vocab_size of config.json, %d", worldFile, len(v.tokens))
		}
		first, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		at := strings.LastIndexByte(rest, ' ')
		raw, ok := "", false
		if at > 0 {
			raw, ok = pythonLiteral(rest[:at])
		}
		if !ok || first != fmt.Sprint(id) || rest[at+1:] != fmt.Sprint(len(raw)) {
			return nil, fmt.Errorf("convert: %s: line %d: %.60q, want the id, a literal of Python and its bytes", worldFile, id, line)
		}
		v.set(id, pythonBytes(raw), 0, normal)
	}
	if v.more, err = r.specials(v, false); err != nil {
		return nil, err
	}
	for role, id := range map[string]uint32{"bos": 0, "eos": 0, "eot": worldTurn} {
		if int(id) < len(v.tokens) {
			v.more = setKey(v.more, "tokenizer.ggml."+role+"_token_id", id)
		}
	}
	return v, nil
}

// worldTurn is the token of two line feeds, which end a turn.
const worldTurn = 261
