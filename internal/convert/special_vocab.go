package convert

import (
	"github.com/querent-ai/chord/gguf"
)

// specialNames are the roles of tokens in Hugging Face's files and in GGUF's keys.
var specialNames = []struct{ role, key string }{
	{"bos", "bos"}, {"eos", "eos"}, {"unk", "unknown"}, {"sep", "seperator"}, {"pad", "padding"},
	{"cls", "cls"}, {"mask", "mask"}, {"eot", "eot"}, {"eom", "eom"},
}

// A roles collects the special tokens in the files of a folder.
type roles struct {
	text map[string]string // role → text, from tokenizer_config.json and templates
	id   map[string]int
	add  map[string]bool // bos, eos and sep: whether they are added to every text
}

// tokenizerConfig returns tokenizer_config.json.
func (r *reading) tokenizerConfig() (*config, error) {
	return readConfig(r.dir, "tokenizer_config.json")
}

// specials returns the keys of special tokens, of chat templates, and of the
// normalisation of text. merges adds the merges of tokenizer.json to v.
func (r *reading) specials(v *vocab, merges bool) ([]gguf.KV, error) {
	t, err := r.tokenizerConfig()
	if err != nil {
		return nil, err
	}
	roles := &roles{text: map[string]string{}, id: map[string]int{}, add: map[string]bool{}}
	for _, s := range specialNames {
		roles.text[s.role] = tokenText(t, s.role)
	}
	j := &tokenizerJSON{}
	ok, err := readJSON(r.dir, "tokenizer.json", j)
	if err != nil {
		return nil, err
	}
	if ok {
		roles.processed(j.PostProcessor)
		if merges {
			if v.merges, err = j.merges(); err != nil {
				return nil, err
			}
		}
	}
	for role, text := range roles.text {
		if id, ok := j.added(text); ok && text != "" {
			roles.id[role] = id
		}
		if add, ok := t.values["add_"+role+"_token"].(bool); ok {
			roles.add[role] = add
		}
	}
	roles.configured(r.c)
	ends, err := r.ends()
	if err != nil {
		return nil, err
	}
	out := append(roles.ending(ends, v.tokens), roles.keys(len(v.tokens))...)
	chat, err := r.chatTemplates(t)
	if err != nil {
		return nil, err
	}
	return append(append(out, chat...), normalizerKeys(j.Normalizer)...), nil
}

// tokenText returns the text of the token with a role: a text, or an object
// with its content.
func tokenText(t *config, role string) string {
	if s := t.str(role + "_token"); s != "" {
		return s
	}
	return t.object(role + "_token").str("content")
}

// configured takes ids from config.json for roles that have none yet.
func (x *roles) configured(c *config) {
	for _, s := range specialNames[:7] {
		if _, ok := x.id[s.role]; ok {
			continue
		}
		if n, ok := number(c.values[s.role+"_token_id"]); ok && n >= 0 && n < maxTokens && n == float64(int(n)) {
			x.id[s.role] = int(n)
		}
	}
}

// keys returns the keys of roles whose token is below n.
func (x *roles) keys(n int) []gguf.KV {
	var out []gguf.KV
	for _, s := range specialNames {
		if id, ok := x.id[s.role]; ok && id < n {
			out = append(out, gguf.KV{Key: "tokenizer.ggml." + s.key + "_token_id", Value: uint32(id)})
		}
	}
	for _, role := range []string{"bos", "eos", "sep"} {
		if add, ok := x.add[role]; ok {
			out = append(out, gguf.KV{Key: "tokenizer.ggml.add_" + role + "_token", Value: add})
		}
	}
	return out
}

// processed takes from the post-processor which tokens it adds before, between and
// after texts.
func (x *roles) processed(p *step) {
	if x.text["bos"] == "" {
		x.text["bos"] = x.text["cls"]
	}
	if x.text["eos"] == "" {
		x.text["eos"] = x.text["sep"]
	}
	for _, s := range p.flat() {
		switch s.Type {
		case "RobertaProcessing":
			x.add["bos"], x.add["eos"], x.add["sep"] = true, true, true
		case "TemplateProcessing":
			x.templated(&s)
		}
	}
}

// templated takes those tokens from the templates of one text and of two.
func (x *roles) templated(s *step) {
	if len(s.Single) < 2 {
		return
	}
	first, last := s.Single[0].SpecialToken.ID, s.Single[len(s.Single)-1].SpecialToken.ID
	if first != "" {
		for _, role := range []string{"bos", "cls"} {
			if x.text[role] == "" {
				x.text[role] = first
			}
		}
		x.add["bos"] = first == x.text["bos"] || first == x.text["cls"]
	}
	if last != "" {
		if old := x.text["eos"]; old != last { // the former end of a text now ends a turn
			if x.text["eot"] == "" {
				x.text["eot"] = old
			}
			x.text["eos"] = last
		}
		x.add["eos"] = true
	}
	x.between(s.Pair, first, last)
}

// between finds the token between the texts in the template of two.
func (x *roles) between(pair []template, first, last string) {
	if len(pair) > 0 && first != "" && pair[0].SpecialToken.ID == first {
		pair = pair[1:]
	}
	if n := len(pair); n > 0 && last != "" && pair[n-1].SpecialToken.ID == last {
		pair = pair[:n-1]
	}
	n := len(pair)
	if n < 3 || pair[0].Sequence.ID != "A" || pair[n-1].Sequence.ID != "B" {
		return
	}
	is := func(t template) bool {
		id := t.SpecialToken.ID
		return id != "" && (id == x.text["sep"] || id == x.text["eos"])
	}
	middle := pair[1 : n-1]
	add := is(middle[0]) && last == "" || len(middle) == 2 && is(middle[1])
	x.add["sep"] = add
	if add && x.text["sep"] == "" {
		x.text["sep"] = x.text["eos"]
	}
}

// normalizerKeys returns the keys of how a tokenizer normalises letters.
func normalizerKeys(n *step) []gguf.KV {
	var out []gguf.KV
	set := func(key string, v bool) { out = setKey(out, "tokenizer.ggml.normalizer."+key, v) }
	for _, s := range n.flat() {
		switch s.Type {
		case "Lowercase":
			set("lowercase", true)
		case "StripAccents":
			set("strip_accents", true)
		case "BertNormalizer":
			if s.Lowercase != nil {
				set("lowercase", *s.Lowercase)
			}
			if s.StripAccents != nil {
				set("strip_accents", *s.StripAccents)
			}
		}
	}
	return out
}
