package convert

import (
	"slices"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/gguf"
)

// ends returns the ids of the tokens that end texts, from config.json and
// generation_config.json: in both, eos_token_id is a number or a list.
func (r *reading) ends() ([]int32, error) {
	g, err := readConfig(r.dir, "generation_config.json")
	if err != nil {
		return nil, err
	}
	var out []int32
	for _, c := range []*config{r.c, g} {
		list := c.list("eos_token_id")
		if list == nil {
			list = []any{c.values["eos_token_id"]}
		}
		for _, v := range list {
			if v == nil {
				continue
			}
			n, ok := number(v)
			if !ok || n != float64(int32(n)) {
				c.fail("eos_token_id", "%.40v, want a whole number or a list of them", v)
				return nil, c.err
			}
			if id := int32(n); id >= 0 && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out, nil
}

// ending gives the tokens that end texts their roles, and returns the key that
// lists them if there are several.
//
// GGUF has one key each for the token that ends a text, a turn and a message, and
// readers find more of them by their names. The list is the one that ollama
// writes. For other readers, a token whose name is not known to end texts becomes
// the end of a turn or of a message, if that key is free.
func (x *roles) ending(ids []int32, tokens []string) []gguf.KV {
	ids = slices.DeleteFunc(ids, func(id int32) bool { return int(id) >= len(tokens) })
	if len(ids) == 0 {
		return nil
	}
	if _, ok := x.id["eos"]; !ok {
		x.id["eos"] = int(ids[0])
	}
	all := ids
	if eos := int32(x.id["eos"]); !slices.Contains(all, eos) && int(eos) < len(tokens) {
		all = append([]int32{eos}, all...)
	}
	for _, id := range ids {
		if bpe.EndsText(tokens[id]) || x.has(int(id)) {
			continue
		}
		for _, role := range []string{"eot", "eom"} {
			if _, taken := x.id[role]; !taken {
				x.id[role] = int(id)
				break
			}
		}
	}
	if len(all) < 2 {
		return nil
	}
	return []gguf.KV{{Key: "tokenizer.ggml.eos_token_ids", Value: all}}
}

// has reports whether a token ends a text, a turn or a message.
func (x *roles) has(id int) bool {
	for _, role := range []string{"eos", "eot", "eom"} {
		if other, ok := x.id[role]; ok && other == id {
			return true
		}
	}
	return false
}
