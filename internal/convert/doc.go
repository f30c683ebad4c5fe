// Package convert converts models to GGUF: folders of Hugging Face's form
// (safetensors, config.json, a tokenizer), checkpoints of llama2.c, and LoRA adapters of
// PEFT.
//
// Keys, names, types and layouts are those of llama.cpp's converter. A family that
// differs from llama is a row of one table, families: rules from config.json to
// keys, names of tensors, and what is done to rows.
//
// The result can be run, or there is an error: package llama checks the keys and
// shapes before they are written. Settings that no key can express are errors, and
// so are weights that the new type cannot represent. Weights of 8-bit and of 4-bit
// floats are multiplied by their scales, or stay NVFP4.
//
// Only the vocabulary is held in memory: a tensor consists of views of mapped
// files, which are converted in pieces while it is written.
package convert
