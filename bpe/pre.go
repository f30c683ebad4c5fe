package bpe

import (
	"fmt"
	"sort"
	"strings"
	"sync"
)

// What else a name in tokenizer.ggml.pre says of the vocabulary.
const (
	wholeWords  = 1 << iota // a piece that is a token is not cut and merged
	addBOS                  // add_bos_token is true unless the file says otherwise
	noBOS                   // there is no BOS unless the file names one
	cleanSpaces             // Decode removes spaces before punctuation
)

// A pre is a pre-tokenizer: the names it has, how it cuts, what else holds.
type pre struct {
	names  string
	stages []stage
	is     int
}

// pres are the pre-tokenizers, with llama.cpp's names and properties.
var pres = sync.OnceValue(func() []pre {
	loadClasses()
	digit := each(classSet(number))
	three := run{in: rangeSet("0-9"), min: 3, max: 3}.stage()
	return []pre{
		{"default", []stage{punctuation(""), gpt2, runs(classSet(number)), three}, cleanSpaces},
		{"falcon", []stage{punctuation("`"), gpt2, three}, cleanSpaces},
		{"gpt-2 gpt2 phi-2 mpt olmo jais jina-v1-en jina-v2-code jina-es jina-de jina-v2-es jina-v2-de " +
			"roberta-bpe modern-bert gigachat mellum exaone4 a.x-4.0", []stage{gpt2}, cleanSpaces},
		{"trillion granite-docling", []stage{gpt2}, 0},
		{"starcoder refact codeshell exaone minerva-7b mellum2", []stage{digit, gpt2}, cleanSpaces},
		{"smollm command-r", []stage{digit, gpt2}, 0},
		{"llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
			[]stage{words(3)}, wholeWords | addBOS | cleanSpaces},
		{"dbrx smaug-bpe", []stage{words(3)}, cleanSpaces},
		{"glm4 chatglm-bpe", []stage{words(3)}, noBOS | cleanSpaces},
		{"qwen2 deepseek-r1-qwen kormo f2llmv2 hunyuan solar-open grok-2", []stage{words(1)}, 0},
		{"stablelm2 megrez", []stage{words(1)}, cleanSpaces},
		{"deepseek-llm", deepseekLLM(), 0},
		{"deepseek-coder", deepseekCoder(), 0},
	}
})

// punctuation is the stage [\p{P}$+<=>^~|]+, with more characters in the set.
func punctuation(more string) stage {
	signs := "$+<=>^~|" + more
	return runs(newSet(func(r rune) bool {
		return classOf(r) == punct || strings.ContainsRune(signs, r)
	}))
}

// preOf returns the pre-tokenizer of a name; "" is "default".
func preOf(name string) (*pre, error) {
	if name == "" {
		name = "default"
	}
	all := pres()
	for i := range all {
		for n := range strings.FieldsSeq(all[i].names) {
			if n == name {
				return &all[i], nil
			}
		}
	}
	return nil, fmt.Errorf("bpe: tokenizer.ggml.pre is %q; known are %s", name, strings.Join(PreNames(), ", "))
}

// PreNames returns the values of tokenizer.ggml.pre that are known, sorted.
func PreNames() []string {
	var names []string
	for _, p := range pres() {
		names = append(names, strings.Fields(p.names)...)
	}
	sort.Strings(names)
	return names
}
