package llama

import (
	"maps"
	"slices"
)

// A family says how an architecture differs from llama, whose entry is empty.
// What a file may or may not have (biases, norms of queries and keys, fused
// matrices, tied output) is told by its tensors, not here.
type family struct {
	rope   ropeKind
	norm   normKind
	act    actKind
	gate   gateKind
	qkNorm qkNormKind

	encoder   bool   // every token sees the whole sequence, norms come after additions, and there are no logits
	noPreNorm bool   // attention and feed-forward network take the stream as it is
	postNorm  bool   // what they give is normed before it is added
	ffnNorm   string // name of the norm before the network, if not ffn_norm; "attn_norm": it takes what attention took

	scaledEmbd bool // embeddings are multiplied by √Dim
	learnedPos bool // position_embd is added to the embeddings
	scales     bool // embedding_scale, residual_scale and attention.scale; logit_scale divides
	logitScale bool // logit_scale multiplies

	windowEvery    int     // every Nth layer sees all positions, the others a sliding window of attention.sliding_window; 0: no windows
	window         int     // the window if the file does not say
	windowRopeBase float64 // their rope.freq_base if the file does not say; 0: that of all layers
	plainWindow    bool    // they rotate without scaling
	ropeInWindow   bool    // only they rotate
	noRopeEvery    int     // every Nth layer does not rotate

	wideLayers int // models of so many layers scale queries by 1/√(Dim/Heads)
	experts    expertKind
	splitFF    bool // feed_forward_length is that of the chosen experts together, if the file has no other
}

// A ropeKind says which elements of a head turn together.
type ropeKind uint8

const (
	ropePairs  ropeKind = iota // 2i and 2i+1
	ropeHalves                 // i and i + RopeDim/2
	ropeNone                   // nothing turns
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
)

// A gateKind says where the gate of a feed-forward network is.
type gateKind uint8

const (
	gateApart gateKind = iota // ffn_gate
	gateInUp                  // the first half of ffn_up's rows
	gateNone                  // there is none: down(act(up))
)

// A qkNormKind says whether queries and keys are normed.
type qkNormKind uint8

const (
	qkNormNone  qkNormKind = iota
	qkNormHeads            // head by head
	qkNormAll              // all heads as one vector
	qkNormMaybe            // head by head, each with its own weights, if the file has them
)

// An expertKind says how a mixture weighs the experts that it has chosen.
type expertKind uint8

const (
	expertsSumToOne  expertKind = iota // softmax over all, chosen ones scaled to 1
	expertsAsTheyAre                   // softmax over all
	expertsSoftmax                     // softmax over the chosen ones
)

// families are the architectures that are known, each by its differences.
var families = map[string]family{
	"llama":      {},
	"mistral3":   {},
	"granite":    {scales: true},
	"granitemoe": {scales: true},
	"smollm3":    {noRopeEvery: 4},
	"deepseek":   {experts: expertsAsTheyAre},
	"glm4":       {gate: gateInUp, postNorm: true},
	"cohere2":    {norm: normLayer, ffnNorm: "attn_norm", logitScale: true, windowEvery: 4, ropeInWindow: true},

	"phi3":       {rope: ropeHalves, gate: gateInUp},
	"qwen2":      {rope: ropeHalves},
	"qwen2moe":   {rope: ropeHalves, experts: expertsAsTheyAre, splitFF: true},
	"qwen3":      {rope: ropeHalves, qkNorm: qkNormHeads},
	"qwen3moe":   {rope: ropeHalves, qkNorm: qkNormHeads, splitFF: true},
	"olmo2":      {rope: ropeHalves, qkNorm: qkNormAll, noPreNorm: true, postNorm: true, windowEvery: 4, plainWindow: true},
	"olmoe":      {rope: ropeHalves, qkNorm: qkNormAll, experts: expertsAsTheyAre},
	"gemma":      {rope: ropeHalves, act: actGELU, scaledEmbd: true},
	"gemma2":     {rope: ropeHalves, act: actGELU, scaledEmbd: true, postNorm: true, windowEvery: 2, window: 4096, wideLayers: 46},
	"gemma3":     {rope: ropeHalves, act: actGELU, scaledEmbd: true, postNorm: true, windowEvery: 6, windowRopeBase: 10000, plainWindow: true, qkNorm: qkNormHeads, wideLayers: 62},
	"gpt-oss":    {rope: ropeHalves, act: actSwiGLUOAI, ffnNorm: "post_attention_norm", windowEvery: 2, experts: expertsSoftmax},
	"stablelm":   {rope: ropeHalves, norm: normLayer, qkNorm: qkNormMaybe},
	"starcoder2": {rope: ropeHalves, norm: normLayer, act: actGELU, gate: gateNone},

	"gpt2":       {rope: ropeNone, norm: normLayer, act: actGELU, gate: gateNone, learnedPos: true},
	"bert":       {rope: ropeNone, norm: normLayer, act: actGELU, gate: gateNone, learnedPos: true, encoder: true, noPreNorm: true},
	"nomic-bert": {rope: ropeHalves, norm: normLayer, encoder: true, noPreNorm: true},
}

// Architectures returns the values of general.architecture that are known.
func Architectures() []string { return slices.Sorted(maps.Keys(families)) }
