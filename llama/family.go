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

	sections sectionKind
	alibi    alibiKind
	outGate  outGateKind

	encoder   bool // an embedder: every token sees the whole sequence, no logits
	parallel  parallelKind
	noPreNorm bool   // no norm before attention and the feed-forward network; in an encoder norms follow the additions
	postNorm  bool   // a norm after each of them, before the addition
	lastNorm  string // name of the last norm; "": output_norm
	ffnNorm   string // name of the norm before the feed-forward network; "": ffn_norm; "attn_norm": the network takes attention's input

	bareNorms     bool // queries and keys that RoPE rotates are normed without weights, unless there are 128 experts
	embdNorm      bool // token_embd_norm; the first layer may have no attn_norm
	actByKey      bool // hidden_activation names the activation
	fixedScales   bool // MiniCPM 3's factors of embeddings, residual additions and logits, whatever the file says
	scaleDefaults bool // embedding_scale, residual_scale and logit_scale have MiniCPM's defaults
	normAfterRope bool // queries and keys are normed after RoPE
	plainNorms    bool // norms have no weights
	subNorms      bool // attn_sub_norm and ffn_sub_norm: norms before the last matrix of attention and of the network
	ropeDense     bool // the layers before the first mixture use RoPE in any case
	scaledEmbd    bool // embeddings are multiplied by √Dim
	learnedPos    bool // position_embd is added to the embeddings
	scales        bool // embedding_scale, residual_scale and attention.scale; logit_scale divides
	logitScale    bool // logit_scale multiplies

	fixedWindow           int     // the window, whatever the file says, unless it says 0
	globalFirst           bool    // the first of globalEvery layers uses full attention, not the last
	chunked               bool    // a window is a chunk: a token sees the tokens of its chunk only
	globalEvery           int     // every Nth layer uses full attention, the others a sliding window of attention.sliding_window; 0: no windows
	defaultWindow         int     // the window if the file has none
	defaultWindowRopeBase float64 // rope.freq_base of layers with a window if the file has none; 0: that of all layers
	unscaledWindow        bool    // layers with a window use RoPE without scaling
	noRopeGlobal          bool    // layers with full attention use no RoPE
	layerNormOnly         bool    // attention.layer_norm_rms_epsilon would make all norms RMS norms, which is not supported
	ropeAlpha             bool    // rope.scaling.alpha raises rope.freq_base
	noRopeEvery           int     // every Nth layer uses no RoPE; 0: all layers use it

	mla          bool // attention has keys and values of low rank
	wholeMLA     bool // the same, with one matrix, attn_kv_b, for the keys and values of all heads
	streams      bool // Gemma 3n: several residual streams, a second way around attention, sparse gates in the first layers
	sharedKV     bool // attention.shared_kv_layers: the last layers use keys and values of earlier ones
	valueNorm    bool // each head of the values is normed, without weights
	keyIsValue   bool // without attn_v the keys before their norm are the values
	unscaledAttn bool // queries are not scaled
	dimScaled    bool // queries are scaled by 1/KeyDim
	clamps       bool // swiglu_clamp_exp and swiglu_clamp_shexp bound SwiGLU
	halfRope     bool // layers without a window rotate half of rope.dimension_count
	halfHidden   bool // feed_forward_length is twice the width of the network
	relative     bool // T5: each head has a bias for the distance of two tokens; the tensors of layers begin with enc., and without a gate the activation is ReLU
	optionalPos  bool // position_embd may be absent
	perLayer     bool // tokens may have embeddings for every layer, and layer_output_scale may multiply the residual stream
	denseExperts bool // a layer with a mixture of experts has a dense network beside it, each with norms of its own

	windowLayers   int   // only models with this number of layers have windows; 0: all
	oneShared      bool  // the shared expert is as wide as the others
	sharedTimes    bool  // expert_shared_feed_forward_length is the width of one of expert_shared_count experts
	sharedHidden   bool  // without expert_shared_feed_forward_length, feed_forward_length is the width of the shared expert
	mixer          Mixer // of layers without attention; 0: all layers have it
	attentionEvery int   // every Nth layer has attention, if the file does not say which
	noAttention    bool  // no layer has attention
	oneBlock       bool  // a layer is a mixer or a feed-forward network, with one norm, attn_norm
	queryGate      bool  // attn_q has a gate of the output in every head
	mambaHeads     bool  // Mamba's channels are in heads with one decay each, their gates and values are in turn, and keys come before time steps
	channelMix     bool  // the feed-forward network is RWKV's channel mix
	groupedValues  bool  // heads of values with the same query and key are neighbours, and ssm_ba has their betas and alphas

	dimScaleLayers int // models with this number of layers scale queries by 1/√(Dim/Heads)
	router         routerKind
	fileRouter     bool // expert_gating_func, expert_weights_norm and groups of experts are as the file says
	moeEvery       bool // layers whose number modulo moe_every_n_layers is 1 have a mixture of experts
	moeByTensor    bool // layers with ffn_gate_inp have a mixture of experts
	sharedHalf     bool // the sum of mixture and shared expert is halved
	moeStep        bool // every interleave_moe_layer_step-th layer has a mixture of experts, the others a dense network
	routerFirst    bool // the router has attention's input before its norm
	sigmoidChoice  bool // experts are chosen by the sigmoids of their logits
	adjugate       bool // groups of experts share a second, small expert, ffn_*_chexps
	weightInput    bool // the router's weight of an expert multiplies its input, not its output
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
	actXIELU             // xIELU, with parameters of each layer
	actReLU              // what is above 0
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
	qkNormNone            qkNormKind = iota
	qkNormPerHead                    // each head, all with the same weights
	qkNormWhole                      // all heads as one vector
	qkNormPerHeadOptional            // each head, all with the same weights, if the file has them
	qkNormOptional                   // each head with its own weights, if the file has them
	qkNormWholeOptional              // all heads as one vector, if the file has the weights
)

// An alibiKind says whether attention scores fall with the distance of the tokens,
// each head with its own slope.
type alibiKind uint8

const (
	alibiNone     alibiKind = iota
	alibiAlways             // with the usual slopes
	alibiByKey              // if attention.max_alibi_bias is not 0
	alibiByLayers           // in models of alibiLayers layers
)

// An outGateKind says how a product of attention's input, attn_gate, gates its output:
// each element, or each head where the matrix has a row for a head.
type outGateKind uint8

const (
	outGateNone     outGateKind = iota
	outGateSigmoid              // by its sigmoid
	outGateOptional             // by its sigmoid, if the file has the matrix
	outGateSoftplus             // by its softplus
)

// A parallelKind says whether attention and the feed-forward network have the same
// input, and their outputs are added to it at once.
type parallelKind uint8

const (
	parallelNone   parallelKind = iota // the network follows; one norm for both makes them parallel too
	parallelByKey                      // if use_parallel_residual is true
	parallelAlways                     // attn_norm_2, if the file has it, is the norm before attention, attn_norm that before the network
)

// A routerKind says how a router weights the experts that it chooses.
type routerKind uint8

const (
	routerNormalized        routerKind = iota // softmax over all experts; the weights of the chosen ones are scaled to a sum of 1
	routerUnnormalized                        // softmax over all experts
	routerTopSoftmax                          // softmax over the chosen experts
	routerSigmoidNormalized                   // the sigmoid of each expert's logit; the weights of the chosen ones are scaled to a sum of 1
	routerSigmoid                             // the sigmoid of each expert's logit
)

// families are the known architectures with their differences from llama.
var families = map[string]family{
	"llama":      {},
	"mistral3":   {},
	"granite":    {scales: true},
	"granitemoe": {scales: true},
	"smollm3":    {noRopeEvery: 4},
	"deepseek":   {router: routerUnnormalized},
	"deepseek2":  {mla: true, router: routerUnnormalized, fileRouter: true},
	"glm4moe":    {rope: ropeHalves, sections: sectionsOptional, qkNorm: qkNormPerHeadOptional, ffnNorm: "post_attention_norm", router: routerSigmoid, fileRouter: true},
	"glm4":       {gate: gateInUp, postNorm: true},
	"cohere2":    {norm: normLayer, ffnNorm: "attn_norm", logitScale: true, globalEvery: 4, noRopeGlobal: true},

	"afmoe":         {rope: ropeHalves, qkNorm: qkNormPerHead, scaledEmbd: true, postNorm: true, outGate: outGateSigmoid, globalEvery: 4, noRopeEvery: 4, router: routerSigmoid, fileRouter: true},
	"apertus":       {rope: ropeHalves, qkNorm: qkNormPerHead, act: actXIELU, gate: gateNone},
	"arcee":         {act: actReLU2, gate: gateNone},
	"bailingmoe2":   {rope: ropeHalves, qkNorm: qkNormPerHead, router: routerUnnormalized, fileRouter: true, sharedTimes: true},
	"bitnet":        {rope: ropeHalves, subNorms: true},
	"cohere2moe":    {norm: normLayer, layerNormOnly: true, ffnNorm: "attn_norm", logitScale: true, globalEvery: 4, globalFirst: true, noRopeGlobal: true, ropeDense: true, router: routerSigmoid, fileRouter: true, sharedHalf: true},
	"command-r":     {norm: normLayer, ffnNorm: "attn_norm", logitScale: true, qkNorm: qkNormOptional},
	"dbrx":          {rope: ropeHalves, norm: normLayer, ffnNorm: "attn_output_norm"},
	"dots1":         {rope: ropeHalves, qkNorm: qkNormPerHead, router: routerUnnormalized, fileRouter: true},
	"ernie4_5-moe":  {moeStep: true},
	"exaone4":       {rope: ropeHalves, qkNorm: qkNormPerHead, noPreNorm: true, postNorm: true, globalEvery: 4, windowLayers: 64, defaultWindow: 4096, noRopeGlobal: true},
	"exaone-moe":    {rope: ropeHalves, qkNorm: qkNormPerHead, globalEvery: 4, noRopeGlobal: true, router: routerUnnormalized, fileRouter: true},
	"falcon":        {rope: ropeHalves, norm: normLayer, act: actGELU, gate: gateNone, parallel: parallelAlways},
	"gptneox":       {rope: ropeHalves, norm: normLayer, act: actGELU, gate: gateNone, parallel: parallelByKey},
	"hunyuan-dense": {ropeAlpha: true, rope: ropeHalves, qkNorm: qkNormPerHead, normAfterRope: true},
	"hunyuan-moe":   {rope: ropeHalves, qkNorm: qkNormPerHead, normAfterRope: true, sharedHidden: true},
	"internlm2":     {},
	"llama4":        {bareNorms: true, normAfterRope: true, globalEvery: 4, defaultWindow: 8192, fixedWindow: 8192, chunked: true, noRopeGlobal: true, router: routerSigmoid, moeStep: true, weightInput: true, oneShared: true},
	"mimo2":         {rope: ropeHalves, globalEvery: 4, defaultWindowRopeBase: 10000, unscaledWindow: true, router: routerSigmoidNormalized, moeByTensor: true},
	"minicpm":       {scales: true, scaleDefaults: true},
	"minimax-m2":    {rope: ropeHalves, qkNorm: qkNormWhole, fileRouter: true},
	"mistral4":      {mla: true, router: routerUnnormalized, fileRouter: true},
	"nemotron":      {rope: ropeHalves, norm: normLayer, act: actReLU2, gate: gateNone},
	"olmo":          {norm: normLayer, plainNorms: true},
	"orion":         {rope: ropeHalves, norm: normLayer},
	"phi2":          {rope: ropeHalves, norm: normLayer, act: actGELU, gate: gateNone, ffnNorm: "attn_norm"},
	"phimoe":        {rope: ropeHalves},
	"xverse":        {},

	"bailingmoe":     {router: routerUnnormalized, fileRouter: true},
	"baichuan":       {alibi: alibiByLayers},
	"bloom":          {rope: ropeNone, norm: normLayer, act: actGELU, gate: gateNone, embdNorm: true, alibi: alibiAlways},
	"chatglm":        {gate: gateInUp},
	"codeshell":      {rope: ropeHalves, norm: normLayer, act: actGELU, gate: gateNone},
	"exaone":         {rope: ropeHalves},
	"grovemoe":       {rope: ropeHalves, qkNorm: qkNormPerHead, splitFFN: true, sigmoidChoice: true, adjugate: true},
	"hy_v3":          {rope: ropeHalves, qkNorm: qkNormPerHead, router: routerSigmoid, fileRouter: true, moeByTensor: true},
	"hunyuan_vl":     {ropeAlpha: true, rope: ropeHalves, sections: sectionsOptional, qkNorm: qkNormPerHead, normAfterRope: true},
	"jais":           {rope: ropeNone, norm: normLayer, alibi: alibiByKey, dimScaled: true},
	"jais2":          {rope: ropeHalves, norm: normLayer, act: actReLU2, gate: gateNone},
	"laguna":         {rope: ropeHalves, qkNorm: qkNormPerHead, globalEvery: 4, globalFirst: true, unscaledWindow: true, outGate: outGateSoftplus, router: routerSigmoid, fileRouter: true, oneShared: true},
	"mellum":         {rope: ropeHalves, qkNorm: qkNormPerHead, globalEvery: 4, unscaledWindow: true, splitFFN: true},
	"maincoder":      {qkNorm: qkNormPerHead, normAfterRope: true},
	"minicpm3":       {rope: ropeHalves, wholeMLA: true, fixedScales: true},
	"mpt":            {rope: ropeNone, norm: normLayer, act: actGELU, gate: gateNone, learnedPos: true, optionalPos: true, alibi: alibiByKey},
	"paddleocr":      {rope: ropeHalves, sections: sectionsInTurn},
	"pangu-embedded": {rope: ropeHalves},
	"plamo":          {rope: ropeHalves, ffnNorm: "attn_norm"},
	"plm":            {wholeMLA: true, act: actReLU2, gate: gateNone},
	"qwen":           {rope: ropeHalves, halfHidden: true},
	"refact":         {rope: ropeNone, alibi: alibiAlways},
	"smallthinker":   {rope: ropeHalves, act: actReLU, globalEvery: 4, globalFirst: true, fixedWindow: 4096, noRopeGlobal: true, fileRouter: true, routerFirst: true},
	"step35":         {rope: ropeHalves, qkNorm: qkNormPerHeadOptional, halfRope: true, clamps: true, globalEvery: 4, defaultWindowRopeBase: 10000, unscaledWindow: true, outGate: outGateOptional, router: routerSigmoid, fileRouter: true, moeByTensor: true},
	"starcoder":      {rope: ropeNone, norm: normLayer, act: actGELU, gate: gateNone, learnedPos: true},

	"phi3":       {rope: ropeHalves, gate: gateInUp},
	"qwen2":      {rope: ropeHalves},
	"qwen2vl":    {rope: ropeHalves, sections: sectionsInTurn},
	"qwen3vl":    {rope: ropeHalves, qkNorm: qkNormPerHead, sections: sectionsThrough},
	"qwen3vlmoe": {rope: ropeHalves, qkNorm: qkNormPerHead, sections: sectionsThrough, splitFFN: true},
	"seed_oss":   {rope: ropeHalves, ffnNorm: "post_attention_norm"},
	"ernie4_5":   {},
	"qwen2moe":   {rope: ropeHalves, router: routerUnnormalized, splitFFN: true},
	"qwen3":      {rope: ropeHalves, qkNorm: qkNormPerHead},
	"qwen3moe":   {rope: ropeHalves, qkNorm: qkNormPerHead, splitFFN: true},
	"olmo2":      {rope: ropeHalves, qkNorm: qkNormWhole, noPreNorm: true, postNorm: true, globalEvery: 4, unscaledWindow: true},
	"openelm":    {rope: ropeHalves, qkNorm: qkNormPerHead},
	"olmoe":      {rope: ropeHalves, qkNorm: qkNormWhole, router: routerUnnormalized},
	"gemma":      {rope: ropeHalves, act: actGELU, scaledEmbd: true},
	"gemma2":     {rope: ropeHalves, act: actGELU, scaledEmbd: true, postNorm: true, globalEvery: 2, defaultWindow: 4096, dimScaleLayers: 46},
	"gemma3":     {rope: ropeHalves, act: actGELU, scaledEmbd: true, postNorm: true, globalEvery: 6, defaultWindowRopeBase: 10000, unscaledWindow: true, qkNorm: qkNormPerHead, dimScaleLayers: 62},
	"gemma3n":    {rope: ropeHalves, act: actGELU, scaledEmbd: true, postNorm: true, globalEvery: 5, defaultWindowRopeBase: 10000, unscaledWindow: true, qkNorm: qkNormPerHead, streams: true, sharedKV: true, valueNorm: true, unscaledAttn: true, perLayer: true},
	"gemma4":     {rope: ropeHalves, act: actGELU, scaledEmbd: true, postNorm: true, globalEvery: 6, defaultWindowRopeBase: 10000, unscaledWindow: true, qkNorm: qkNormPerHead, sharedKV: true, valueNorm: true, keyIsValue: true, unscaledAttn: true, perLayer: true, denseExperts: true},
	"gpt-oss":    {rope: ropeHalves, act: actSwiGLUOAI, ffnNorm: "post_attention_norm", globalEvery: 2, router: routerTopSoftmax},
	"stablelm":   {rope: ropeHalves, norm: normLayer, qkNorm: qkNormOptional},
	"starcoder2": {rope: ropeHalves, norm: normLayer, act: actGELU, gate: gateNone},

	"qwen35":         {rope: ropeHalves, qkNorm: qkNormPerHead, ffnNorm: "post_attention_norm", sections: sectionsThrough, mixer: MixDeltaNet, attentionEvery: 4, queryGate: true},
	"qwen35moe":      {rope: ropeHalves, qkNorm: qkNormPerHead, ffnNorm: "post_attention_norm", sections: sectionsThrough, mixer: MixDeltaNet, attentionEvery: 4, queryGate: true, splitFFN: true},
	"lfm2":           {rope: ropeHalves, qkNorm: qkNormPerHead, mixer: MixShortConv},
	"lfm2moe":        {rope: ropeHalves, qkNorm: qkNormPerHead, mixer: MixShortConv, router: routerSigmoidNormalized},
	"nemotron_h_moe": {rope: ropeNone, act: actReLU2, gate: gateNone, mixer: MixMamba2, oneBlock: true, router: routerSigmoid, fileRouter: true},
	"granitehybrid":  {scales: true, mixer: MixMamba2},
	"falcon-h1":      {rope: ropeHalves, mixer: MixAttentionMamba2},
	"mamba2":         {mixer: MixMamba2, noAttention: true, oneBlock: true},
	"nemotron_h":     {rope: ropeNone, act: actReLU2, gate: gateNone, mixer: MixMamba2, oneBlock: true},
	"qwen3next":      {rope: ropeHalves, sections: sectionsOptional, qkNorm: qkNormPerHead, ffnNorm: "post_attention_norm", mixer: MixDeltaNet, attentionEvery: 4, queryGate: true, splitFFN: true, groupedValues: true},

	"mamba":       {mixer: MixMamba, noAttention: true, oneBlock: true},
	"jamba":       {rope: ropeNone, mixer: MixMamba, router: routerUnnormalized, moeByTensor: true},
	"plamo2":      {rope: ropeHalves, gate: gateInUp, qkNorm: qkNormOptional, postNorm: true, mixer: MixMamba, mambaHeads: true},
	"kimi-linear": {mla: true, mixer: MixKDA, router: routerSigmoidNormalized, fileRouter: true},
	"rwkv7":       {rope: ropeNone, norm: normLayer, act: actReLU2, gate: gateNone, ffnNorm: "attn_norm_2", embdNorm: true, mixer: MixRWKV7, noAttention: true, channelMix: true},
	"arwkv7":      {rope: ropeNone, mixer: MixRWKV7, noAttention: true},

	"gpt2":           {rope: ropeNone, norm: normLayer, act: actGELU, gate: gateNone, learnedPos: true},
	"bert":           {rope: ropeNone, norm: normLayer, act: actGELU, gate: gateNone, learnedPos: true, encoder: true, noPreNorm: true},
	"nomic-bert":     {rope: ropeHalves, norm: normLayer, encoder: true, noPreNorm: true},
	"nomic-bert-moe": {rope: ropeHalves, norm: normLayer, act: actGELU, gate: gateNone, encoder: true, noPreNorm: true, router: routerUnnormalized, moeEvery: true},
	"jina-bert-v2":   {rope: ropeNone, norm: normLayer, act: actGELU, gate: gateByFile, qkNorm: qkNormWholeOptional, alibi: alibiAlways, encoder: true, noPreNorm: true},
	"jina-bert-v3":   {rope: ropeHalves, norm: normLayer, act: actGELU, gate: gateNone, encoder: true, noPreNorm: true},

	"t5encoder":   {rope: ropeNone, act: actGELU, gate: gateByFile, unscaledAttn: true, relative: true, lastNorm: "enc.output_norm", encoder: true},
	"eurobert":    {rope: ropeHalves, encoder: true},
	"llama-embed": {encoder: true},
	"modern-bert": {rope: ropeHalves, norm: normLayer, act: actGELU, actByKey: true, gate: gateInUp, embdNorm: true, globalEvery: 3, globalFirst: true, defaultWindowRopeBase: 10000, unscaledWindow: true, encoder: true},
	"neo-bert":    {gate: gateInUp, lastNorm: "enc.output_norm", encoder: true},

	"gemma-embedding": {rope: ropeHalves, act: actGELU, scaledEmbd: true, postNorm: true, globalEvery: 6, defaultWindowRopeBase: 10000, unscaledWindow: true, qkNorm: qkNormPerHead, encoder: true},
}

// Architectures returns the supported values of general.architecture, sorted.
func Architectures() []string { return slices.Sorted(maps.Keys(families)) }
