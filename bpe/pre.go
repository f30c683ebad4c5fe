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
	alwaysBOS               // add_bos_token is true whatever the file says
	noBOS                   // there is no BOS unless the file names one
	addSEP                  // add_sep_token is true unless the file says otherwise
	cleanSpaces             // Decode removes spaces before punctuation
	rawText                 // tokens are spelled as text is, bytes as <0x00>
	escapes                 // a space is spelled ▁
	wholeLines              // a piece of line ends that is a token is not cut and merged
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
	var all []pre
	for _, family := range [][]pre{gpt2Pres(), llama3Pres(), deepseekPres(), casePres(), otherPres()} {
		all = append(all, family...)
	}
	return all
})

// gpt2Pres are the descendants of GPT-2.
func gpt2Pres() []pre {
	digit := each(classSet(number))
	three := run{in: rangeSet("0-9"), min: 3, max: 3}.stage()
	return []pre{
		{"default", []stage{punctuation(""), gpt2, runs(classSet(number)), three}, cleanSpaces},
		{"falcon", []stage{punctuation("`"), gpt2, three}, cleanSpaces},
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

// llama3Pres are the descendants of Llama 3.
func llama3Pres() []pre {
	threes, one, any := words(3), words(1), words(0)
	accents := one
	accents.word, accents.signs = marked, unmarked
	coder := one
	coder.end = nothing
	phrases := one
	phrases.word, phrases.end = phrase, newline
	return []pre{
		{"llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano",
			[]stage{threes.cut}, wholeWords | addBOS | cleanSpaces},
		{"dbrx smaug-bpe", []stage{threes.cut}, cleanSpaces},
		{"glm4 chatglm-bpe", []stage{threes.cut}, noBOS | cleanSpaces},
		{"minicpm5", []stage{run{in: classSet(number), max: 3}.stage(), any.cut}, wholeWords | cleanSpaces},
		{"jais-2", []stage{threes.cut, tabs}, cleanSpaces},
		{"qwen2 deepseek-r1-qwen kormo f2llmv2 hunyuan solar-open grok-2 bailingmoe bailingmoe2 llada-moe",
			[]stage{one.cut}, 0},
		{"stablelm2 megrez", []stage{one.cut}, cleanSpaces},
		{"qwen35", []stage{accents.cut}, 0},
		{"laguna", []stage{paragraphs, one.cut}, 0},
		{"seed-coder", []stage{coder.cut}, 0},
		{"exaone-moe", []stage{phrases.cut}, cleanSpaces},
		{"kimi-k2", []stage{kimi()}, 0},
	}
}

// deepseekPres are the descendants of DeepSeek.
func deepseekPres() []pre {
	three := run{in: classSet(number), max: 3}.stage()
	return []pre{
		{"deepseek-llm", deepseekLLM(), 0},
		{"deepseek-coder", deepseekCoder(), 0},
		{"deepseek-v3 hunyuan-dense joyai-llm", []stage{three, runs(rangeSet(chinese)), gaps(deepseekV3)}, 0},
		{"afmoe", append(thirds(), runs(rangeSet(asian)), gaps(deepseekV3)), 0},
	}
}

// casePres are the descendants of GPT-4o.
func casePres() []pre {
	gpt4o := caseStage{digits: 3, suffixes: true}
	caseless := caseStage{digits: 3, suffixes: true, marks: true, caseless: true}
	youtu := caseless
	youtu.digits = 1
	return []pre{
		{"gpt-4o llama4 kanana2 talkie minimax-m2", []stage{gpt4o.cut}, 0},
		{"tekken", []stage{caseStage{digits: 1}.cut}, wholeWords | addBOS},
		{"granite-embed-multi-97m", []stage{caseStage{digits: 3, suffixes: true, marks: true}.cut}, wholeWords},
		{"tiny_aya cohere2moe", append(thirds(), caseless.cut), 0},
		{"youtu", []stage{youtuScripts(), youtu.cut}, wholeWords},
	}
}

// otherPres are those that resemble nothing else.
func otherPres() []pre {
	sentence := run{in: newSet(inSentence), lead: rangeSet(" ")}.stage()
	return []pre{
		{"bloom gpt3-finnish", []stage{sentence}, cleanSpaces},
		{"poro-chat", []stage{sentence}, 0},
		{"viking", []stage{sentence, each(classSet(number))}, 0},
		{"superbpe", superThirds(), 0},
		{"gemma4 granite-embed-multi-311m", []stage{paragraphs}, rawText | escapes | wholeLines | alwaysBOS | cleanSpaces},
		{"sarvam-moe", []stage{paragraphs}, rawText | escapes},
		{"whitespace", []stage{runs(newSet(func(r rune) bool { return classOf(r) != space }))}, rawText | cleanSpaces},
	}
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
	return nil, fmt.Errorf("bpe: tokenizer.ggml.pre is %q; known are %s; if one of them cuts text as this model's does, "+
		"override the key (--override-kv tokenizer.ggml.pre=str:NAME)", name, strings.Join(PreNames(), ", "))
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

// A stage cuts s, which is not empty, and returns the length of the first
// piece in bytes, at least 1. It sees nothing before or after s.
type stage func(s string) int

const maxStages = 6

// A scan cuts a text into the pieces that are merged each on its own. The
// first stage cuts the text, every further one cuts the pieces of the one
// before it; a pattern matches within one piece, and what lies between
// matches is a piece, too.
type scan struct {
	stages []stage
	text   string
	pos    int
	ends   [maxStages]int // where the current piece of each stage ends
}

func newScan(stages []stage, text string) scan { return scan{stages: stages, text: text} }

// next returns the next piece, "" at the end.
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
	piece := s.text[s.pos:limit]
	s.pos = limit
	return piece
}
