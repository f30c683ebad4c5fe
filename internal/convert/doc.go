// Package convert makes GGUF models of what models come as: folders of Hugging
// Face (safetensors, config.json, a tokenizer) and checkpoints of llama2.c.
//
// Keys, names, types and layouts are those of llama.cpp's converter. What a
// family needs beyond llama is a row of one table, families: rules from
// config.json to keys, names of tensors, and what is done to rows.
//
// What comes out runs, or there is an error: the keys and shapes that would be
// written are looked at by what opens models, settings that no key can tell are
// refused, and so are weights that the new type cannot hold. Weights of 8-bit
// floats are read with their scales.
//
// Nothing is held in memory but the vocabulary: a tensor is views of mapped
// files, converted in pieces while it is written.
package convert
