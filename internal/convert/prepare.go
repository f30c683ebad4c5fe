package convert

import (
	"fmt"
	"slices"
	"strings"
)

// quantMethods are the supported values of quant_method: mxfp4, and those that may
// be floats of 8 or 4 bits, which the tensors and their scales show.
var quantMethods = []string{"mxfp4", "fp8", "fbgemm_fp8", "compressed-tensors", "modelopt"}

// prepare returns the family of a config.json. It moves text_config to the top and
// sets missing values to their defaults.
func prepare(c *config) (*family, error) {
	tied, said := c.values["tie_word_embeddings"].(bool)
	architecture := c.first("architectures")
	for k, v := range c.object("text_config").values {
		c.values[k] = v
	}
	if said { // of the whole model
		c.values["tie_word_embeddings"] = tied
	}
	f := familyOf(architecture, c)
	if f == nil {
		return nil, fmt.Errorf("convert: config.json: architecture %.80q is not known; known are %s", architecture, strings.Join(known(), ", "))
	}
	if method := c.object("quantization_config").str("quant_method"); method != "" && !slices.Contains(quantMethods, method) {
		return nil, fmt.Errorf("convert: config.json: the model is quantised by %.40q; what is read is mxfp4, and floats of 8 and 4 bits of %s", method, strings.Join(quantMethods[1:], ", "))
	}
	if strings.HasPrefix(f.arch, "granite") {
		delete(c.values, "head_dim") // as llama.cpp's converter does: these families do not use it
	}
	for k, v := range f.defaults {
		c.setDefault(k, v)
	}
	if f.adapt != nil {
		f.adapt(c)
	}
	derive(c)
	checkFixed(f, c)
	if !f.encoder {
		c.setDefault("num_key_value_heads", c.values[nKVHeads])
	}
	return f, c.err
}

// known returns the architectures of all families.
func known() []string {
	var all []string
	for i := range families {
		for _, s := range families[i].from {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}
