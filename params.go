package chord

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/querent-ai/chord/grammar"
	"github.com/querent-ai/chord/internal/chat"
	"github.com/querent-ai/chord/internal/constrain"
	"github.com/querent-ai/chord/internal/generate"
	"github.com/querent-ai/chord/sample"
)

// Special values of fields of [Params].
const (
	Greedy = sample.Greedy // Temperature: always the likeliest token
	Off    = sample.Off    // TopK, TopP, MinP, TypicalP: keep everything
)

// Params say how text is generated. The zero value samples as llama.cpp does by
// default, until the model ends the text. In Go 0 means the default; in JSON a 0
// that is present is a 0.
//
// Several goroutines may use the same Params at once.
type Params struct {
	// Temperature divides the logits: lower values make likely tokens likelier.
	// 0 means 0.8; [Greedy] takes the likeliest token, after bias and penalties.
	Temperature float32 `json:"temperature,omitempty"`
	// TopK keeps the K likeliest tokens. 0 means 40, [Off] keeps all.
	TopK int `json:"top_k,omitempty"`
	// TopP keeps the fewest tokens whose probabilities add up to TopP or more,
	// in (0, 1]. 0 means 0.95; 1 or [Off] keeps all.
	TopP float32 `json:"top_p,omitempty"`
	// MinP keeps tokens at least MinP times as likely as the likeliest, in
	// (0, 1]. 0 means 0.05, [Off] keeps all.
	MinP float32 `json:"min_p,omitempty"`
	// TypicalP keeps the tokens whose information content is nearest to the
	// entropy, up to a total probability of TypicalP, in (0, 1]. 0, 1 and [Off]
	// keep all.
	TypicalP float32 `json:"typical_p,omitempty"`
	// TopNSigma keeps the tokens whose logits are at most TopNSigma standard
	// deviations below the highest. 0 and [Off] keep all.
	TopNSigma float32 `json:"top_n_sigma,omitempty"`
	// XTCProbability is the chance, for each token, that all tokens with
	// probabilities of XTCThreshold or more are removed but the least likely of
	// them, in [0, 1]. 0 removes none.
	XTCProbability float32 `json:"xtc_probability,omitempty"`
	// XTCThreshold is the threshold of XTC, in [0, 1]. 0 means 0.1; above 0.5
	// nothing is removed.
	XTCThreshold float32 `json:"xtc_threshold,omitempty"`
	// MinKeep is the minimum number of tokens that typical-p, top-p, min-p and XTC
	// each keep. 0 means 1.
	MinKeep int `json:"min_keep,omitempty"`
	// DynatempRange lets the temperature depend on the entropy of the tokens that
	// are left: from Temperature − DynatempRange, but not below 0, to Temperature +
	// DynatempRange. 0 keeps it constant.
	DynatempRange float32 `json:"dynatemp_range,omitempty"`
	// DynatempExponent is the exponent of the entropy, relative to the highest
	// possible, for DynatempRange. 0 means 1.
	DynatempExponent float32 `json:"dynatemp_exponent,omitempty"`
	// RepeatPenalty divides the positive logits of recent tokens and multiplies
	// the negative ones, > 0. 0 and 1 change nothing.
	RepeatPenalty float32 `json:"repeat_penalty,omitempty"`
	// FrequencyPenalty is subtracted from a recent token's logit once for each
	// of its occurrences. 0 changes nothing; negative encourages.
	FrequencyPenalty float32 `json:"frequency_penalty,omitempty"`
	// PresencePenalty is subtracted from a recent token's logit once.
	PresencePenalty float32 `json:"presence_penalty,omitempty"`
	// RepeatLastN is how many of the last tokens are recent for the penalties. 0
	// means 64, -1 all.
	RepeatLastN int `json:"repeat_last_n,omitempty"`
	// DRYMultiplier lowers the logit of a token that would continue a repetition of
	// n ≥ DRYAllowedLength tokens by DRYMultiplier·DRYBase^(n − DRYAllowedLength).
	// 0 changes nothing.
	DRYMultiplier float32 `json:"dry_multiplier,omitempty"`
	// DRYBase is the base of DRY, ≥ 1. 0 means 1.75, [Off] switches DRY off.
	DRYBase float32 `json:"dry_base,omitempty"`
	// DRYAllowedLength is the length of the shortest repetition that DRY sees. 0
	// means 2, [Off] no tokens.
	DRYAllowedLength int `json:"dry_allowed_length,omitempty"`
	// DRYPenaltyLastN is the number of last tokens in which DRY looks for
	// repetitions. 0 means 64, -1 all.
	DRYPenaltyLastN int `json:"dry_penalty_last_n,omitempty"`
	// DRYSequenceBreakers are strings over which no repetition reaches, of at most
	// 40 bytes each. nil means "\n", ":", "\"" and "*", an empty list none.
	DRYSequenceBreakers []string `json:"dry_sequence_breakers,omitzero"`
	// Mirostat keeps the surprise −log₂ p of the tokens near MirostatTau, by
	// version 1 or 2 of the method. Of the other stages only Temperature, LogitBias
	// and MinTokens then have an effect, as in llama.cpp. 0 is off.
	Mirostat int `json:"mirostat,omitempty"`
	// MirostatTau is the surprise wanted, in bits. 0 means 5.
	MirostatTau float32 `json:"mirostat_tau,omitempty"`
	// MirostatEta is the learning rate of mirostat. 0 means 0.1.
	MirostatEta float32 `json:"mirostat_eta,omitempty"`
	// AdaptiveTarget makes adaptive-p choose the token: one with a probability near
	// AdaptiveTarget, in (0, 1]. 0 and [Off] choose by the probabilities.
	AdaptiveTarget float32 `json:"adaptive_target,omitempty"`
	// AdaptiveDecay is the weight of a token for adaptive-p relative to that of the
	// next one, in (0, 0.99]. 0 means 0.9.
	AdaptiveDecay float32 `json:"adaptive_decay,omitempty"`
	// LogitBias is added to the logits of these tokens before the stages; -Inf
	// forbids a token, +Inf forces it.
	LogitBias map[int32]float32 `json:"logit_bias,omitempty"`
	// Seed seeds the random choice of tokens. 0 and -1 draw a random seed.
	Seed int64 `json:"seed,omitempty"`

	// Samplers are the sampling stages in order, by llama.cpp's names; those not
	// listed are off. nil means penalties, dry, top_n_sigma, top_k, typ_p, top_p,
	// min_p, xtc, temperature, adaptive_p.
	Samplers []string `json:"samplers,omitzero"`
	// MinTokens is the number of tokens before which the text does not end: until
	// then the end-of-generation tokens, StopTokens and control tokens of Stop are
	// forbidden, unless no other token is allowed.
	MinTokens int `json:"min_tokens,omitempty"`
	// Grammar constrains the text: tokens that it does not allow are never
	// sampled, and the text ends only where the grammar lets it.
	Grammar *grammar.Grammar `json:"-"`
	// BannedStrings are not in the text, however it is cut into tokens: at most 256 of
	// 1 to 256 bytes. Where one is complete, the text goes back to the token that it
	// begins in, or to the first that has not been given out, and another token is
	// drawn there. Text that may be the beginning of one is held back. A stop string
	// that is complete first ends the text. It is an error if every token that may
	// come would complete one.
	BannedStrings []string `json:"banned_strings,omitempty"`
	// Processor, if not nil, changes the logits before the stages. It is called
	// by the goroutine that ranges over Generate.
	Processor Processor `json:"-"`
	// Progress, if not nil, is called while a long prompt is computed, with its
	// tokens that are done, cached ones among them, and all of them. It is called by
	// the goroutine that ranges over Generate.
	Progress func(done, total int) `json:"-"`
	// Adapters change the matrices of the model for this text, one after the
	// other. A [Session] keeps its own if they are nil, and else has them from
	// then on; an empty list is none.
	Adapters []AdapterScale `json:"-"`
	// Lookup is the maximum number of tokens to draft by n-gram lookup in the text,
	// for speculative decoding: texts that repeat themselves are generated
	// faster, and every text is the same as without it. Drafts that do not pay
	// are not made, nor any by models with recurrent layers, for which a wrong one
	// costs too much. 0 means none.
	Lookup int `json:"lookup,omitempty"`
	// DraftMax is the maximum number of tokens that Options.Draft drafts at a time;
	// fewer are drafted where that pays. 0 means 15, which is the maximum; -1 none.
	DraftMax int `json:"draft_max,omitempty"`
	// DraftMin drops drafts of Options.Draft with fewer tokens.
	DraftMin int `json:"draft_min,omitempty"`
	// DraftPMin ends a draft before a token that Options.Draft gives a smaller
	// probability, in [0, 1]. 0 decides by how often such tokens were right.
	DraftPMin float32 `json:"draft_p_min,omitempty"`

	// MaxTokens is the maximum number of tokens to generate. 0 and -1 mean no
	// limit but the context.
	MaxTokens int `json:"max_tokens,omitempty"`
	// Stop strings end the text before the first complete one. Text that may be
	// the beginning of one is held back until that is decided. The name of a
	// control token, such as "<|im_end|>", ends the text at that token.
	Stop []string `json:"stop,omitempty"`
	// StopTokens end the text as the end-of-generation tokens of the vocabulary do.
	StopTokens []int32 `json:"stop_token_ids,omitempty"`
	// IgnoreEOS forbids the end-of-generation tokens instead of ending at them. A
	// Grammar still ends the text.
	IgnoreEOS bool `json:"ignore_eos,omitempty"`
	// Logprobs is the number of likeliest tokens to report for each token, with
	// their log probabilities. 0 means none.
	Logprobs int `json:"logprobs,omitempty"`
	// PostSamplingProbs takes these probabilities after all stages of sampling
	// instead of before. Tokens that a stage removed are not among them.
	PostSamplingProbs bool `json:"post_sampling_probs,omitempty"`
	// Receipt asks for [Result.Receipt], with which [Model.Verify] proves that the
	// model generated the text. It costs a hash of the logits for each token.
	Receipt bool `json:"receipt,omitempty"`
	// Priority weighs this text against others that wait: each step up doubles
	// its share of the model, and the cache of a lower one is dropped first. 0 is
	// normal. A [Session] keeps it for what it reads until the next text.
	Priority int `json:"priority,omitempty"`

	// NoBOS leaves out the BOS token before the prompt.
	NoBOS bool `json:"no_bos,omitempty"`
	// NoParseSpecial treats names of control tokens in the prompt as text.
	NoParseSpecial bool `json:"no_parse_special,omitempty"`
}

// A Processor changes logits.
type Processor interface {
	// Process may change logits, (vocabulary,), of the token that follows tokens,
	// the prompt and the answer so far. It must not change tokens, nor keep
	// either slice. A panic reaches only the caller of Generate.
	Process(tokens []int32, logits []float32)
}

// maxLogprobs bounds Params.Logprobs.
const maxLogprobs = 1000

// UnmarshalJSON sets the fields present in b. A present 0 is a 0: temperature 0 is
// [Greedy], top_k 0 is [Off], seed 0 is a seed. Absent fields keep their values.
func (p *Params) UnmarshalJSON(b []byte) error {
	type plain Params
	if err := json.Unmarshal(b, (*plain)(p)); err != nil {
		return err
	}
	var present map[string]json.RawMessage
	if err := json.Unmarshal(b, &present); err != nil {
		return err
	}
	sampling := p.sampling()
	literal := reflect.ValueOf(sampling.Literal())
	for _, f := range sample.Fields() {
		for key, value := range present {
			if strings.EqualFold(key, f.JSON) && string(value) != "null" {
				reflect.ValueOf(p).Elem().FieldByName(f.Name).Set(literal.FieldByName(f.Name))
			}
		}
	}
	return nil
}

// samplingFields are the indices in Params of the fields of sample.Params.
var samplingFields = func() (index []int) {
	for want := range reflect.TypeFor[sample.Params]().Fields() {
		f, ok := reflect.TypeFor[Params]().FieldByName(want.Name)
		if !ok || f.Tag != want.Tag {
			panic("chord: Params." + want.Name + " is not as in package sample")
		}
		index = append(index, f.Index[0])
	}
	return index
}()

// sampling returns the parameters of package sample.
func (p *Params) sampling() (s sample.Params) {
	to, from := reflect.ValueOf(&s).Elem(), reflect.ValueOf(p).Elem()
	for i, field := range samplingFields {
		to.Field(i).Set(from.Field(field))
	}
	return s
}

// texts returns the parameters of package generate.
func (p *Params) texts() *generate.Params {
	return &generate.Params{
		Sampling: p.sampling(), Grammar: p.Grammar, BannedStrings: p.BannedStrings, Processor: p.Processor, Progress: p.Progress,
		MaxTokens: p.MaxTokens, Stop: p.Stop, StopTokens: p.StopTokens, IgnoreEOS: p.IgnoreEOS,
		Logprobs: p.Logprobs, PostSamplingProbs: p.PostSamplingProbs, Priority: p.Priority,
		Lookup: p.Lookup, DraftMax: p.DraftMax, DraftMin: p.DraftMin, DraftPMin: p.DraftPMin,
	}
}

// check returns an error that names the first invalid field, for a vocabulary of
// vocab tokens.
func (p *Params) check(vocab int) error {
	switch {
	case p.MaxTokens < -1:
		return invalid("Params.MaxTokens", "%d, want 0 or -1 (no limit) or more", p.MaxTokens)
	case p.Logprobs < 0 || p.Logprobs > maxLogprobs:
		return invalid("Params.Logprobs", "%d, want 0 to %d", p.Logprobs, maxLogprobs)
	case p.Lookup < 0:
		return invalid("Params.Lookup", "%d, want 0 or more", p.Lookup)
	case p.DraftMax < -1:
		return invalid("Params.DraftMax", "%d, want 0 (15), -1 (none) or more", p.DraftMax)
	case p.DraftMin < 0:
		return invalid("Params.DraftMin", "%d, want 0 or more", p.DraftMin)
	case !(p.DraftPMin >= 0 && p.DraftPMin <= 1):
		return invalid("Params.DraftPMin", "%g, want 0 to 1", p.DraftPMin)
	}
	if i := slices.Index(p.Stop, ""); i >= 0 {
		return invalid(fmt.Sprintf("Params.Stop[%d]", i), "empty")
	}
	if err := constrain.CheckBanned(p.BannedStrings); err != nil {
		return failed(err)
	}
	for i, id := range p.StopTokens {
		if id < 0 || int(id) >= vocab {
			return invalid(fmt.Sprintf("Params.StopTokens[%d]", i), "token %d, the vocabulary has %d", id, vocab)
		}
	}
	return failed(p.sampling().Check(vocab))
}

// ChatParams say how a chat is answered.
type ChatParams struct {
	Params
	// Tools are the tools that the model may call. A template without support for
	// tools gets a system message that explains them.
	Tools []Tool `json:"tools,omitempty"`
	// ToolChoice is "auto" or "": the model calls tools as it likes; "none", which
	// hides Tools; "required": the answer is one or more calls; or the name of the
	// tool that the answer calls. Calls are constrained to the schemas of their
	// tools, with "auto" as soon as one begins; [Result.Relaxed] says what of a
	// schema is not enforced. JSON may have OpenAI's object instead of a name.
	ToolChoice string `json:"tool_choice,omitempty"`
	// ParallelToolCalls says whether an answer may have several calls. nil means
	// true, where the template knows how to write them.
	ParallelToolCalls *bool `json:"parallel_tool_calls,omitempty"`
	// EnableThinking switches reasoning on or off, by the template's own switch, or
	// off by an empty block of reasoning in the prompt. nil leaves it to the
	// template.
	EnableThinking *bool `json:"enable_thinking,omitempty"`
	// ReasoningBudget is the maximum number of tokens of reasoning: it is ended
	// there and the answer begins. nil and negative numbers mean no limit.
	ReasoningBudget *int `json:"reasoning_budget,omitempty"`
	// ReasoningFormat is "auto", "deepseek" or "": reasoning is told apart from
	// the content; or "none": it stays in the content as the model writes it.
	ReasoningFormat string `json:"reasoning_format,omitempty"`
	// MaxToolRounds is how often [Model.Reply] runs tools and lets the model go
	// on. 0 means 16.
	MaxToolRounds int `json:"max_tool_rounds,omitempty"`
	// Vars are more variables for the template, such as enable_thinking and
	// reasoning_effort. Variables not set are undefined in the template.
	Vars map[string]any `json:"chat_template_kwargs,omitempty"`
	// TrustContent lets names of control tokens in messages, tools and Vars
	// become control tokens. Without it they stay text.
	TrustContent bool `json:"trust_content,omitempty"`
	// Now is the date for templates that print it. The zero time means the
	// current time.
	Now time.Time `json:"-"`
	// Trim, if not nil, shortens a chat that is longer than the context, for
	// instance by dropping its oldest messages. It is called with its own result
	// until the chat fits; if the chat does not get shorter, the error is
	// [ErrContextFull], as without Trim.
	Trim func([]Message) []Message `json:"-"`
}

// UnmarshalJSON sets the fields present in b; see [Params.UnmarshalJSON].
func (p *ChatParams) UnmarshalJSON(b []byte) error {
	if err := p.Params.UnmarshalJSON(b); err != nil {
		return err
	}
	rest := struct {
		Tools        *[]Tool         `json:"tools"`
		ToolChoice   *toolChoice     `json:"tool_choice"`
		Parallel     **bool          `json:"parallel_tool_calls"`
		Thinking     **bool          `json:"enable_thinking"`
		Budget       **int           `json:"reasoning_budget"`
		Format       *string         `json:"reasoning_format"`
		ToolRounds   *int            `json:"max_tool_rounds"`
		Vars         *map[string]any `json:"chat_template_kwargs"`
		TrustContent *bool           `json:"trust_content"`
	}{&p.Tools, (*toolChoice)(&p.ToolChoice), &p.ParallelToolCalls, &p.EnableThinking, &p.ReasoningBudget, &p.ReasoningFormat,
		&p.MaxToolRounds, &p.Vars, &p.TrustContent}
	return json.Unmarshal(b, &rest)
}

// A toolChoice is ChatParams.ToolChoice in OpenAI's JSON.
type toolChoice string

// UnmarshalJSON reads a text, or an object with the name of a function.
func (c *toolChoice) UnmarshalJSON(b []byte) error {
	if b[0] != '{' {
		return json.Unmarshal(b, (*string)(c))
	}
	var in struct {
		Type, Name string
		Function   struct{ Name string }
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	name := cmp.Or(in.Function.Name, in.Name)
	if in.Type != "function" || name == "" {
		return fmt.Errorf("tool_choice of type %q, want a function with a name", in.Type)
	}
	*c = toolChoice(name)
	return nil
}

// tools returns the tools that the model is told of.
func (p *ChatParams) tools() []Tool {
	if p.ToolChoice == "none" {
		return nil
	}
	return p.Tools
}

// checkChat returns an error that names the first invalid field of p itself.
func (p *ChatParams) checkChat() error {
	switch {
	case p.MaxToolRounds < 0:
		return invalid("ChatParams.MaxToolRounds", "%d, want 0 (%d) or more", p.MaxToolRounds, toolRounds)
	case !slices.Contains([]string{"", "auto", "deepseek", "none"}, p.ReasoningFormat):
		return invalid("ChatParams.ReasoningFormat", "%q, want auto, deepseek or none", p.ReasoningFormat)
	}
	for i, t := range p.Tools {
		field := fmt.Sprintf("ChatParams.Tools[%d].Name", i)
		if !chat.IsName(t.Name) {
			return invalid(field, "%q, want at most %d letters, digits and _-.:/", t.Name, chat.MaxName)
		}
		if p.tool(t.Name) != &p.Tools[i] {
			return invalid(field, "%q is the name of two tools", t.Name)
		}
	}
	switch p.ToolChoice {
	case "", "auto", "none":
		return nil
	case "required":
		if len(p.Tools) == 0 {
			return invalid("ChatParams.ToolChoice", "required, but there are no Tools")
		}
	default:
		if p.tool(p.ToolChoice) == nil {
			return invalid("ChatParams.ToolChoice", "%q, want auto, none, required or the name of a tool", p.ToolChoice)
		}
	}
	if p.Grammar != nil {
		return invalid("ChatParams.ToolChoice", "%q, but a Grammar says what the answer is", p.ToolChoice)
	}
	return nil
}

// tool returns the tool with the given name, nil if there is none.
func (p *ChatParams) tool(name string) *Tool {
	if i := slices.IndexFunc(p.Tools, func(t Tool) bool { return t.Name == name }); i >= 0 {
		return &p.Tools[i]
	}
	return nil
}

// vars returns the variables for the template.
func (p *ChatParams) vars() map[string]any {
	if p.EnableThinking == nil {
		return p.Vars
	}
	vars := map[string]any{"enable_thinking": *p.EnableThinking, "thinking": *p.EnableThinking}
	maps.Copy(vars, p.Vars)
	return vars
}

// must reports whether the answer has to be calls.
func (p *ChatParams) must() bool {
	return !slices.Contains([]string{"", "auto", "none"}, p.ToolChoice)
}
