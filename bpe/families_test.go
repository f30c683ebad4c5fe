package bpe

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestFamilies requires that every name in the package comment's table of families
// is a model or a pre-tokenizer. TestSplits compares those with llama.cpp.
func TestFamilies(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	known := append(PreNames(), Models()...)
	rows := 0
	_, table, _ := strings.Cut(string(doc), "stages\n")
	for line := range strings.Lines(table) {
		if len(line) < 70 || !strings.HasPrefix(line, "//\t") {
			continue
		}
		rows++
		row := []rune(strings.TrimPrefix(line, "//\t"))
		for name := range strings.SplitSeq(strings.TrimSpace(string(row[41:68])), ", ") {
			if !slices.Contains(known, name) {
				t.Errorf("%s: %q is not known", strings.TrimSpace(string(row[:41])), name)
			}
		}
	}
	if rows < 18 {
		t.Errorf("%d rows", rows)
	}
}

// TestPreNames requires all pre-tokenizers of llama.cpp.
func TestPreNames(t *testing.T) {
	const names = `a.x-4.0 afmoe bailingmoe bailingmoe2 bloom chameleon chatglm-bpe codeshell cohere2moe command-r dbrx
		deepseek-coder deepseek-llm deepseek-r1-qwen deepseek-v3 default exaone exaone-moe exaone4 f2llmv2 falcon falcon-h1
		falcon3 gemma4 gigachat glm4 gpt-2 gpt-4o gpt3-finnish granite-docling granite-embed-multi-311m
		granite-embed-multi-97m grok-2 hunyuan hunyuan-dense jais jais-2 jina-de jina-es jina-v1-en jina-v2-code jina-v2-de
		jina-v2-es jina-v5-nano joyai-llm kanana2 kimi-k2 kormo laguna lfm2 llada-moe llama-bpe llama-v3 llama3 llama4
		megrez mellum mellum2 midm-2.0 minerva-7b minicpm5 minimax-m2 modern-bert mpt olmo phi-2 pixtral poro-chat qwen2
		qwen35 refact roberta-bpe sarvam-moe seed-coder smaug-bpe smollm solar-open stablelm2 starcoder superbpe talkie
		tekken tiny_aya trillion viking whitespace youtu`
	for name := range strings.FieldsSeq(names) {
		if _, err := preOf(name); err != nil {
			t.Error(err)
		}
	}
}
