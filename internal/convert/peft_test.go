package convert

import (
	"bytes"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/quant"
)

// adapterFor returns the tensors of an adapter for the matrices in the layers of a
// model, and the model with scale(rank)·B·A added.
func adapterFor(f *family, model []hf, rank func(i int) int, scale func(name string, rank int) float64) (adapter, merged []hf) {
	for i, h := range model {
		n := parseName(h.name)
		_, known := n.gguf(f)
		if !known || n.layer < 0 || len(h.shape) != 2 || n.suffix != ".weight" || strings.Contains(n.part, "norm") || strings.Contains(n.part, "shared_expert_gate") || strings.Contains(n.part, "conv.conv") || strings.Contains(n.part, "conv1d") {
			merged = append(merged, h)
			continue
		}
		rows, cols, r := h.shape[0], h.shape[1], rank(i)
		conv := f.conv1d && strings.Contains(n.part, ".c_")
		if conv {
			rows, cols = cols, rows
		}
		a := hf{name: "base_model.model." + strings.TrimSuffix(h.name, ".weight") + ".lora_A.weight", shape: []int{r, cols}, x: random(uint64(i), r*cols)}
		b := hf{name: "base_model.model." + strings.TrimSuffix(h.name, ".weight") + ".lora_B.weight", shape: []int{rows, r}, x: random(uint64(1000+i), rows*r)}
		for k := range b.x {
			b.x[k] /= 16
		}
		adapter = append(adapter, a, b)
		s := scale(h.name, r)
		h.x = slices.Clone(h.x)
		for y := range rows {
			for x := range cols {
				sum := 0.0
				for k := range r {
					sum += float64(b.x[y*r+k]) * float64(a.x[k*cols+x])
				}
				if conv {
					h.x[x*rows+y] += float32(s * sum)
				} else {
					h.x[y*cols+x] += float32(s * sum)
				}
			}
		}
		merged = append(merged, h)
	}
	return adapter, merged
}

// convertAs converts a folder and returns the file.
func convertAs(t *testing.T, dir string, o Options) *gguf.File {
	t.Helper()
	m, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var b bytes.Buffer
	if err := m.Write(t.Context(), &b, nil); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.OpenReaderAt(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// adaptedLogits returns the logits of the model base with an adapter.
func adaptedLogits(t *testing.T, base, adapter *gguf.File) []float32 {
	t.Helper()
	m, err := llama.Load(base, llama.Options{CacheTypeK: llama.KVF32, CacheTypeV: llama.KVF32, Threads: 1, NoRepack: true})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var set *llama.AdapterSet
	if adapter != nil {
		a, err := m.LoadAdapter(adapter)
		if err != nil {
			t.Fatal(err)
		}
		set = llama.NewAdapterSet([]llama.AdapterScale{{Adapter: a, Scale: 1}})
	}
	cache := m.NewCache(0)
	defer cache.Close()
	seq, out := cache.NewSeq(""), llama.OutLogits
	if c := m.Config(); c.Embedder() {
		out = llama.OutEmbd
	}
	batch := make([]llama.Token, len(pairIDs))
	for i, id := range pairIDs {
		batch[i] = llama.Token{Seq: seq, ID: id, Out: out, Adapters: set}
	}
	var rows llama.Output
	if err := m.Forward(t.Context(), batch, &rows); err != nil {
		t.Fatal(err)
	}
	var all []float32
	for i := range batch {
		all = append(all, rows.Row(i)...)
	}
	return all
}

// TestAdapterPairs converts an adapter for a model of every family, adds it to the
// model as llama does, and wants the logits of the converted model with merged
// weights.
func TestAdapterPairs(t *testing.T) {
	for _, h := range pairModels {
		if h.alias {
			continue
		}
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			p := h.pair(nil)
			files := p.folder(t, p.gguf(t))
			model := files["model.safetensors"].([]hf)
			adapter, merged := adapterFor(h.family(), model, func(int) int { return 4 }, func(string, int) float64 { return 0.5 })
			if len(adapter) < 7*p.shapes.layers {
				t.Fatalf("%d matrices", len(adapter)/2)
			}
			dir := folder{"adapter_config.json": map[string]any{"peft_type": "LORA", "lora_alpha": 2, "r": 4, "bias": "none"},
				"adapter_model.safetensors": adapter, "config.json": p.config}.write(t)
			base := convertAs(t, files.write(t), Options{Type: "f32"})
			files["model.safetensors"] = merged
			want := adaptedLogits(t, convertAs(t, files.write(t), Options{Type: "f32"}), nil)
			got := adaptedLogits(t, base, convertAs(t, dir, Options{}))
			if d := apart(got, want); d > 3e-4 {
				t.Errorf("the logits are %g from those of merged weights", d)
			}
			if d := apart(adaptedLogits(t, base, nil), want); d < 0.01 {
				t.Errorf("without the adapter they are only %g from them", d)
			}
		})
	}
}

// llamaAdapter returns the folder of an adapter for a small llama, and the
// model's own.
func llamaAdapter(t *testing.T, rank func(i int) int, scale func(name string, rank int) float64) (adapter, model, merged folder) {
	p := pairModels[0].pair(nil)
	model = p.folder(t, p.gguf(t))
	tensors, changed := adapterFor(familyNamed("LlamaForCausalLM"), model["model.safetensors"].([]hf), rank, scale)
	merged = maps.Clone(model)
	merged["model.safetensors"] = changed
	return folder{"adapter_config.json": map[string]any{"peft_type": "LORA", "lora_alpha": 8}, "adapter_model.safetensors": tensors}, model, merged
}

// TestAdapterScales converts adapters of several ranks and scales, with the base
// model in a folder of its own.
func TestAdapterScales(t *testing.T) {
	isV := func(name string) bool { return strings.Contains(name, "v_proj") }
	for name, c := range map[string]struct {
		rank   func(i int) int
		scale  func(name string, rank int) float64
		config map[string]any
		typ    string
		most   float64
	}{
		"alpha by rank":  {func(i int) int { return 1 + i%5 }, func(_ string, r int) float64 { return 8 / float64(r) }, nil, "", 1e-4},
		"rsLoRA":         {func(i int) int { return 4 + i%3 }, func(_ string, r int) float64 { return 8 / math.Sqrt(float64(r)) }, map[string]any{"use_rslora": true}, "", 1e-4},
		"alpha by name":  {func(int) int { return 4 }, func(n string, r int) float64 { return map[bool]float64{true: 3, false: 8}[isV(n)] / float64(r) }, map[string]any{"alpha_pattern": map[string]any{"v_proj": 3}}, "", 1e-4},
		"f16":            {func(int) int { return 4 }, func(_ string, r int) float64 { return 8 / float64(r) }, nil, "f16", 0.01},
		"q8_0, in parts": {func(i int) int { return 32 - i%2*16 }, func(_ string, r int) float64 { return 8 / float64(r) }, nil, "q8_0", 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			adapter, model, merged := llamaAdapter(t, c.rank, c.scale)
			maps.Copy(adapter["adapter_config.json"].(map[string]any), c.config)
			base := model.write(t)
			want := adaptedLogits(t, convertAs(t, merged.write(t), Options{Type: "f32"}), nil)
			got := adaptedLogits(t, convertAs(t, base, Options{Type: "f32"}), convertAs(t, adapter.write(t), Options{Type: c.typ, Base: base}))
			if d := apart(got, want); d > c.most {
				t.Errorf("the logits are %g from those of merged weights", d)
			}
		})
	}
}

// TestAdapterEmbedding converts the adapter of an embedding, which GGUF transposes.
func TestAdapterEmbedding(t *testing.T) {
	_, model, _ := llamaAdapter(t, func(int) int { return 4 }, func(string, int) float64 { return 1 })
	tensors := slices.Clone(model["model.safetensors"].([]hf))
	i := slices.IndexFunc(tensors, func(h hf) bool { return strings.HasSuffix(h.name, "embed_tokens.weight") })
	e := tensors[i]
	tokens, dim, r := e.shape[0], e.shape[1], 3
	a, b := random(1, r*tokens), random(2, dim*r)
	e.x = slices.Clone(e.x)
	for y := range tokens {
		for x := range dim {
			for k := range r {
				e.x[y*dim+x] += 0.5 * b[x*r+k] * a[k*tokens+y]
			}
		}
	}
	tensors[i] = e
	adapter := folder{"adapter_config.json": map[string]any{"peft_type": "LORA", "lora_alpha": 1.5}, "config.json": model["config.json"], "adapter_model.safetensors": []hf{
		{name: "base_model.model.model.embed_tokens.lora_embedding_A", shape: []int{r, tokens}, x: a},
		{name: "base_model.model.model.embed_tokens.lora_embedding_B", shape: []int{dim, r}, x: b},
	}}
	base := convertAs(t, model.write(t), Options{Type: "f32"})
	if _, untied := base.Tensor("output.weight"); !untied {
		t.Fatal("the output matrix is the embedding")
	}
	model["model.safetensors"] = tensors
	want := adaptedLogits(t, convertAs(t, model.write(t), Options{Type: "f32"}), nil)
	if d := apart(adaptedLogits(t, base, convertAs(t, adapter.write(t), Options{})), want); d > 1e-5 {
		t.Errorf("the logits are %g from those of merged weights", d)
	}
}

// TestAdapterKeys wants the keys and types that llama.cpp reads.
func TestAdapterKeys(t *testing.T) {
	adapter, model, _ := llamaAdapter(t, func(int) int { return 4 }, func(string, int) float64 { return 2 })
	adapter["config.json"] = model["config.json"]
	for i, h := range adapter["adapter_model.safetensors"].([]hf) {
		h.dtype = "BF16"
		adapter["adapter_model.safetensors"].([]hf)[i] = h
	}
	f := convertAs(t, adapter.write(t), Options{Name: "mine"})
	for key, want := range map[string]any{
		"general.architecture": "llama", "general.type": "adapter", "general.name": "mine", "adapter.type": "lora", "adapter.lora.alpha": float32(8),
	} {
		if got, _ := f.Get(key); got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
	x, ok := f.Tensor("blk.1.ffn_down.weight.lora_a")
	if !ok || x.Type != quant.BF16 || x.Shape[1] != 4 {
		t.Errorf("got %+v", x)
	}
}

// TestAdapterErrors wants errors that name the key or the tensor.
func TestAdapterErrors(t *testing.T) {
	config := func(key string, value any) func(f folder) {
		return func(f folder) { f["adapter_config.json"].(map[string]any)[key] = value }
	}
	tensors := func(edit func(all []hf) []hf) func(f folder) {
		return func(f folder) {
			f["adapter_model.safetensors"] = edit(slices.Clone(f["adapter_model.safetensors"].([]hf)))
		}
	}
	more := func(name string, shape ...int) func(f folder) {
		return tensors(func(all []hf) []hf { return append(all, hf{name: name, shape: shape, x: random(1, product(shape))}) })
	}
	reshape := func(i int, shape ...int) func(f folder) {
		return tensors(func(all []hf) []hf { all[i].shape, all[i].x = shape, random(1, product(shape)); return all })
	}
	for name, c := range map[string]struct {
		edit func(f folder)
		want string
	}{
		"another method":           {config("peft_type", "IA3"), "peft_type"},
		"no alpha":                 {config("lora_alpha", nil), "lora_alpha"},
		"alpha is 0":               {config("lora_alpha", 0), "lora_alpha"},
		"modules to save":          {config("modules_to_save", []string{"lm_head"}), "modules_to_save: [lm_head]"},
		"DoRA":                     {config("use_dora", true), "use_dora"},
		"biases":                   {config("bias", "lora_only"), "bias"},
		"bias of B":                {config("lora_bias", true), "lora_bias"},
		"begins at tokens":         {config("alora_invocation_tokens", []int{1}), "alora_invocation_tokens"},
		"repeated layers":          {config("layer_replication", [][]int{{0, 1}}), "layer_replication"},
		"parameters":               {config("target_parameters", []string{"experts.down_proj"}), "target_parameters"},
		"another base":             {config("init_lora_weights", "pissa_niter_4"), "init_lora_weights"},
		"a pattern that is none":   {config("alpha_pattern", map[string]any{"(": 1}), "alpha_pattern"},
		"patterns that contradict": {config("alpha_pattern", map[string]any{"v_proj": 1, ".*v_proj": 2}), "v_proj"},
		"no base":                  {func(f folder) { delete(f, "config.json") }, "--base"},
		"no tensors":               {func(f folder) { delete(f, "adapter_model.safetensors") }, "no adapter_model.safetensors"},
		"an empty file":            {tensors(func([]hf) []hf { return nil }), "no tensors"},
		"half a pair":              {tensors(func(all []hf) []hf { return all[1:] }), "is missing"},
		"a saved module":           {more("base_model.model.lm_head.weight", 4, 4), "base_model.model.lm_head.weight"},
		"a magnitude":              {more("base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector", 4), "lora_magnitude_vector"},
		"a layer too many":         {tensors(func(all []hf) []hf { return asPEFT(all, "layers.1.", "layers.7.") }), "layer 7 of 2"},
		"an unknown part":          {tensors(func(all []hf) []hf { return asPEFT(all, "up_proj", "wide_proj") }), "wide_proj"},
		"two ranks":                {reshape(0, 5, 24), "want (rank, columns)"},
		"three dimensions":         {reshape(0, 4, 24, 1), "want (rank, columns)"},
		"an embedding as a matrix": {tensors(func(all []hf) []hf { return asPEFT(all, "layers.0.self_attn.q_proj", "embed_tokens") }), "embedding"},
		"not a number":             {tensors(func(all []hf) []hf { all[0].x[0] = float32(math.NaN()); return all }), ""},
		"another type":             {tensors(func(all []hf) []hf { all[0].dtype = "I64"; all[0].raw = make([]byte, 8*len(all[0].x)); return all }), "want floats"},
		"the same tensor, two ways": {tensors(func(all []hf) []hf {
			h := all[0]
			h.name = strings.TrimPrefix(h.name, "base_model.model.")
			return append(all, h)
		}), "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			f, model, _ := llamaAdapter(t, func(int) int { return 4 }, func(string, int) float64 { return 2 })
			f["config.json"] = model["config.json"]
			c.edit(f)
			m, err := Open(f.write(t), Options{})
			if err == nil {
				err = m.Write(t.Context(), new(bytes.Buffer), nil)
				m.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

// asPEFT replaces a part of names.
func asPEFT(all []hf, old, now string) []hf {
	for i := range all {
		all[i].name = strings.Replace(all[i].name, old, now, 1)
	}
	return all
}
