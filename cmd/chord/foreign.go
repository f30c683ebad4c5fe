package main

import "strings"

// What becomes of a flag of llama.cpp that chord does not have by that name.
type foreignKind int

const (
	renamed foreignKind = iota // chord has it under another name
	ignored                    // it changes no result: told and left out
	silent                     // chord always does so: left out
	refused                    // it would change results: an error
)

// How a foreign flag's value follows it.
type foreignValue int

const (
	noValue   foreignValue = iota
	oneValue               // the next word
	maybeWord              // the next word if it is one of switchWords
)

// switchWords are the values of flags such as -fa that may lack one.
var switchWords = map[string]bool{"on": true, "off": true, "auto": true, "1": true, "0": true, "-1": true,
	"true": true, "false": true, "enabled": true, "disabled": true}

// A foreignFlag is a flag of llama.cpp, by all its names.
type foreignFlag struct {
	names string // with spaces between
	kind  foreignKind
	value foreignValue
	// text is chord's name of a renamed flag, and why others are ignored or
	// refused.
	text string
}

// Why flags are ignored or refused.
const (
	noGPU     = "chord has no GPU"
	noBatches = "chord computes prompts in batches of its own size"
	noChat    = "chord chat is the conversation"
	noSystem  = "chord run and chord chat have chats"
	noHub     = "chord fetches from Hugging Face (-hf) and from registries by ollama://HOST/NAME"
	noDraft   = "the draft model has the options of the model"
	noRope    = "the file says how positions are scaled; --override-kv can say otherwise"
	noAdapter = "this command takes no adapters"
	noVector  = "chord has no control vectors"
	noAffine  = "the system places chord's threads"
)

// foreignFlags are the flags of llama.cpp's common/arg.cpp and of llama-bench
// that chord has not or has under another name. A command's own flags go
// before them.
var foreignFlags = []foreignFlag{
	{"-ctk", renamed, oneValue, "--cache-type-k"},
	{"-ctv", renamed, oneValue, "--cache-type-v"},
	{"-nr", renamed, noValue, "--no-repack"},
	{"-pg", renamed, oneValue, "--pg"},
	{"-ub", renamed, oneValue, "--ubatch-size"},
	{"-ofreq", renamed, oneValue, "--output-frequency"},
	{"-co", renamed, noValue, "--color=always"},
	{"-md", renamed, oneValue, "--model-draft"},
	{"--draft --draft-n", renamed, oneValue, "--draft-max"},
	{"--draft-n-min", renamed, oneValue, "--draft-min"},

	{"-ngl --gpu-layers --n-gpu-layers", ignored, oneValue, noGPU},
	{"-fa --flash-attn", ignored, maybeWord, "chord's attention is always so"},
	{"-nkvo --no-kv-offload -kvo --kv-offload", ignored, noValue, noGPU},
	{"-sm --split-mode", ignored, oneValue, noGPU},
	{"-ts --tensor-split", ignored, oneValue, noGPU},
	{"-mg --main-gpu", ignored, oneValue, noGPU},
	{"-dev --device", ignored, oneValue, noGPU},
	{"-ot --override-tensor", ignored, oneValue, noGPU},
	{"-cmoe --cpu-moe", ignored, noValue, noGPU},
	{"-ncmoe --n-cpu-moe", ignored, oneValue, noGPU},
	{"-nopo --no-op-offload --op-offload", ignored, noValue, noGPU},
	{"--no-host", ignored, noValue, noGPU},
	{"-fit --fit", ignored, maybeWord, noGPU},
	{"--rpc -rpc", ignored, oneValue, "chord computes on this machine only"},
	{"--mlock", ignored, noValue, "chord locks no memory"},
	{"--no-mmap", ignored, noValue, "chord maps files, and copies what it repacks"},
	{"-mmp", ignored, oneValue, "chord maps files, and copies what it repacks"},
	{"--mmap --repack --warmup --no-warmup", silent, noValue, ""},
	{"--numa", ignored, oneValue, noAffine},
	{"-b --batch-size", ignored, oneValue, noBatches},
	{"-ub --ubatch-size", ignored, oneValue, noBatches},
	{"-np --parallel", ignored, oneValue, "this command computes one text at a time"},
	{"-cb --cont-batching -nocb --no-cont-batching", ignored, noValue, "this command computes one text at a time"},
	{"-kvu --kv-unified -no-kvu --no-kv-unified", ignored, noValue, "this command computes one text at a time"},
	{"-tb --threads-batch", ignored, oneValue, "chord reads and generates with the threads of -t"},
	{"-dt --defrag-thold", ignored, oneValue, "chord's cache needs no order"},
	{"-C --cpu-mask -Cr --cpu-range --cpu-strict", ignored, oneValue, noAffine},
	{"-Cb --cpu-mask-batch -Crb --cpu-range-batch --cpu-strict-batch", ignored, oneValue, noAffine},
	{"--prio --prio-batch --poll --poll-batch", ignored, oneValue, noAffine},
	{"--perf --no-perf", ignored, noValue, "--stats prints the figures"},
	{"-lv --verbosity --log-verbosity --log-file", ignored, oneValue, "chord has no log"},
	{"--log-disable --log-verbose --log-prefix --log-timestamps --log-colors -v --verbose", ignored, noValue, "chord has no log"},
	{"--simple-io", silent, noValue, ""},
	{"-st --single-turn --jinja", silent, noValue, ""},
	{"-no-cnv --no-conversation", renamed, noValue, "--raw"},
	{"-no-cnv --no-conversation", silent, noValue, ""},
	{"-sys", renamed, oneValue, "--system-prompt"},
	{"-sysf", renamed, oneValue, "--system-prompt-file"},
	{"--chat-template-file", renamed, oneValue, "--chat-template"},

	{"-cnv --conversation", refused, noValue, noChat},
	{"-i --interactive -if --interactive-first -mli --multiline-input", refused, noValue, noChat},
	{"-sys --system-prompt -sysf --system-prompt-file --chat-template-file", refused, oneValue, noSystem},
	{"-sp --special", refused, noValue, "chord prints no control tokens"},
	{"-jf", renamed, oneValue, "--json-schema-file"},
	{"-hf -hfr", renamed, oneValue, "--hf-repo"},
	{"-hff", renamed, oneValue, "--hf-file"},
	{"-mu", renamed, oneValue, "--model-url"},
	{"-hft", renamed, oneValue, "--hf-token"},
	{"-dr --docker-repo", refused, oneValue, noHub},
	{"-hfv -hfrv --hf-repo-v -hffv --hf-file-v", refused, oneValue, noHub},
	{"-hfd -hfrd --hf-repo-draft", refused, oneValue, noHub},
	{"-ngld --gpu-layers-draft --n-gpu-layers-draft -devd --device-draft", ignored, oneValue, noGPU},
	{"-td --threads-draft -tbd --threads-batch-draft -cd --ctx-size-draft -ctkd --cache-type-k-draft -ctvd --cache-type-v-draft --draft-p-split", ignored, oneValue, noDraft},
	{"--lora --lora-scaled", refused, oneValue, noAdapter},
	{"--control-vector --control-vector-scaled", refused, oneValue, noVector},
	{"-mm", renamed, oneValue, "--mmproj"},
	{"-mm --mmproj --image", refused, oneValue, "this command reads text only"},
	{"-mmu --mmproj-url", refused, oneValue, "name the file with --mmproj"},
	{"--audio", refused, oneValue, "chord reads texts and pictures"},
	{"--rope-scaling --rope-scale --rope-freq-base --rope-freq-scale", refused, oneValue, noRope},
	{"--yarn-orig-ctx --yarn-ext-factor --yarn-attn-factor --yarn-beta-slow --yarn-beta-fast", refused, oneValue, noRope},
	{"-gan --grp-attn-n -gaw --grp-attn-w", refused, oneValue, noRope},
	{"-bf --binary-file", refused, oneValue, "give the text with -f"},
}

// foreign returns flags of llama.cpp by their names, in the order of
// foreignFlags: -ub is one flag of a bench and another elsewhere.
var foreign = func() map[string][]*foreignFlag {
	m := map[string][]*foreignFlag{}
	for i := range foreignFlags {
		for _, name := range strings.Fields(foreignFlags[i].names) {
			m[name] = append(m[name], &foreignFlags[i])
		}
	}
	return m
}()
