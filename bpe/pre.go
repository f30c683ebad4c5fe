package bpe

import (
	"fmt"
	"sort"
	"strings"
	"sync"
)

// preFlags are further properties of a vocabulary that its pre-tokenizer implies.
type preFlags int

const (
	wholeWords  preFlags = 1 << iota // a pre-token that is a token is not split and merged
	addBOS                           // the default of add_bos_token is true
	alwaysBOS                        // add_bos_token is true, whatever the file says
	noBOS                            // there is no default for BOS
	addSEP                           // the default of add_sep_token is true
	cleanSpaces                      // Decode removes spaces before punctuation
	rawText                          // tokens are plain text, bytes are spelled <0x00>
	escapes                          // a space is spelled ▁
	wholeLines                       // a pre-token of newlines that is a token is not split and merged
)

// A pre is a pre-tokenizer: it splits a text into pre-tokens, each of which is
// merged on its own.
type pre struct {
	names  string // values of tokenizer.ggml.pre, separated by spaces
	stages []stage
	flags  preFlags
}

// pres are the pre-tokenizers, with llama.cpp's names and flags.
var pres = sync.OnceValue(func() []pre {
	loadClasses()
	var all []pre
	for _, family := range [][]pre{gpt2Pres(), llama3Pres(), deepseekPres(), gpt4oPres(), otherPres()} {
		all = append(all, family...)
	}
	return all
})

// gpt2Pres are pre-tokenizers like GPT-2's.
func gpt2Pres() []pre {
	digit := each(classSet(number))
	threeDigits := run{in: rangeSet("0-9"), min: 3, max: 3}.stage()
	return []pre{
		{"default", []stage{punctuation(""), gpt2, runs(classSet(number)), threeDigits}, cleanSpaces},
		{"falcon", []stage{punctuation("`"), gpt2, threeDigits}, cleanSpaces},
		{"gpt-2 gpt2 phi-2 mpt olmo jais jina-es jina-de jina-v2-es jina-v2-de " +
			"modern-bert gigachat mellum exaone4 a.x-4.0", []stage{gpt2}, cleanSpaces},
		{"jina-v1-en jina-v2-code roberta-bpe", []stage{gpt2}, cleanSpaces | addSEP},
		{"trillion granite-docling", []stage{gpt2}, 0},
		{"starcoder refact codeshell exaone minerva-7b mellum2", []stage{digit, gpt2}, cleanSpaces},
		{"smollm command-r", []stage{digit, gpt2}, 0},
		{"chameleon", []stage{
			bounded("<sentinel:", rangeSet("0-9"), 0, ">"), bounded("IMGIMG", rangeSet("A-I"), 4, "Z"),
			indents, digit, each(newSet(isASCIISign)), gpt2,
		}, addBOS},
	}
}

// llama3Pres are pre-tokenizers like Llama 3's.
func llama3Pres() []pre {
	threes, one, any := llama3Pattern(3), llama3Pattern(1), llama3Pattern(0)
	accents := one
	accents.word, accents.signs = lettersAndMarks, signsButMarks
	coder := one
	coder.end = noNewlines
	phrases := one
	phrases.word, phrases.end = phrase, oneNewline
	return []pre{
		{"llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
			[]stage{threes.cut}, wholeWords | addBOS | cleanSpaces},
		{"dbrx smaug-bpe", []stage{threes.cut}, cleanSpaces},
		{"glm4 chatglm-bpe", []stage{threes.cut}, noBOS | cleanSpaces},
		{"minicpm5", []stage{run{in: classSet(number), max: 3}.stage(), any.cut}, wholeWords | cleanSpaces},
		{"jais-2", []stage{threes.cut, jais2Spaces}, cleanSpaces},
		{"qwen2 deepseek-r1-qwen kormo f2llmv2 hunyuan solar-open grok-2 bailingmoe bailingmoe2 llada-moe",
			[]stage{one.cut}, 0},
		{"stablelm2 megrez", []stage{one.cut}, cleanSpaces},
		{"qwen35", []stage{accents.cut}, 0},
		{"laguna", []stage{paragraphs, one.cut}, 0},
		{"seed-coder", []stage{coder.cut}, 0},
		{"exaone-moe", []stage{phrases.cut}, cleanSpaces},
		{"kimi-k2", []stage{kimiK2()}, 0},
	}
}

// deepseekPres are pre-tokenizers like DeepSeek's.
func deepseekPres() []pre {
	threeDigits := run{in: classSet(number), max: 3}.stage()
	return []pre{
		{"deepseek-llm", deepseekLLM(), 0},
		{"deepseek-coder", deepseekCoder(), 0},
		{"deepseek-v3 hunyuan-dense joyai-llm", []stage{threeDigits, runs(rangeSet(chinese)), gaps(deepseekV3)}, 0},
		{"afmoe", append(fromRight(), runs(rangeSet(asian)), gaps(deepseekV3)), 0},
	}
}

// gpt4oPres are pre-tokenizers like GPT-4o's.
func gpt4oPres() []pre {
	gpt4o := gpt4oStage{digits: 3, contractions: true}
	caseless := gpt4oStage{digits: 3, contractions: true, marks: true, caseless: true}
	youtu := caseless
	youtu.digits = 1
	return []pre{
		{"gpt-4o llama4 kanana2 talkie minimax-m2", []stage{gpt4o.cut}, 0},
		{"tekken", []stage{gpt4oStage{digits: 1}.cut}, wholeWords | addBOS},
		{"granite-embed-multi-97m", []stage{gpt4oStage{digits: 3, contractions: true, marks: true}.cut}, wholeWords},
		{"tiny_aya cohere2moe", append(fromRight(), caseless.cut), 0},
		{"youtu", []stage{youtuScripts(), youtu.cut}, wholeWords},
	}
}

// otherPres are the other pre-tokenizers.
func otherPres() []pre {
	sentence := run{in: newSet(inSentence), lead: rangeSet(" ")}.stage()
	return []pre{
		{"bloom gpt3-finnish", []stage{sentence}, cleanSpaces},
		{"poro-chat", []stage{sentence}, 0},
		{"viking", []stage{sentence, each(classSet(number))}, 0},
		{"superbpe", superBPEDigits(), 0},
		{"gemma4 granite-embed-multi-311m", []stage{paragraphs}, rawText | escapes | wholeLines | alwaysBOS | cleanSpaces},
		{"sarvam-moe", []stage{paragraphs}, rawText | escapes},
		{"whitespace", []stage{runs(newSet(func(r rune) bool { return classOf(r) != space }))}, rawText | cleanSpaces},
	}
}

// preOf returns the pre-tokenizer called name; "" means "default".
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
	return nil, fmt.Errorf("bpe: tokenizer.ggml.pre is %q; known are %s; if one of them splits text as this model's does, "+
		"override the key (--override-kv tokenizer.ggml.pre=str:NAME)", name, strings.Join(PreNames(), ", "))
}

// PreNames returns the supported values of tokenizer.ggml.pre, sorted.
func PreNames() []string {
	var names []string
	for _, p := range pres() {
		names = append(names, strings.Fields(p.names)...)
	}
	sort.Strings(names)
	return names
}

// A stage returns the length in bytes of the first part of s, at least 1. s is not
// empty, and the stage sees no text before or after it. Most stages are the
// matcher of a regular expression, which their comments give.
type stage func(s string) int

const maxStages = 6

// A scan splits a text into pre-tokens. The first stage splits the text, each
// further stage splits the parts of the stage before it. Matches of a stage's
// pattern are parts, and so is the text between matches.
type scan struct {
	stages []stage
	text   string
	pos    int
	ends   [maxStages]int // end of the current part of each stage
}

func newScan(stages []stage, text string) scan { return scan{stages: stages, text: text} }

// next returns the next pre-token, "" at the end.
func (s *scan) next() string {
	if s.pos == len(s.text) {
		return ""
	}
	limit := len(s.text)
	for i, cut := range s.stages {
		if s.ends[i] <= s.pos {
			s.ends[i] = s.pos + cut(s.text[s.pos:limit])
		}
		limit = s.ends[i]
	}
	preToken := s.text[s.pos:limit]
	s.pos = limit
	return preToken
}
