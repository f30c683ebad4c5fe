package convert

import (
	"fmt"
	"slices"
	"strings"
)

// Activations of feed-forward networks by config.json's names.
var (
	siluNames = []string{"silu", "swish", "swiglu"}
	reluNames = []string{"relu2", "sqrelu"}
	geluNames = []string{"gelu", "gelu_new", "gelu_fast", "gelu_pytorch_tanh"}
)

// everywhere are settings that change what is computed, for which no family has a
// key, with the values that they may have, as text. Null is always allowed.
var everywhere = map[string][]string{"clip_qkv": {}, "use_alibi": {"false"}}

// checkFixed errs if config.json has a setting that is not supported and that no key
// can express.
func checkFixed(f *family, c *config) {
	activation := siluNames
	switch {
	case f.act != nil:
		activation = f.act
	case f.gelu:
		activation = geluNames
	case f.relu2:
		activation = reluNames
	}
	if key, v, ok := c.get("hidden_activation", "hidden_act", "activation_function"); ok && !slices.Contains(activation, fmt.Sprint(v)) {
		c.fail(key, "%.40v; %s models here have %s", v, f.arch, strings.Join(activation, ", "))
	}
	for _, fixed := range []map[string][]string{everywhere, f.fixed} {
		for key, may := range fixed {
			if f.clips && key == "clip_qkv" {
				continue
			}
			if v := c.values[key]; v != nil && !slices.Contains(may, fmt.Sprint(v)) {
				c.fail(key, "%.40v; %s models here have %s", v, f.arch, strings.Join(append(may, "null"), ", "))
			}
		}
	}
	for i, v := range c.list("no_rope_layers") { // 1 where there is rope
		if want := fmt.Sprint(min((i+1)%4, 1)); fmt.Sprint(v) != want {
			c.fail("no_rope_layers", "%.40v in layer %d; %s models here have no rope in every fourth layer", v, i, f.arch)
		}
	}
}
