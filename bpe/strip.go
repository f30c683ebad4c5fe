package bpe

import "strings"

// A strip says on which sides a special token takes the white space beside it
// with it. Files do not say it; as in llama.cpp names of models and
// pre-tokenizers do.
type strip uint8

const (
	stripLeft strip = 1 << iota
	stripRight
)

// asciiSpace is the white space that special tokens take with them.
const asciiSpace = " \t\n\v\f\r"

// strips returns what the special tokens ids take with them.
func (t *Tokenizer) strips(ids []int32) []strip {
	v, s := &t.vocab, make([]strip, len(ids))
	set := func(name string, to strip) {
		for i, id := range ids {
			if v.Tokens[id] == name {
				s[i] = to
			}
		}
	}
	name := strings.ToLower(v.Name)
	switch {
	case has(v.Pre, "jina-v2-de", "jina-v2-es", "jina-v2-code") || has(v.Arch, "nomic-bert-moe", "jina-bert-v3"):
		set("<mask>", stripLeft)
	case has(name, "phi-3", "phi3"):
		for i := range s {
			s[i] = stripRight
		}
		for _, kept := range []string{"<unk>", "<s>", "<|endoftext|>"} {
			set(kept, 0)
		}
	case has(name, "modern-bert"):
		set("[MASK]", stripLeft)
	}
	return s
}

// has reports whether one of parts is in s.
func has(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}
