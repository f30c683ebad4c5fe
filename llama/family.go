package llama

import (
	"maps"
	"slices"
)

// A family says how an architecture differs from llama, whose entry is empty.
// Optional parts (biases, norms of queries and keys, fused matrices, an output
// matrix of its own) are not listed: the tensors of the file show them.
type family struct {
	rope   ropeKind
	norm   normKind
	act    actKind
	gate   gateKind
	qkNorm qkNormKind

	encoder   bool   // an embedder: every token sees the whole sequence, no logits
	noPreNorm bool   // no norm before attention and the feed-forward network; in an encoder norms follow the additions
	postNorm  bool   // a norm after each of them, before the addition
	ffnNorm   string // name of the norm before the feed-forward network; "": ffn_norm; "attn_norm": the network takes attention's input

	scaledEmbd bool // embeddings are multiplied by √Dim
	learnedPos bool // position_embd is added to the embeddings
	alibi      bool // attention scores fall with the distance of the tokens, each head with its own slope
	scales     bool // embedding_scale, residual_scale and attention.scale; logit_scale divides
	logitScale bool // logit_scale multiplies

	globalEvery           int     // every Nth layer uses full attention, the others a sliding window of attention.sliding_window; 0: no windows
	defaultWindow         int     // the window if the file has none
	defaultWindowRopeBase float64 // rope.freq_base of layers with a window if the file has none; 0: that of all layers
	unscaledWindow        bool    // layers with a window use RoPE without scaling
	noRopeGlobal          bool    // layers with full attention use no RoPE
	noRopeEvery           int     // every Nth layer uses no RoPE; 0: all layers use it

	mixer          Mixer // of layers without attention; 0: all layers have it
	attentionEvery int   // every Nth layer has attention, if the file does not say which
	noAttention    bool  // no layer has attention
	oneBlock       bool  // a layer is a mixer or a feed-forward network, with one norm, attn_norm
	queryGate      bool  // attn_q has a gate of the output in every head
	groupedValues  bool  // heads of values with the same query and key are neighbours, and ssm_ba has their betas and alphas

	dimScaleLayers int // models with this number of layers scale queries by 1/√(Dim/Heads)
	router         routerKind
	splitFFN       bool // without expert_feed_forward_length, feed_forward_length is the width of all chosen experts together
}

// A ropeKind says which elements of a head RoPE rotates as a pair.
type ropeKind uint8

const (
	ropePairs  ropeKind = iota // 2i and 2i+1
	ropeHalves                 // i and i + RopeDim/2
	ropeNone                   // no RoPE
)

// A normKind is a kind of norm.
type normKind uint8

const (
	normRMS   normKind = iota // x / √mean(x²)
	normLayer                 // (x - mean) / √variance
)

// An actKind is the activation of a feed-forward network.
type actKind uint8

const (
	actSiLU      actKind = iota
	actGELU              // with tanh
	actSwiGLUOAI         // gpt-oss: clamped, and up plus one
	actReLU2             // the square of what is above 0
)

// A gateKind says where the gate of a feed-forward network is.
type gateKind uint8

const (
	gateSeparate gateKind = iota // ffn_gate
	gateInUp                     // the first half of ffn_up's rows
	gateNone                     // no gate: down(act(up))
	gateByFile                   // one of the three, as the tensors show
)

// A qkNormKind says how queries and keys are normed.
type qkNormKind uint8

const (
	qkNormNone          qkNormKind = iota
	qkNormPerHead                  // each head, all with the same weights
	qkNormWhole                    // all heads as one vector
	qkNormOptional                 // each head with its own weights, if the file has them
	qkNormWholeOptional            // all heads as one vector, if the file has the weights
)

// A routerKind says how a router weights the experts that it chooses.
type routerKind uint8

const (
	routerNormalized   routerKind = iota // softmax over all experts; the weights of the chosen ones are scaled to a sum of 1
	routerUnnormalized                   // softmax over all experts
	routerTopSoftmax                     // softmax over the chosen experts
)

// families are the known architectures with their differences from llama.
var families = map[string]family{
	"llama":      {},
	"mistral3":   {},
	"granite":    {scales: true},
	"granitemoe": {scales: true},
	"smollm3":    {noRopeEvery: 4},
	"deepseek":   {router: routerUnnormalized},
	"glm4":       {gate: gateInUp, postNorm: true},
	"cohere2":    {norm: normLayer, ffnNorm: "attn_norm", logitScale: true, globalEvery: 4, noRopeGlobal: true},

	"phi3":          {rope: ropeHalves, gate: gateInUp},
	"qwen2":         {rope: ropeHalves},
	"qwen2moe":      {rope: ropeHalves, router: routerUnnormalized, splitFFN: true},
	"qwen3":         {rope: ropeHalves, qkNorm: qkNormPerHead},
	"qwen35":        {rope: ropeHalves, qkNorm: qkNormPerHead, ffnNorm: "post_attention_norm", mixer: MixDeltaNet, attentionEvery: 4, queryGate: true},
	"qwen35moe":     {rope: ropeHalves, qkNorm: qkNormPerHead, ffnNorm: "post_attention_norm", mixer: MixDeltaNet, attentionEvery: 4, queryGate: true, splitFFN: true},
	"lfm2":          {rope: ropeHalves, qkNorm: qkNormPerHead, mixer: MixShortConv},
	"granitehybrid": {scales: true, mixer: MixMamba2},
	"falcon-h1":     {rope: ropeHalves, mixer: MixAttentionMamba2},
	"mamba2":        {mixer: MixMamba2, noAttention: true, oneBlock: true},
	"nemotron_h":    {rope: ropeNone, act: actReLU2, gate: gateNone, mixer: MixMamba2, oneBlock: true},
	"qwen3next":     {rope: ropeHalves, qkNorm: qkNormPerHead, ffnNorm: "post_attention_norm", mixer: MixDeltaNet, attentionEvery: 4, queryGate: true, splitFFN: true, groupedValues: true},
	"qwen3moe":      {rope: ropeHalves, qkNorm: qkNormPerHead, splitFFN: true},
	"olmo2":         {rope: ropeHalves, qkNorm: qkNormWhole, noPreNorm: true, postNorm: true, globalEvery: 4, unscaledWindow: true},
	"olmoe":         {rope: ropeHalves, qkNorm: qkNormWhole, router: routerUnnormalized},
	"gemma":         {rope: ropeHalves, act: actGELU, scaledEmbd: true},
	"gemma2":        {rope: ropeHalves, act: actGELU, scaledEmbd: true, postNorm: true, globalEvery: 2, defaultWindow: 4096, dimScaleLayers: 46},
	"gemma3":        {rope: ropeHalves, act: actGELU, scaledEmbd: true, postNorm: true, globalEvery: 6, defaultWindowRopeBase: 10000, unscaledWindow: true, qkNorm: qkNormPerHead, dimScaleLayers: 62},
	"gpt-oss":       {rope: ropeHalves, act: actSwiGLUOAI, ffnNorm: "post_attention_norm", globalEvery: 2, router: routerTopSoftmax},
	"stablelm":      {rope: ropeHalves, norm: normLayer, qkNorm: qkNormOptional},
	"starcoder2":    {rope: ropeHalves, norm: normLayer, act: actGELU, gate: gateNone},

	"gpt2":         {rope: ropeNone, norm: normLayer, act: actGELU, gate: gateNone, learnedPos: true},
	"bert":         {rope: ropeNone, norm: normLayer, act: actGELU, gate: gateNone, learnedPos: true, encoder: true, noPreNorm: true},
	"nomic-bert":   {rope: ropeHalves, norm: normLayer, encoder: true, noPreNorm: true},
	"jina-bert-v2": {rope: ropeNone, norm: normLayer, act: actGELU, gate: gateByFile, qkNorm: qkNormWholeOptional, alibi: true, encoder: true, noPreNorm: true},
	"jina-bert-v3": {rope: ropeHalves, norm: normLayer, act: actGELU, gate: gateNone, encoder: true, noPreNorm: true},

	"gemma-embedding": {rope: ropeHalves, act: actGELU, scaledEmbd: true, postNorm: true, globalEvery: 6, defaultWindowRopeBase: 10000, unscaledWindow: true, qkNorm: qkNormPerHead, encoder: true},
}

// Architectures returns the supported values of general.architecture, sorted.
func Architectures() []string { return slices.Sorted(maps.Keys(families)) }
