package convert

import (
	"maps"
	"math"
)

// A scaling of rope in config.json, and its keys in GGUF.
type ropeCase struct {
	name   string
	config map[string]any // the object rope_scaling
	kv     map[string]any
	same   bool
}

// yarnBase has the settings of every yarn scaling here.
var yarnBase = map[string]any{"rope.scaling.type": "yarn", "rope.scaling.factor": float32(4), "rope.scaling.original_context_length": uint32(16)}

// yarnOwn is the default attention factor of YaRN with a factor of 4.
var yarnOwn = 1 + 0.1*math.Log(4)

// yarnConfig returns such a scaling in config.json.
func yarnConfig(more map[string]any) map[string]any {
	return with(map[string]any{"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}, more)
}

// attnFactor returns yarnBase and the key for which attention's factor is x.
func attnFactor(x float64) map[string]any {
	return with(yarnBase, map[string]any{"rope.scaling.attn_factor": float32(x / yarnOwn)})
}

var ropeCases = []ropeCase{
	{"default", map[string]any{"rope_type": "default"}, nil, true},
	{"empty", map[string]any{}, nil, true},
	{"dynamic", map[string]any{"type": "dynamic", "factor": 2.0}, nil, true},
	{"linear", map[string]any{"type": "linear", "factor": 8}, map[string]any{"rope.scaling.type": "linear", "rope.scaling.factor": float32(8)}, false},
	{"yarn", yarnConfig(nil), yarnBase, false},
	{"yarn by its old name", map[string]any{"type": "yarn", "factor": 4, "original_max_position_embeddings": 16, "finetuned": true}, yarnBase, false},
	{"yarn of the whole context", map[string]any{"rope_type": "yarn", "factor": 4.0}, with(yarnBase, map[string]any{"rope.scaling.original_context_length": nil}), false},
	{"yarn with nulls", yarnConfig(map[string]any{"attention_factor": nil, "beta_fast": nil, "beta_slow": nil, "mscale": nil, "mscale_all_dim": nil}), yarnBase, false},
	{"yarn with betas", yarnConfig(map[string]any{"beta_fast": 4, "beta_slow": 0.5}),
		with(yarnBase, map[string]any{"rope.scaling.yarn_beta_fast": float32(4), "rope.scaling.yarn_beta_slow": float32(0.5)}), false},
	{"yarn with betas of 0", yarnConfig(map[string]any{"beta_fast": 0, "beta_slow": 0}), yarnBase, false},
	{"yarn with an attention factor", yarnConfig(map[string]any{"attention_factor": 1.7}), attnFactor(1.7), false},
	{"yarn with YaRN's own attention factor", yarnConfig(map[string]any{"attention_factor": yarnOwn}), yarnBase, false},
	{"yarn with factors that transformers has not", yarnConfig(map[string]any{"attn_factor": 0.8782488562869419, "extrapolation_factor": 0.5}), yarnBase, false},
	{"yarn with both mscales", yarnConfig(map[string]any{"mscale": 0.5, "mscale_all_dim": 2.0}), attnFactor((1 + 0.05*math.Log(4)) / (1 + 0.2*math.Log(4))), false},
	{"yarn with one mscale", yarnConfig(map[string]any{"mscale_all_dim": 2.0}), yarnBase, false},
}

// ropeOptions are the options about rope.
var ropeOptions = makeRopeOptions()

// makeRopeOptions returns the cases of rope_scaling and rope_parameters, and others.
func makeRopeOptions() []pairOption {
	var out []pairOption
	for i, c := range ropeCases {
		out = append(out, pairOption{name: c.name, applies: having("rope"), same: c.same, edit: func(p *pair, h *pairModel) {
			name := "rope_scaling"
			if (i+len(h.name))%2 == 0 {
				name = "rope_parameters" // in newer files
			}
			p.config[name] = c.config
			maps.Copy(p.kv, c.kv)
			const key = "rope.scaling.original_context_length"
			if h.arch == "phi3" && c.kv["rope.scaling.type"] == "yarn" && c.kv[key] == nil {
				p.kv[key] = uint32(4096) // the default of transformers
			}
		}})
	}
	return append(out,
		pairOption{name: "rope theta", applies: having("rope"), edit: func(p *pair, h *pairModel) {
			p.config["rope_theta"], p.kv["rope.freq_base"] = 77777.0, float32(77777)
		}},
		pairOption{name: "rope theta in rope_parameters", applies: having("rope"), edit: func(p *pair, h *pairModel) {
			delete(p.config, "rope_theta")
			p.config["rope_parameters"], p.kv["rope.freq_base"] = map[string]any{"rope_type": "default", "rope_theta": 77777.0}, float32(77777)
		}},
		pairOption{name: "a scaling without a factor", applies: having("rope"), edit: func(p *pair, h *pairModel) {
			p.config["rope_scaling"], p.fails = map[string]any{"type": "linear"}, "rope_scaling"
		}},
		pairOption{name: "a scaling of another kind", applies: having("rope"), edit: func(p *pair, h *pairModel) {
			p.config["rope_scaling"], p.fails = map[string]any{"type": "new", "factor": 2}, `rope_scaling: type "new" is not known`
		}},
		pairOption{name: "llama3", applies: having("rope"), edit: func(p *pair, h *pairModel) {
			p.config["rope_scaling"] = map[string]any{"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
			if !having("llama3")(h) {
				p.fails = `rope_scaling: type "llama3" is not known in`
			}
			whole := p.whole
			p.whole = func(p *pair) {
				whole(p)
				p.tensors = append(p.tensors, hf{name: "rope_freqs.weight", shape: []int{p.shapes.headDim / 2}, x: llama3Of(p.shapes.headDim, 64)})
			}
		}},
		pairOption{name: "longrope", applies: having("rope"), edit: func(p *pair, h *pairModel) {
			long, short := []float32{1, 2, 4, 8}, []float32{1, 1.25, 1.5, 1.75}
			p.config["rope_scaling"] = map[string]any{"type": "longrope", "long_factor": long, "short_factor": short}
			p.config["original_max_position_embeddings"] = 64
			if !having("longrope")(h) {
				p.fails = "rope_scaling: type \"longrope\" is not known in"
				return
			}
			maps.Copy(p.kv, map[string]any{"rope.scaling.original_context_length": uint32(64), "rope.scaling.attn_factor": float32(math.Sqrt(1 + math.Log(4)/math.Log(64)))})
			whole := p.whole
			p.whole = func(p *pair) {
				whole(p)
				p.tensors = append(p.tensors, hf{name: "rope_factors_long.weight", shape: []int{4}, x: long}, hf{name: "rope_factors_short.weight", shape: []int{4}, x: short})
			}
		}},
	)
}

// llama3Of returns Llama 3's factors for a theta of 10000, a factor of 8 and
// bounds of 1 and 4.
func llama3Of(headDim int, original float64) []float32 {
	var out []float32
	for i := range headDim / 2 {
		wave := 2 * math.Pi * math.Pow(10000, 2*float64(i)/float64(headDim))
		switch {
		case wave > original:
			out = append(out, 8)
		case wave < original/4:
			out = append(out, 1)
		default:
			s := (original/wave - 1) / 3
			out = append(out, float32(1/((1-s)/8+s)))
		}
	}
	return out
}
