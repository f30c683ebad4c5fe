package convert

import (
	"fmt"
	"slices"
	"strings"
)

// Parts of patterns that several pre-tokenizers have in common.
const (
	contractions = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`
	upper        = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
	lower        = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`
	noWord       = `[^\r\n\p{L}\p{N}]?`
	spaces       = `\s*[\r\n]+|\s+(?!\S)|\s+`
	words        = contractions + `|` + noWord + `\p{L}+|`
	signs        = `| ?[^\s\p{L}\p{N}]+[\r\n]*|` + spaces
	signsSlash   = `| ?[^\s\p{L}\p{N}]+[\r\n/]*|` + spaces
)

// splits are the known pre-tokenizers: the steps by which a tokenizer.json splits a
// text before it merges, and a name for them. A step is the pattern of a Split, or
// the type of another step.
var splits = []struct {
	name  string
	steps []string
}{
	{"gpt2", []string{"ByteLevel"}},
	{"digits", []string{"Digits", "ByteLevel"}},
	{"llama3", []string{words + `\p{N}{1,3}` + signs}},
	{"qwen2", []string{words + `\p{N}` + signs}},
	{"qwen35", []string{contractions + `|` + noWord + `[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|` + spaces}},
	{"gpt-4o", []string{noWord + upper + `*` + lower + `+` + contractions + `?|` + noWord + upper + `+` + lower + `*` + contractions + `?|\p{N}{1,3}` + signsSlash}},
	{"tekken", []string{noWord + upper + `*` + lower + `+|` + noWord + upper + `+` + lower + `*|\p{N}` + signsSlash}},
	{"falcon", []string{"Punctuation", "ByteLevel", "Digits grouped", "[0-9][0-9][0-9]"}},
	{"deepseek-coder", []string{"[\r\n]", `\s?\p{L}+`, `\s?\p{P}+`, "[一-龥ࠀ-一가-\ud7ff]+", "Digits"}},
	{"deepseek-v3", []string{`\p{N}{1,3}`, "[一-龥\u3040-ゟ゠-ヿ]+",
		"[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|" + spaces}},
}

// preNames are GGUF's names of splits, unless the family has another name.
var preNames = map[string]string{
	"gpt2": "gpt-2", "digits": "starcoder", "llama3": "dbrx", "qwen2": "qwen2", "qwen35": "qwen35",
	"gpt-4o": "gpt-4o", "tekken": "tekken", "falcon": "falcon",
	"deepseek-llm": "deepseek-llm", "deepseek-coder": "deepseek-coder", "deepseek-v3": "deepseek-v3",
}

// pre returns the name of t's pre-tokenizer.
//
// llama.cpp's converter recognises tokenizers by the ids of one text. Tokenizers
// that split texts alike may have several names, which imply other properties too.
// Here the name follows from the steps in tokenizer.json, then from the family.
func (t *tokenizerJSON) pre(r *reading, tokens int) (string, error) {
	if r.pre != "" {
		return r.pre, nil
	}
	steps := t.steps()
	name := ""
	for _, s := range splits {
		if slices.Equal(s.steps, steps) {
			name = s.name
		}
	}
	if n := len(steps); n == 6 && steps[0] == "[\r\n]" && strings.HasPrefix(steps[1], `\s?[A-Za-zµ`) && steps[3] == `\s+$` && steps[5] == "Digits" {
		name = "deepseek-llm" // its class of letters is a list of 700 characters
	}
	switch other := r.f.pre[name]; {
	case name == "":
		return "", fmt.Errorf("convert: tokenizer.json: the pre-tokenizer is not known: %.200q; name the one of llama.cpp that cuts as it does with --pre", steps)
	case other != "":
		return other, nil
	case name == "llama3" && tokens >= 128000: // Llama 3's own, with or without BOS
		if t.beginsTexts() {
			return "llama-bpe", nil
		}
		return "smaug-bpe", nil
	case name == "qwen2":
		if _, ok := t.added("<｜begin▁of▁sentence｜>"); ok {
			return "deepseek-r1-qwen", nil
		}
	}
	return preNames[name], nil
}

// beginsTexts reports whether t puts a token before every text.
func (t *tokenizerJSON) beginsTexts() bool {
	for _, s := range t.PostProcessor.flat() {
		if s.Type == "TemplateProcessing" && len(s.Single) > 1 && s.Single[0].SpecialToken.ID != "" {
			return true
		}
	}
	return false
}

// steps returns the steps of t before merging, in the form of splits. A ByteLevel
// that only maps bytes to characters is not a step.
func (t *tokenizerJSON) steps() []string {
	var out []string
	for _, s := range t.PreTokenizer.flat() {
		switch s.Type {
		case "ByteLevel":
			if s.UseRegex == nil || *s.UseRegex {
				out = append(out, "ByteLevel")
			}
			if s.AddPrefixSpace {
				out = append(out, "a space before")
			}
		case "Digits":
			if s.Individual {
				out = append(out, "Digits")
			} else {
				out = append(out, "Digits grouped")
			}
		case "Split":
			out = append(out, s.split())
		default:
			out = append(out, s.Type)
		}
	}
	return out
}

// split returns the pattern of a Split, which has several spellings.
func (s *step) split() string {
	p := s.Pattern.Regex
	if p == "" {
		p = s.Pattern.String
	}
	if !(s.Behavior == "Isolated" && !s.Invert || s.Behavior == "Removed" && s.Invert) {
		return s.Behavior + " " + p
	}
	const spelled = `(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])`
	return strings.ReplaceAll(p, spelled, contractions)
}
