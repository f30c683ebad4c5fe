// Package bpe turns text into tokens and tokens into text: byte-level BPE,
// SentencePiece, WordPiece and Unigram, the kinds of vocabulary that GGUF files
// carry (tokenizer.ggml.model):
//
//	llama                SentencePiece: neighbours are merged by score
//	gpt2                 byte-level BPE: pieces that a pre-tokenizer cuts are merged by rank
//	gemma4, whitespace   BPE of characters, with bytes as <0x00>; of what is between white space
//	bert                 WordPiece: the longest tokens from left to right
//	t5                   Unigram: the likeliest tokens, of text that a table of characters normalises
//
// rwkv, plamo2, hybriddna and files without a vocabulary (no_vocab, none) are
// an error that says so.
//
// The ids are llama.cpp's, for every vocabulary and text; where llama.cpp
// gives up or aborts, the documentation of the function says what happens
// here.
//
// What the families of models have, as model or tokenizer.ggml.pre, and the
// stages that cut their text ([PreNames] has all names, pre.go what else they
// say of a vocabulary):
//
//	family                                   model or pre               stages
//	llama 1, 2; TinyLlama; Mistral; Mixtral  llama                      –
//	gemma, gemma2, gemma3                    llama                      –
//	phi3                                     llama                      –
//	llama 3, 3.1 to 3.3                      llama-bpe                  words(3)
//	smollm2, smollm3                         smollm, llama-bpe          digit, gpt2; words(3)
//	mistral3, Mistral-Nemo                   tekken                     caseStage
//	qwen2, qwen3, qwen2moe, qwen3moe         qwen2                      words(1)
//	granite, granitemoe                      refact, starcoder          digit, gpt2
//	olmo2, olmo3, olmoe                      dbrx, olmo                 words(3); gpt2
//	glm4                                     glm4, chatglm-bpe          words(3)
//	cohere2                                  command-r                  digit, gpt2
//	gpt-oss                                  gpt-4o                     caseStage
//	starcoder2                               starcoder                  digit, gpt2
//	gpt2                                     gpt-2                      gpt2
//	stablelm                                 stablelm2, gpt-2           words(1); gpt2
//	deepseek                                 deepseek-llm               deepseekLLM
//	DeepSeek-Coder                           deepseek-coder             deepseekCoder
//	DeepSeek V3                              deepseek-v3                threes, chinese, deepseekV3
//	bert, nomic-bert                         bert, roberta-bpe          –; gpt2
//	nomic-bert-moe, T5                       t5                         –
package bpe
