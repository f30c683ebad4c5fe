package convert

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
)

// A peftScaling says how PEFT scales the products of an adapter.
type peftScaling struct {
	alpha   float64
	pattern []peftPattern // other values, for some modules
	rsLoRA  bool
}

// A peftPattern is the alpha of the modules whose names end like a pattern.
type peftPattern struct {
	text  string
	re    *regexp.Regexp
	alpha float64
}

// peftUnset are keys of adapter_config.json that change what an adapter computes in a
// way that the format has no place for, unless they have no value.
var peftUnset = []string{
	"modules_to_save", "target_parameters", "trainable_token_indices", "layer_replication",
	"alora_invocation_tokens", "invocation_string",
	"use_dora", "use_qalora", "lora_bias",
}

// peftInits are values of init_lora_weights that change the base model too.
var peftInits = []string{"pissa", "olora", "corda", "loftq"}

// readScaling returns the scaling that c says, and errs if c asks for anything but
// LoRA.
func readScaling(c *config) (*peftScaling, error) {
	if kind := c.str("peft_type"); kind != "LORA" {
		c.fail("peft_type", "%.40q, want LORA", kind)
	}
	for _, key := range peftUnset {
		if v := c.values[key]; !empty(v) {
			c.fail(key, "%.80v: the format has no place for it", v)
		}
	}
	if b := c.str("bias"); b != "" && b != "none" {
		c.fail("bias", "%.40q: the format has no place for it", b)
	}
	for _, init := range peftInits {
		if v := c.str("init_lora_weights"); strings.HasPrefix(strings.ToLower(v), init) {
			c.fail("init_lora_weights", "%.40q changes the base model; save the adapter as plain LoRA", v)
		}
	}
	s := &peftScaling{rsLoRA: c.flag("use_rslora")}
	s.alpha = alphaFrom(c, "lora_alpha")
	patterns := c.object("alpha_pattern")
	for _, key := range slices.Sorted(maps.Keys(patterns.values)) {
		re, err := regexp.Compile(`^(?:.*\.)?(?:` + key + `)$`)
		if err != nil {
			c.fail("alpha_pattern", "%v", err)
			break
		}
		s.pattern = append(s.pattern, peftPattern{key, re, alphaFrom(patterns, key)})
	}
	if c.err == nil {
		c.err = patterns.err
	}
	return s, c.err
}

// empty reports whether a value is as good as none.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// alphaFrom returns the alpha under a key. 0 would switch the adapter off, and means
// no scaling in GGUF.
func alphaFrom(c *config, key string) float64 {
	x, ok := c.real(key)
	if c.err == nil && (!ok || x == 0 || math.Abs(x) < 1e-30) {
		c.fail(key, "missing or 0")
	}
	return x
}

// alphaOf returns the alpha of a module.
func (s *peftScaling) alphaOf(module string) (float64, error) {
	alpha, by := s.alpha, ""
	for _, p := range s.pattern {
		if !p.re.MatchString(module) {
			continue
		}
		if by != "" && p.alpha != alpha { // PEFT takes the first of the file
			return 0, fmt.Errorf("convert: %s: alpha_pattern: %.80q and %.80q both match %s", peftConfig, by, p.text, module)
		}
		alpha, by = p.alpha, p.text
	}
	return alpha, nil
}
