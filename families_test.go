package chord

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord/bpe"
	"github.com/querent-ai/chord/internal/fixtures"
	"github.com/querent-ai/chord/llama"
)

// A familyRow is a family of models and what holds it to llama.cpp: the models
// whose logits are compared (zoo/ of the test data, or made in package llama,
// whose TestGolden and TestSynthetic compare them), templates whose renders are
// compared (TestTemplates of internal/jinja, or TestBuiltinTemplates), and
// pre-tokenizers or tokenizer models whose ids are (package bpe).
type familyRow struct {
	name, arch string
	models     []string // zoo files without -F32.gguf; "made:" ones of package llama
	templates  []string // files of templates/jinja without .jinja; "built in:" names
	tokens     []string // values of tokenizer.ggml.pre; "model:" ones of tokenizer.ggml.model
}

var familyRows = []familyRow{
	{"Llama 1, 2, TinyLlama, Mistral", "llama", []string{"llama-gqa", "llama-mha-tied", "llama-headdim", "llama-rope-linear", "made:llama-bias"}, []string{"built in:llama2", "built in:zephyr", "mistralai-Mistral-Nemo-Instruct-2407"}, []string{"model:llama", "tekken"}},
	{"Llama 3, 3.1 to 3.3", "llama", []string{"llama-rope-llama3", "llama-rope-yarn"}, []string{"meta-llama-Llama-3.2-3B-Instruct", "meta-llama-Llama-3.3-70B-Instruct"}, []string{"llama-bpe"}},
	{"Mixtral and other mixtures under llama", "llama", []string{"llama-moe"}, []string{"built in:mistral-v1"}, []string{"model:llama"}},
	{"SmolLM2", "llama", []string{"llama-mha-tied"}, []string{"built in:chatml"}, []string{"smollm"}},
	{"SmolLM3", "smollm3", []string{"made:smollm3"}, []string{"HuggingFaceTB-SmolLM3-3B"}, []string{"llama-bpe"}},
	{"Mistral 3", "mistral3", []string{"made:mistral3"}, []string{"mistralai-Ministral-3-14B-Reasoning-2512"}, []string{"tekken"}},
	{"Qwen 2, 2.5", "qwen2", []string{"qwen2"}, []string{"Qwen-Qwen2.5-7B-Instruct", "Qwen-QwQ-32B"}, []string{"qwen2"}},
	{"Qwen 3", "qwen3", []string{"qwen3"}, []string{"Qwen3-Coder"}, []string{"qwen2"}},
	{"Qwen 1.5, 2 mixtures", "qwen2moe", []string{"qwen2moe"}, []string{"built in:chatml"}, []string{"qwen2"}},
	{"Qwen 3 mixtures", "qwen3moe", []string{"qwen3moe"}, []string{"Qwen3-Coder"}, []string{"qwen2"}},
	{"Qwen 3.5, 3.6", "qwen35", []string{"made:qwen35", "made:qwen35-list"}, []string{"Qwen3.5-4B"}, []string{"qwen35"}},
	{"Qwen 3.5, 3.6 mixtures", "qwen35moe", []string{"made:qwen35moe"}, []string{"Qwen3.5-4B"}, []string{"qwen35"}},
	{"Qwen 3 Next", "qwen3next", []string{"made:qwen3next"}, []string{"Qwen3-Coder"}, []string{"qwen2"}},
	{"Gemma", "gemma", []string{"gemma"}, []string{"built in:gemma"}, []string{"model:llama"}},
	{"Gemma 2", "gemma2", []string{"made:gemma2"}, []string{"google-gemma-2-2b-it"}, []string{"model:llama"}},
	{"Gemma 3", "gemma3", []string{"gemma3"}, []string{"built in:gemma"}, []string{"model:llama"}},
	{"Phi 3, 4", "phi3", []string{"phi3", "phi3-partial-rotary", "phi3-longrope-short", "made:phi3-longrope"}, []string{"built in:phi3", "built in:phi4"}, []string{"model:llama", "dbrx"}},
	{"Granite", "granite", []string{"granite"}, []string{"ibm-granite-granite-3.3-2B-Instruct"}, []string{"refact"}},
	{"Granite mixtures", "granitemoe", []string{"made:granitemoe"}, []string{"ibm-granite-granite-3.3-2B-Instruct"}, []string{"refact"}},
	{"Granite 4 hybrids", "granitehybrid", []string{"made:granitehybrid", "made:granitehybrid-moe"}, []string{"ibm-granite-granite-3.3-2B-Instruct"}, []string{"dbrx"}},
	{"LFM 2", "lfm2", []string{"made:lfm2"}, []string{"LFM2-8B-A1B"}, []string{"lfm2"}},
	{"LFM 2 mixtures", "lfm2moe", []string{"made:lfm2moe"}, []string{"LFM2-8B-A1B"}, []string{"lfm2"}},
	{"Mamba", "mamba", []string{"made:mamba"}, nil, []string{"gpt-2", "olmo"}},
	{"Falcon Mamba", "mamba", []string{"made:falcon-mamba"}, []string{"built in:chatml"}, []string{"falcon"}},
	{"Jamba", "jamba", []string{"made:jamba"}, nil, []string{"model:llama"}},
	{"PLaMo 2", "plamo2", []string{"made:plamo2"}, nil, []string{"model:plamo2"}},
	{"Kimi Linear", "kimi-linear", []string{"made:kimi-linear", "made:kimi-linear-fused"}, []string{"Kimi-K2-Thinking"}, []string{"kimi-k2"}},
	{"RWKV 7", "rwkv7", []string{"made:rwkv7"}, []string{"built in:rwkv-world"}, []string{"model:rwkv"}},
	{"ARWKV 7", "arwkv7", []string{"made:arwkv7"}, []string{"built in:chatml"}, []string{"qwen2"}},
	{"Mamba 2", "mamba2", []string{"made:mamba2"}, nil, []string{"gpt-2"}},
	{"Nemotron-H", "nemotron_h", []string{"made:nemotron_h", "made:nemotron_h-network-last"}, []string{"NVIDIA-Nemotron-3-Nano-30B-A3B-BF16"}, []string{"tekken"}},
	{"Nemotron 3 Nano", "nemotron_h_moe", []string{"made:nemotron_h_moe"}, []string{"NVIDIA-Nemotron-3-Nano-30B-A3B-BF16"}, []string{"tekken"}},
	{"Falcon-H1", "falcon-h1", []string{"made:falcon-h1"}, []string{"built in:chatml"}, []string{"falcon-h1"}},
	{"OLMo 2", "olmo2", []string{"olmo2"}, []string{"built in:chatml"}, []string{"dbrx"}},
	{"OLMo 3", "olmo2", []string{"made:olmo3"}, []string{"built in:chatml"}, []string{"dbrx"}},
	{"OLMoE", "olmoe", []string{"made:olmoe"}, []string{"built in:chatml"}, []string{"olmo"}},
	{"GLM 4", "glm4", []string{"made:glm4"}, []string{"built in:chatglm4"}, []string{"glm4", "chatglm-bpe"}},
	{"Command R7B", "cohere2", []string{"made:cohere2"}, []string{"CohereForAI-c4ai-command-r7b-12-2024-tool_use", "built in:command-r"}, []string{"command-r"}},
	{"gpt-oss", "gpt-oss", []string{"gpt-oss", "made:gpt-oss-sinks"}, []string{"openai-gpt-oss-120b", "built in:gpt-oss"}, []string{"gpt-4o"}},
	{"StarCoder 2", "starcoder2", []string{"starcoder2"}, nil, []string{"starcoder"}},
	{"GPT-2", "gpt2", []string{"gpt2"}, nil, []string{"gpt-2"}},
	{"StableLM 2", "stablelm", []string{"made:stablelm", "made:stablelm-2-12b"}, []string{"built in:chatml"}, []string{"stablelm2"}},
	{"DeepSeek LLM, MoE, R1 distills", "deepseek", []string{"made:deepseek"}, []string{"deepseek-ai-DeepSeek-R1-Distill-Llama-8B.2025-02", "built in:deepseek"}, []string{"deepseek-llm", "deepseek-r1-qwen"}},
	{"Gemma 4", "gemma4", []string{"made:gemma4-e", "made:gemma4-moe"}, []string{"google-gemma-4-31B-it"}, []string{"model:gemma4"}},
	{"Qwen 2 VL, 2.5 VL (text)", "qwen2vl", []string{"made:qwen2vl"}, []string{"built in:chatml"}, []string{"qwen2"}},
	{"Qwen 3 VL (text)", "qwen3vl", []string{"made:qwen3vl"}, []string{"built in:chatml"}, []string{"qwen2"}},
	{"Qwen 3 VL mixtures (text)", "qwen3vlmoe", []string{"made:qwen3vlmoe"}, []string{"built in:chatml"}, []string{"qwen2"}},
	{"GLM 4.5, 4.6, 4.7", "glm4moe", []string{"made:glm4moe", "made:glm4v-moe"}, []string{"GLM-4.7-Flash"}, []string{"glm4"}},
	{"DeepSeek 2, 3, R1, GLM 4.7 Flash, Kimi K2", "deepseek2", []string{"made:deepseek-v3", "made:deepseek-v2-lite", "made:deepseek-v3-old"}, []string{"deepseek-ai-DeepSeek-V3.2", "GLM-4.7-Flash", "Kimi-K2-Thinking"}, []string{"deepseek-llm", "deepseek-v3", "glm4", "kimi-k2"}},
	{"Seed OSS", "seed_oss", []string{"made:seed_oss"}, []string{"ByteDance-Seed-OSS", "built in:seed_oss"}, []string{"seed-coder"}},
	{"EXAONE 4", "exaone4", []string{"made:exaone4", "made:exaone4-32b"}, []string{"built in:exaone4"}, []string{"exaone4"}},
	{"ERNIE 4.5", "ernie4_5", []string{"made:ernie4_5"}, []string{"built in:chatml"}, []string{"model:llama"}},
	{"ERNIE 4.5 mixtures", "ernie4_5-moe", []string{"made:ernie4_5-moe"}, []string{"built in:chatml"}, []string{"model:llama"}},
	{"Hunyuan", "hunyuan-dense", []string{"made:hunyuan-dense"}, []string{"built in:hunyuan-dense"}, []string{"hunyuan-dense"}},
	{"Hunyuan mixtures", "hunyuan-moe", []string{"made:hunyuan-moe"}, []string{"built in:hunyuan-moe"}, []string{"hunyuan"}},
	{"MiniMax M2", "minimax-m2", []string{"made:minimax-m2"}, nil, []string{"minimax-m2"}},
	{"Ling, Ring 2", "bailingmoe2", []string{"made:bailingmoe2"}, []string{"built in:bailing2"}, []string{"bailingmoe2"}},
	{"dots.llm1", "dots1", []string{"made:dots1"}, []string{"built in:chatml"}, []string{"qwen2"}},
	{"Trinity", "afmoe", []string{"made:afmoe"}, nil, []string{"afmoe"}},
	{"Phi 3.5 MoE", "phimoe", []string{"made:phimoe"}, []string{"built in:phi3"}, []string{"model:llama"}},
	{"Phi 2", "phi2", []string{"made:phi2"}, nil, []string{"phi-2"}},
	{"InternLM 2", "internlm2", []string{"made:internlm2"}, []string{"built in:chatml"}, []string{"model:llama"}},
	{"XVERSE", "xverse", []string{"made:xverse"}, nil, []string{"model:llama"}},
	{"Arcee AFM", "arcee", []string{"made:arcee"}, []string{"built in:chatml"}, []string{"llama-bpe"}},
	{"Nemotron, Minitron", "nemotron", []string{"made:nemotron"}, []string{"built in:chatml"}, []string{"model:llama"}},
	{"Orion", "orion", []string{"made:orion"}, []string{"built in:orion"}, []string{"model:llama"}},
	{"OLMo", "olmo", []string{"made:olmo"}, []string{"built in:chatml"}, []string{"olmo"}},
	{"Command R", "command-r", []string{"made:command-r"}, []string{"built in:command-r"}, []string{"command-r"}},
	{"GPT-NeoX, Pythia", "gptneox", []string{"made:gptneox", "made:gptneox-serial"}, nil, []string{"olmo"}},
	{"Falcon", "falcon", []string{"made:falcon", "made:falcon-40b"}, nil, []string{"falcon"}},
	{"Llama 4", "llama4", []string{"made:llama4"}, []string{"built in:llama4"}, []string{"llama4"}},
	{"Mistral 4", "mistral4", []string{"made:mistral4"}, []string{"mistralai-Ministral-3-14B-Reasoning-2512"}, []string{"tekken"}},
	{"DBRX", "dbrx", []string{"made:dbrx"}, []string{"built in:chatml"}, []string{"dbrx"}},
	{"Apertus", "apertus", []string{"made:apertus"}, []string{"Apertus-8B-Instruct"}, []string{"tekken"}},
	{"MiniCPM", "minicpm", []string{"made:minicpm", "made:minicpm-scales"}, []string{"built in:minicpm"}, []string{"model:llama"}},
	{"OpenELM", "openelm", []string{"made:openelm"}, nil, []string{"model:llama"}},
	{"Gemma 3n", "gemma3n", []string{"made:gemma3n"}, []string{"built in:gemma"}, []string{"model:llama"}},
	{"K-EXAONE", "exaone-moe", []string{"made:exaone-moe"}, []string{"built in:exaone-moe"}, []string{"exaone-moe"}},
	{"Command A mixtures", "cohere2moe", []string{"made:cohere2moe"}, []string{"Cohere2MoE"}, []string{"cohere2moe"}},
	{"MiMo V2", "mimo2", []string{"made:mimo2"}, nil, []string{"qwen2"}},
	{"BitNet b1.58", "bitnet", []string{"made:bitnet"}, nil, []string{"model:llama"}},
	{"Baichuan, Baichuan 2", "baichuan", []string{"made:baichuan-7b", "made:baichuan-13b"}, nil, []string{"model:llama"}},
	{"BLOOM", "bloom", []string{"made:bloom"}, nil, []string{"bloom"}},
	{"MPT", "mpt", []string{"made:mpt", "made:mpt-options"}, []string{"built in:chatml"}, []string{"mpt"}},
	{"Jais", "jais", []string{"made:jais"}, nil, []string{"jais"}},
	{"Jais 2", "jais2", []string{"made:jais2"}, nil, []string{"jais-2"}},
	{"Refact", "refact", []string{"made:refact"}, nil, []string{"refact"}},
	{"StarCoder, SantaCoder", "starcoder", []string{"made:starcoder"}, nil, []string{"starcoder"}},
	{"CodeShell", "codeshell", []string{"made:codeshell"}, nil, []string{"codeshell"}},
	{"Qwen", "qwen", []string{"made:qwen"}, []string{"built in:chatml"}, []string{"qwen2"}},
	{"ChatGLM 3, GLM 4 9B", "chatglm", []string{"made:chatglm"}, []string{"built in:chatglm3", "built in:chatglm4"}, []string{"chatglm-bpe", "model:llama"}},
	{"EXAONE 3, 3.5", "exaone", []string{"made:exaone"}, []string{"built in:exaone3"}, []string{"exaone"}},
	{"openPangu Embedded", "pangu-embedded", []string{"made:pangu-embedded"}, []string{"built in:pangu-embedded"}, []string{"model:llama"}},
	{"Maincoder", "maincoder", []string{"made:maincoder"}, []string{"built in:chatml"}, []string{"qwen2"}},
	{"PaddleOCR VL (text)", "paddleocr", []string{"made:paddleocr"}, nil, []string{"model:llama"}},
	{"Hunyuan VL, OCR (text)", "hunyuan_vl", []string{"made:hunyuan_vl"}, []string{"built in:hunyuan-vl"}, []string{"hunyuan-dense"}},
	{"PLM", "plm", []string{"made:plm"}, []string{"built in:chatml"}, []string{"qwen2"}},
	{"MiniCPM 3", "minicpm3", []string{"made:minicpm3"}, []string{"built in:chatml"}, []string{"model:llama"}},
	{"SmallThinker", "smallthinker", []string{"made:smallthinker", "made:smallthinker-full"}, []string{"built in:chatml"}, []string{"qwen2"}},
	{"GroveMoE", "grovemoe", []string{"made:grovemoe"}, []string{"built in:chatml"}, []string{"qwen2"}},
	{"Step 3.5", "step35", []string{"made:step35"}, nil, []string{"deepseek-v3"}},
	{"Laguna", "laguna", []string{"made:laguna", "made:laguna-m"}, nil, []string{"laguna"}},
	{"Mellum 2", "mellum", []string{"made:mellum"}, nil, []string{"mellum2"}},
	{"Ling", "bailingmoe", []string{"made:bailingmoe"}, []string{"built in:bailing"}, []string{"bailingmoe"}},
	{"Hunyuan 3", "hy_v3", []string{"made:hy_v3"}, nil, []string{"hunyuan"}},
	{"PLaMo", "plamo", []string{"made:plamo"}, nil, []string{"model:llama"}},
	{"T5 encoders", "t5encoder", []string{"made:t5encoder", "made:t5encoder-gate"}, nil, []string{"model:t5"}},
	{"Qwen3 Embedding, Reranker", "qwen3", []string{"qwen3", "made:qwen3-rank"}, nil, []string{"qwen2"}},
	{"BERT embedders", "bert", []string{"made:bert"}, nil, []string{"model:bert"}},
	{"BGE M3, BGE rerankers", "bert", []string{"made:bert-rank"}, nil, []string{"model:bert", "model:t5"}},
	{"Nomic Embed", "nomic-bert", []string{"made:nomic-bert"}, nil, []string{"model:bert"}},
	{"Jina Embeddings 2, Jina Reranker 1", "jina-bert-v2", []string{"made:jina-bert-v2", "made:jina-bert-v2-norms"}, nil, []string{"model:bert", "jina-v1-en", "jina-v2-de"}},
	{"Jina Embeddings 3", "jina-bert-v3", []string{"made:jina-bert-v3"}, nil, []string{"model:t5"}},
	{"EmbeddingGemma", "gemma-embedding", []string{"made:gemma-embedding"}, nil, []string{"model:llama"}},
	{"ModernBERT, Granite Embedding R2", "modern-bert", []string{"made:modern-bert", "made:modern-bert-silu"}, nil, []string{"modern-bert"}},
	{"EuroBERT", "eurobert", []string{"made:eurobert"}, nil, []string{"llama-bpe"}},
	{"NeoBERT", "neo-bert", []string{"made:neo-bert"}, nil, []string{"model:bert"}},
	{"Llama Embed", "llama-embed", []string{"made:llama-embed"}, nil, []string{"llama-bpe"}},
	{"Nomic Embed 2", "nomic-bert-moe", []string{"made:nomic-bert-moe"}, nil, []string{"model:t5"}},
}

// TestFamilies wants what every row names to be there and to be compared, no
// architecture without a row, docs/architectures.md's table to be the rows, and
// README to name them.
func TestFamilies(t *testing.T) {
	archs := map[string]bool{}
	for _, r := range familyRows {
		archs[r.arch] = true
		t.Run(r.name, func(t *testing.T) {
			for _, m := range r.models {
				r.model(t, m)
			}
			for _, name := range r.templates {
				r.template(t, name)
			}
			for _, name := range r.tokens {
				model, isModel := strings.CutPrefix(name, "model:")
				if isModel && !slices.Contains(bpe.Models(), model) || !isModel && !slices.Contains(bpe.PreNames(), name) {
					t.Errorf("no tokenizer %q", name)
				}
			}
		})
	}
	for _, arch := range llama.Architectures() {
		if !archs[arch] {
			t.Errorf("architecture %s has no row", arch)
		}
	}
	page, readme := text(t, "docs/architectures.md"), text(t, "README.md")
	var names []string
	for _, r := range familyRows {
		names = append(names, r.name)
		if !strings.Contains(page, r.line()+"\n") {
			t.Errorf("docs/architectures.md has no row\n%s", r.line())
		}
	}
	for _, want := range []string{strings.Join(names, "; ") + ".\n", fmt.Sprintf("%d architectures", len(archs))} {
		if !strings.Contains(readme, want) {
			t.Errorf("README has no %q", want)
		}
	}
	if want := fmt.Sprintf("knows %d of its values", len(archs)); !strings.Contains(page, want) {
		t.Errorf("docs/architectures.md has no %q", want)
	}
}

// text returns what the file holds, its lines ended by LF.
func text(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

// line is the row of the table.
func (r familyRow) line() string {
	join := func(names []string) string {
		if len(names) == 0 {
			return "none"
		}
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("| %s | `%s` | %s | %s | %s |", r.name, r.arch, join(r.models), join(r.templates), join(r.tokens))
}

// model wants logits to compare with.
func (r familyRow) model(t *testing.T, name string) {
	if name, ok := strings.CutPrefix(name, "made:"); ok {
		made := map[string]any{}
		for _, file := range []string{"made", "embedders", "dense", "hybrid", "older", "newer", "recurrent"} {
			b, err := os.ReadFile("llama/testdata/" + file + ".json")
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(b, &made); err != nil {
				t.Fatal(err)
			}
		}
		if made[name] == nil {
			t.Errorf("no made model %q", name)
		}
		return
	}
	for _, file := range []string{"zoo/" + name + "-F32.gguf", "golden/" + name + "-F32.json"} {
		sharedFile(t, file)
	}
}

// template wants a render to compare with.
func (r familyRow) template(t *testing.T, name string) {
	if name, ok := strings.CutPrefix(name, "built in:"); ok {
		if !slices.Contains(BuiltinTemplates(), name) {
			t.Errorf("no built-in template %q", name)
		}
		return
	}
	sharedFile(t, "templates/jinja/"+name+".jinja")
}

// sharedFile wants a name to be one of the test data.
func sharedFile(t *testing.T, name string) {
	t.Helper()
	if !slices.Contains(fixtures.Names(t, path.Dir(name)+"/*"), name) {
		t.Errorf("no test data %s", name)
	}
}
