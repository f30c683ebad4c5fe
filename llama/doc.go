// Package llama is the transformer: configuration, weights, KV cache, and the
// forward pass over a batch of tokens from many sequences.
//
//	x = token_embd[id]
//	for each layer:
//		x += attn_output · attention(RoPE(attn_q · n), RoPE(attn_k · n), attn_v · n)   with n = RMSNorm(x)
//		x += ffn_down · (SiLU(ffn_gate · n) * ffn_up · n)                              with n = RMSNorm(x)
//	logits = output · RMSNorm(x)
//
// The logits of a token depend on the model, the tokens before it in its
// sequence and the type of the KV cache, and on nothing else: neither the
// number of threads, nor the other tokens of the batch, nor the machine changes
// a bit.
//
// Read the files in this order:
//
//	config.go, family.go       the hyperparameters, and how the architectures differ
//	weights.go                 the tensors
//	forward.go                 the forward pass, as the formulas above have it
//	attention.go, rope.go      attention, and the angles of RoPE; sections.go, shared_kv.go, gate.go: its variants
//	mla.go, mla_pass.go        attention with keys and values of low rank
//	router.go, experts.go      mixtures of experts: the router and the products
//	perlayer.go, streams*.go   embeddings that a token has in every layer; several residual streams
//	linear.go, rows.go         products with matrices; norms, additions, activations
//	lora_pass.go               what LoRA adapters add to the products
//	pass.go, batch.go          the buffers of a forward pass; checks of a batch
//	cache.go                   where keys and values lie in the pages of the KV cache
//	llama.go                   Model: Load, Close
//	load.go, load_tensors.go   from a file's tensors to weights, layer by layer
//	memory.go                  the memory of repacked matrices
//	config_layers.go, keys.go  from a file's keys to the configuration
//	lora.go, lora_load.go      LoRA adapters, and how they are read
//	lora_file.go               the directory of an adapter's file
//	pack.go                    files whose matrices are repacked already
package llama
