// Package bpe turns text into tokens and tokens into text: byte-level BPE,
// SentencePiece, WordPiece, Unigram, RWKV's and PLaMo's, the kinds of vocabulary in
// GGUF files (tokenizer.ggml.model):
//
//	llama                SentencePiece: BPE of characters, merged by score
//	gpt2                 byte-level BPE: a pre-tokenizer splits the text, then bytes are merged by rank
//	gemma4, whitespace   the same of characters, with bytes as <0x00>; whitespace splits at white space
//	bert                 WordPiece: the longest tokens from left to right
//	t5                   Unigram: the most likely tokens of the normalised text
//	rwkv                 the longest tokens from left to right, of bytes
//	plamo2               the tokens with the highest sum of scores
//
// hybriddna and files without a vocabulary (no_vocab, none) are an error.
//
// The ids are llama.cpp's, for every vocabulary and text. Where llama.cpp fails or
// throws, the comment of the function says what this package does.
//
// Read the files in this order:
//
//	vocab.go, gguf.go                the vocabulary, and how a file describes it
//	tokenizer.go, roles.go           Tokenizer: its tables, and tokens with a role such as BOS
//	encode.go, decode.go             Encode and Decode; cancel.go has their checks of a context
//	special.go, special_cut.go       special tokens, which are cut out of the text first
//	merge.go, bytebpe.go, spm.go     BPE: the merges, byte-level, SentencePiece
//	wordpiece.go                     WordPiece
//	unigram.go, normalize.go         Unigram and its normalisation
//	world.go, plamo.go               RWKV's and PLaMo's vocabularies
//	trie.go, bytelevel.go, utf8.go   the longest token, the spelling of bytes, invalid UTF-8
//	pre.go, pre_*.go                 the pre-tokenizers: a table, then the stages by family
//
// The models or pre-tokenizers (tokenizer.ggml.pre) of the families of models and
// the stages of their pre-tokenizers; [PreNames] returns all names:
//
//	family                                   model or pre               stages
//	llama 1, 2; TinyLlama; Mistral; Mixtral  llama                      –
//	gemma, gemma2, gemma3                    llama                      –
//	phi3                                     llama                      –
//	llama 3, 3.1 to 3.3                      llama-bpe                  llama3(3)
//	smollm2, smollm3                         smollm, llama-bpe          digit, gpt2; llama3(3)
//	mistral3, Mistral-Nemo                   tekken                     gpt4o
//	qwen2, qwen3, qwen2moe, qwen3moe         qwen2                      llama3(1)
//	qwen35, qwen35moe; qwen3next             qwen35, qwen2              accents; llama3(1)
//	lfm2, lfm2moe                            lfm2                       llama3(3)
//	granitehybrid                            dbrx                       llama3(3)
//	mamba2; nemotron_h(_moe); falcon-h1      gpt-2, tekken, falcon-h1   gpt2; gpt4o; llama3(3)
//	mamba; jamba; kimi-linear; arwkv7        gpt-2, llama, kimi-k2      gpt2; –; kimi-k2
//	plamo2; rwkv7                            plamo2, rwkv               –
//	granite, granitemoe                      refact, starcoder          digit, gpt2
//	olmo2, olmo3, olmoe                      dbrx, olmo                 llama3(3); gpt2
//	glm4                                     glm4, chatglm-bpe          llama3(3)
//	cohere2                                  command-r                  digit, gpt2
//	gpt-oss                                  gpt-4o                     gpt4o
//	starcoder2                               starcoder                  digit, gpt2
//	gpt2                                     gpt-2                      gpt2
//	stablelm                                 stablelm2, gpt-2           llama3(1); gpt2
//	deepseek                                 deepseek-llm               deepseekLLM
//	DeepSeek-Coder                           deepseek-coder             deepseekCoder
//	DeepSeek V3                              deepseek-v3                digits, chinese, deepseekV3
//	gemma4                                   gemma4                     paragraphs
//	glm4moe, GLM-4.7-Flash                   glm4                       llama3(3)
//	seed_oss                                 seed-coder                 llama3(1)
//	exaone4                                  exaone4                    gpt2
//	hunyuan-dense, hunyuan-moe               hunyuan-dense, hunyuan     digits, chinese, deepseekV3; llama3(1)
//	minimax-m2                               minimax-m2                 gpt4o
//	afmoe                                    afmoe                      digits from the right, asian, deepseekV3
//	phi2, gptneox, olmo                      phi-2, olmo                gpt2
//	falcon                                   falcon                     punctuation, gpt2, three digits
//	Kimi K2                                  kimi-k2                    kimi-k2
//	bert, nomic-bert                         bert, roberta-bpe          –; gpt2
//	nomic-bert-moe, T5                       t5                         –
package bpe
