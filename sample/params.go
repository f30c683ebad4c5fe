package sample

// Off switches a stage of the chain off. Zero means the default, so that the zero
// value of Params is a good choice.
const Off = -1

// Greedy is the Temperature that always takes the most likely token.
const Greedy = Off

// Params says how tokens are picked. The zero value is llama.cpp's default chain
// with a random seed. In every field 0 means the default and [Off] (-1) switches
// the stage off, if it can be off. A program whose users may write 0 and mean it
// (a flag --temp 0, a JSON "top_k": 0) starts from [Defaults], lets them set
// fields, and calls [Params.Literal].
//
// [Fields] has the fields, their defaults, ranges and flags as a table.
type Params struct {
	// Samplers are the stages in their order, by llama.cpp's names: penalties,
	// dry, top_n_sigma, top_k, typ_p, top_p, min_p, xtc, temperature, adaptive_p,
	// and those of [Config]. Stages that are not listed are off. nil means the
	// default order, which is the one above; adaptive_p picks the token and is
	// the last wherever it is listed.
	Samplers []string `json:"samplers,omitzero"`

	// Temperature divides the logits: a higher temperature gives more varied
	// text. 0 means 0.8. Greedy (-1) takes the highest logit after bias,
	// penalties, DRY and the caller's own stages, of equal ones the lowest id,
	// and skips the rest of the chain.
	Temperature float32 `json:"temperature,omitempty"`
	// DynatempRange d makes the temperature depend on the entropy H of the n
	// candidates: from max(0, Temperature − d) to Temperature + d, in proportion
	// to (H / ln n)^DynatempExponent. 0 keeps it as it is.
	DynatempRange float32 `json:"dynatemp_range,omitempty"`
	// DynatempExponent is the exponent of dynamic temperature, ≥ 0. 0 means 1.
	DynatempExponent float32 `json:"dynatemp_exponent,omitempty"`
	// TopK keeps the K highest logits. 0 means 40, Off keeps all.
	TopK int `json:"top_k,omitempty"`
	// TopP keeps the most likely tokens, as few as have probabilities that add
	// up to TopP or more, in (0, 1]. 0 means 0.95; 1 or Off keeps all.
	TopP float32 `json:"top_p,omitempty"`
	// MinP keeps tokens at least MinP times as likely as the best, in (0, 1].
	// 0 means 0.05, Off keeps all.
	MinP float32 `json:"min_p,omitempty"`
	// TypicalP keeps the tokens whose information −ln p is nearest to the
	// entropy, until their probabilities add up to more than TypicalP, in
	// (0, 1]. 0, 1 and Off keep all.
	TypicalP float32 `json:"typical_p,omitempty"`
	// TopNSigma keeps the logits that are at most TopNSigma standard deviations
	// below the highest. 0 and Off keep all.
	TopNSigma float32 `json:"top_n_sigma,omitempty"`
	// XTCProbability is the chance, for each token, that all tokens with
	// probabilities of XTCThreshold or more are removed but the least likely of
	// them, in [0, 1]. 0 removes none.
	XTCProbability float32 `json:"xtc_probability,omitempty"`
	// XTCThreshold is the threshold of XTC, in [0, 1]. 0 means 0.1; above 0.5
	// nothing is removed.
	XTCThreshold float32 `json:"xtc_threshold,omitempty"`
	// MinKeep is the least tokens that typical-p, top-p, min-p and XTC each keep.
	// 0 means 1.
	MinKeep int `json:"min_keep,omitempty"`

	// RepeatPenalty divides the positive logits of recent tokens and multiplies
	// the negative ones, > 0. 0 and 1 change nothing.
	RepeatPenalty float32 `json:"repeat_penalty,omitempty"`
	// FrequencyPenalty is subtracted from a recent token's logit once for each
	// of its occurrences. 0 changes nothing; negative encourages.
	FrequencyPenalty float32 `json:"frequency_penalty,omitempty"`
	// PresencePenalty is subtracted from a recent token's logit once.
	// 0 changes nothing; negative encourages.
	PresencePenalty float32 `json:"presence_penalty,omitempty"`
	// RepeatLastN is the number of recent tokens for the three penalties.
	// 0 means 64, -1 the whole sequence.
	RepeatLastN int `json:"repeat_last_n,omitempty"`

	// DRYMultiplier lowers the logit of a token that would continue a repetition
	// of n ≥ DRYAllowedLength tokens by
	// DRYMultiplier·DRYBase^(n − DRYAllowedLength). 0 changes nothing.
	DRYMultiplier float32 `json:"dry_multiplier,omitempty"`
	// DRYBase is the base of DRY, ≥ 1. 0 means 1.75, Off switches DRY off.
	DRYBase float32 `json:"dry_base,omitempty"`
	// DRYAllowedLength is the shortest repetition that DRY sees. 0 means 2,
	// Off (-1) no tokens.
	DRYAllowedLength int `json:"dry_allowed_length,omitempty"`
	// DRYPenaltyLastN is the number of recent tokens in which DRY looks for
	// repetitions. 0 means 64, -1 the whole sequence.
	DRYPenaltyLastN int `json:"dry_penalty_last_n,omitempty"`
	// DRYSequenceBreakers are strings over which no repetition reaches, of at
	// most 40 bytes each. nil means "\n", ":", "\"" and "*"; a list without
	// elements means none. They have an effect as [Config] Breakers.
	DRYSequenceBreakers []string `json:"dry_sequence_breakers,omitzero"`

	// Mirostat picks tokens so that their surprise −log₂ p stays near MirostatTau,
	// by version 1 or 2 of the method. Of the other parameters only Temperature,
	// without its range, LogitBias, MinTokens and Seed then count, as in
	// llama.cpp. 0 is off.
	Mirostat int `json:"mirostat,omitempty"`
	// MirostatTau is the surprise wanted, in bits, > 0. 0 means 5.
	MirostatTau float32 `json:"mirostat_tau,omitempty"`
	// MirostatEta is how fast mirostat learns, > 0. 0 means 0.1.
	MirostatEta float32 `json:"mirostat_eta,omitempty"`
	// AdaptiveTarget makes adaptive-p pick the token: with a probability near
	// AdaptiveTarget, in (0, 1]. 0 and Off leave it to the probabilities.
	AdaptiveTarget float32 `json:"adaptive_target,omitempty"`
	// AdaptiveDecay is how much adaptive-p counts a token less than the one after
	// it, in (0, 0.99]. 0 means 0.9.
	AdaptiveDecay float32 `json:"adaptive_decay,omitempty"`

	// LogitBias is added to the logits of its ids before the other stages. -Inf
	// forbids a token, +Inf forces it. Sample ignores ids outside the
	// vocabulary; Check reports them.
	LogitBias map[int32]float32 `json:"logit_bias,omitempty"`
	// MinTokens is the number of tokens before which the text does not end: until
	// then [Config] EndTokens are forbidden, unless no other token is allowed.
	MinTokens int `json:"min_tokens,omitempty"`

	// Seed makes the choices repeatable. 0 and -1 mean a random seed.
	Seed int64 `json:"seed,omitempty"`
}
