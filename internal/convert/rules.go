package convert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/querent-ai/chord/gguf"
)

// A kind says how a value of config.json becomes a value of GGUF.
type kind int

const (
	count kind = iota // UINT32
	real              // FLOAT32
	flag              // BOOL
	text              // STRING
)

// A rule makes one key of GGUF from config.json.
type rule struct {
	key  string   // after "<architecture>."
	as   kind     // of its value
	from []string // the first of them in config.json is used
	or   any      // the value if there is none; nil means no key
}

// from returns a list of names.
func from(names ...string) []string { return names }

// Names that this package adds to config.json, beginning with +: numbers that follow
// from others.
const (
	nHeadDim = "+head_dim"  // of a head, given in config.json or computed
	nRopeDim = "+rope_dim"  // the part of a head that is rotated
	nFourDim = "+4_dim"     // four times the width
	nKVHeads = "+kv_heads"  // given in config.json, or the number of heads
	nLayers  = "+nLayers"   // number of layers
	nContext = "+context"   // number of positions
	nExperts = "+n_experts" // number of experts a layer
)

// contextNames are the names of the number of positions.
var contextNames = []string{"max_position_embeddings", "n_ctx", "n_positions", "max_length", "max_sequence_length", "model_max_length"}

// maxLayers and maxHeadDim bound lists with an element for each layer or for each pair
// of a head; models have a few hundred of both.
const maxLayers, maxHeadDim = 1 << 16, 1 << 16

// common are the keys of all families but those with own.
var common = []rule{
	{"block_count", count, from(nLayers), nil},
	{"context_length", count, from(nContext), nil},
	{"embedding_length", count, from("hidden_size", "n_embd", "dim"), nil},
	{"feed_forward_length", count, from("intermediate_size", "n_inner", "hidden_dim"), nil},
	{"attention.head_count", count, from("num_attention_heads", "n_head", "n_heads"), nil},
	{"attention.head_count_kv", count, from("num_key_value_heads", "n_kv_heads"), nil},
	{"attention.layer_norm_rms_epsilon", real, from("rms_norm_eps", "norm_eps"), nil},
	{"attention.layer_norm_epsilon", real, from("layer_norm_eps", "layer_norm_epsilon", "norm_epsilon"), nil},
	{"expert_count", count, from("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"), nil},
	{"expert_used_count", count, from("num_experts_per_tok", "num_experts_per_token"), nil},
	{"expert_group_count", count, from("n_group"), nil},
	{"expert_group_used_count", count, from("topk_group"), nil},
	{"attention.key_length", count, from("head_dim"), nil},
	{"attention.value_length", count, from("head_dim"), nil},
}

// own are the keys of families that have no other common keys.
var own = []rule{
	{"block_count", count, from(nLayers), nil},
	{"context_length", count, from("n_ctx", nContext), nil},
	{"embedding_length", count, from("hidden_size", "n_embd"), nil},
	{"attention.head_count", count, from("num_attention_heads", "n_head"), nil},
}

// apply returns the key of r, and false if config.json has no value for it.
func (r *rule) apply(arch string, c *config) (gguf.KV, bool) {
	kv := gguf.KV{Key: arch + "." + r.key}
	switch r.as {
	case count:
		if n, ok := c.count(r.from...); ok {
			kv.Value = uint32(n)
		}
	case real:
		if x, ok := c.real(r.from...); ok {
			kv.Value = float32(x)
		}
	case text:
		if s := c.str(r.from...); s != "" {
			kv.Value = s
		}
	case flag:
		if _, v, ok := c.get(r.from...); ok {
			b, isBool := v.(bool)
			if !isBool {
				c.fail(r.from[0], "%.40v, want true or false", v)
			}
			kv.Value = b
		}
	}
	if kv.Value == nil {
		kv.Value = r.or
	}
	return kv, kv.Value != nil
}

// keysOf returns the keys of family f from config.json c.
func keysOf(f *family, c *config) ([]gguf.KV, error) {
	var out []gguf.KV
	at := map[string]int{}
	set := func(kv gguf.KV) {
		if i, ok := at[kv.Key]; ok {
			out[i] = kv
			return
		}
		at[kv.Key] = len(out)
		out = append(out, kv)
	}
	rules := common
	if f.own {
		rules = own
	}
	for _, list := range [][]rule{rules, f.rules} {
		for i := range list {
			if kv, ok := list[i].apply(f.arch, c); ok {
				set(kv)
			}
		}
	}
	if !f.noRope {
		for _, kv := range ropeKeys(f, c) {
			set(kv)
		}
	}
	for _, kv := range gating(f.arch, c) {
		set(kv)
	}
	for _, kv := range windowKeys(f, c) {
		set(kv)
	}
	if f.keys != nil {
		for _, kv := range f.keys(f.arch, c) {
			set(kv)
		}
	}
	if c.err != nil {
		return nil, c.err
	}
	for _, key := range []string{"block_count", "embedding_length", "attention.head_count"} {
		if _, ok := at[f.arch+"."+key]; !ok {
			return nil, fmt.Errorf("convert: %s: nothing for %s.%s", c.file, f.arch, key)
		}
	}
	return out, nil
}

// named adds to err, which is about a key of GGUF, the names of it in config.json.
func (f *family) named(err error) error {
	rules := common
	if f.own {
		rules = own
	}
	for _, list := range [][]rule{f.rules, rules, yarn} {
		for _, r := range list {
			if err != nil && (strings.Contains(err.Error(), " "+f.arch+"."+r.key+": ") || strings.HasSuffix(err.Error(), " "+r.key)) {
				if names := r.names(); len(names) > 0 {
					return fmt.Errorf("%w (%s in config.json)", err, strings.Join(names, ", "))
				}
			}
		}
	}
	return err
}

// names returns the names of r in config.json.
func (r *rule) names() []string {
	var names []string
	for _, name := range r.from {
		switch {
		case name == nContext:
			names = append(names, contextNames...)
		case name == nLayers:
			names = append(names, "num_hidden_layers")
		case name == nKVHeads:
			names = append(names, "num_key_value_heads")
		case name == nHeadDim || name == nRopeDim:
			names = append(names, "head_dim", "partial_rotary_factor")
		case name[0] != '+' && !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	return names
}

// gating returns the number of the way in which experts are chosen, if config.json
// has it.
func gating(arch string, c *config) []gguf.KV {
	numbers := map[string]uint32{"softmax": 1, "sigmoid": 2}
	name := c.str("scoring_func", "score_function", "score_func")
	if name == "" {
		return nil
	}
	n, ok := numbers[name]
	if !ok {
		c.fail("scoring_func", "%.40q is not known", name)
	}
	return []gguf.KV{{Key: arch + ".expert_gating_func", Value: n}}
}
