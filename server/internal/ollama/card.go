package ollama

import (
	"fmt"
	"slices"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/server/internal/core"
)

// details say what kind of model one is.
type details struct {
	ParentModel       string   `json:"parent_model"`
	Format            string   `json:"format"`
	Family            string   `json:"family"`
	Families          []string `json:"families"`
	ParameterSize     string   `json:"parameter_size"`
	QuantizationLevel string   `json:"quantization_level"`
}

// A card is what a model's file says of the model.
type card struct {
	details      details
	template     string
	license      string
	info         map[string]any
	capabilities []string
}

// cardOf returns the card of a model: of its file, else of the model that is open.
func cardOf(x *core.Exchange, m core.Model) (*card, error) {
	c := &card{details: details{Format: "gguf", Families: []string{}}, info: map[string]any{}, capabilities: []string{}}
	if m.Path != "" {
		f, err := gguf.Open(m.Path)
		if err != nil {
			return nil, &core.Error{Status: 503, Type: core.TypeUnavailable, Code: "model_unavailable", Param: "model",
				Message: fmt.Sprintf("the model %q cannot be read", m.Name), Err: err}
		}
		defer f.Close()
		c.read(f)
	}
	for _, s := range x.Core.Models.Loaded() {
		if s.Model.Name == m.Name {
			c.open(s)
		}
	}
	return c, nil
}

// read reads the header of a model's file.
func (c *card) read(f *gguf.File) {
	arch, _, _ := f.Str("general.architecture")
	c.family(arch)
	c.license, _, _ = f.Str("general.license")
	c.template, _, _ = f.Str("tokenizer.chat_template")
	params, sizes := int64(0), map[string]int64{}
	for i := range f.Tensors {
		t := &f.Tensors[i]
		params += t.Elems()
		sizes[t.Type.String()] += t.Size
	}
	for name, n := range sizes {
		if most := c.details.QuantizationLevel; most == "" || n > sizes[most] || n == sizes[most] && name < most {
			c.details.QuantizationLevel = name
		}
	}
	c.details.ParameterSize = countText(params)
	for _, kv := range f.KV {
		switch kv.Value.(type) {
		case string, bool, uint8, int8, uint16, int16, uint32, int32, uint64, int64, float32, float64:
			if kv.Key != "tokenizer.chat_template" {
				c.info[kv.Key] = kv.Value
			}
		default:
			c.info[kv.Key] = nil // lists are long
		}
	}
	c.info["general.parameter_count"] = params
	c.can(f)
}

// can says what a model can do, as far as its file tells.
func (c *card) can(f *gguf.File) {
	if _, embedder, _ := f.Int(c.details.Family + ".pooling_type"); embedder {
		c.capabilities = append(c.capabilities, "embedding")
		return
	}
	c.capabilities = append(c.capabilities, "completion")
	for _, word := range [][2]string{{"tools", "tools"}, {"<think>", "thinking"}, {"enable_thinking", "thinking"}} {
		if strings.Contains(c.template, word[0]) && !slices.Contains(c.capabilities, word[1]) {
			c.capabilities = append(c.capabilities, word[1])
		}
	}
}

// open adds what an open model says.
func (c *card) open(s core.Status) {
	i := s.Open.Info()
	if c.details.Family == "" {
		c.family(i.Arch)
		c.info["general.architecture"] = i.Arch
		c.info["general.name"] = i.Name
		c.info[i.Arch+".block_count"] = i.Layers
		c.info[i.Arch+".embedding_length"] = i.Dim
		c.info[i.Arch+".vocab_size"] = i.Vocab
		c.info[i.Arch+".context_length"] = i.Trained
		c.capabilities = append(c.capabilities, map[bool]string{true: "embedding", false: "completion"}[i.Embedder])
	}
	if i.Vision {
		c.capabilities = append(c.capabilities, "vision")
	}
}

// family sets the architecture.
func (c *card) family(arch string) { c.details.Family, c.details.Families = arch, []string{arch} }

// countText returns a number of weights in short: 1.1B, 4.5M.
func countText(n int64) string {
	v, unit := float64(n), ""
	for _, u := range []string{"K", "M", "B"} {
		if v < 1000 {
			break
		}
		v, unit = v/1000, u
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") + unit
}
