package synth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/querent-ai/chord/quant"
)

// A recipe says which type each matrix gets.
type recipe struct {
	base     quant.Type
	more     quant.Type // for attn_v and ffn_down of the layers with more bits; base in plain recipes
	output   quant.Type
	fileType uint32 // general.file_type, llama_ftype's number
}

// mixes are the recipes of llama-quantize with more than one type.
// The output matrix, or the tied embedding, is Q6_K.
var mixes = map[string]recipe{
	"Q4_K_M": {quant.Q4_K, quant.Q6_K, quant.Q6_K, 15},
	"Q5_K_M": {quant.Q5_K, quant.Q6_K, quant.Q6_K, 17},
}

// fileTypes are the numbers of llama_ftype for plain recipes.
var fileTypes = map[quant.Type]uint32{
	quant.F32: 0, quant.F16: 1, quant.BF16: 32,
	quant.Q4_0: 2, quant.Q4_1: 3, quant.Q5_0: 8, quant.Q5_1: 9, quant.Q8_0: 7,
	quant.Q2_K: 10, quant.Q3_K: 11, quant.Q4_K: 14, quant.Q5_K: 16, quant.Q6_K: 18,
	quant.IQ4_NL: 25, quant.IQ4_XS: 30, quant.TQ1_0: 36, quant.TQ2_0: 37, quant.MXFP4: 38,
	quant.NVFP4: 39, quant.Q1_0: 40, quant.Q2_0: 41,
}

// Types returns the names that Options.Type may have.
func Types() []string {
	var names []string
	for t := range fileTypes {
		names = append(names, t.String())
	}
	for m := range mixes {
		names = append(names, m)
	}
	slices.Sort(names)
	return names
}

// parseType returns the plain type called name.
func parseType(name string) (quant.Type, error) {
	t, err := quant.ParseType(name)
	if _, ok := fileTypes[t]; err != nil || !ok {
		return 0, fmt.Errorf("synth: no random weights of type %q, want one of %s", name, strings.Join(Types(), ", "))
	}
	return t, nil
}

// parseRecipe returns the recipe of o.
func parseRecipe(o Options) (recipe, error) {
	r, ok := mixes[strings.ToUpper(o.Type)]
	if !ok {
		t, err := parseType(o.Type)
		if err != nil {
			return recipe{}, err
		}
		r = recipe{t, t, t, fileTypes[t]}
	}
	if o.OutputType != "" {
		t, err := parseType(o.OutputType)
		if err != nil {
			return recipe{}, err
		}
		r.output = t
	}
	return r, nil
}

// typeOf returns the type of t in a file of shape s.
func (r recipe) typeOf(s Shape, t tensor) quant.Type {
	switch {
	case t.vector:
		return quant.F32
	case t.name == "output.weight", s.Tied && t.name == "token_embd.weight":
		return r.output
	case strings.Contains(t.name, ".attn_v."), strings.Contains(t.name, ".ffn_down."):
		if moreBits(t.layer, s.Layers) {
			return r.more
		}
	}
	return r.base
}

// moreBits reports whether the _M mixes give layer i of n more bits: the first
// and the last eighth, and every third between.
func moreBits(i, n int) bool {
	return i < n/8 || i >= 7*n/8 || (i-n/8)%3 == 2
}

// Check returns an error about the first type of o that does not exist.
func (o Options) Check() error {
	_, err := parseRecipe(o)
	return err
}
