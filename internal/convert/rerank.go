package convert

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/querent-ai/chord/gguf"
	"github.com/querent-ai/chord/internal/safetensors"
)

// rankPooling is the number of the pooling of rerankers.
const rankPooling = 4

// classifies reports whether the model has a classification head.
func classifies(c *config) bool {
	return strings.HasSuffix(c.first("architectures"), "ForSequenceClassification")
}

// classifierKeys returns the pooling and the labels of a classification head.
func classifierKeys(arch string, c *config) []gguf.KV {
	if !classifies(c) {
		return nil
	}
	out := []gguf.KV{{Key: arch + ".pooling_type", Value: uint32(rankPooling)}}
	byID := c.object("id2label").values
	ids := make([]int, 0, len(byID))
	for s := range byID {
		id, ok := index(s)
		if !ok {
			c.fail("id2label", "%.40q, want the number of a label", s)
			return nil
		}
		ids = append(ids, id)
	}
	sort.Ints(ids)
	var labels []string
	for _, id := range ids {
		labels = append(labels, fmt.Sprint(byID[strconv.Itoa(id)]))
	}
	if labels != nil {
		out = append(out, gguf.KV{Key: arch + ".classifier.output_labels", Value: labels})
	}
	return out
}

// pools reports whether a tensor is of the pooler of a model whose classifier takes
// the pooler's output. Other models have a pooler that nothing uses.
func (b *builder) pools(s string) bool {
	return b.c.first("architectures") == "BertForSequenceClassification" && strings.Contains(s, "pooler.dense.")
}

// robertaKeys returns the keys of a RoBERTa: its first positions are of padding.
func robertaKeys(arch string, c *config) []gguf.KV {
	if c.values["lora_adaptations"] != nil {
		c.fail("lora_adaptations", "a model with adapters for tasks: merge one of them first")
	}
	n, _ := c.count(nContext)
	if n <= padded(c) {
		c.fail("max_position_embeddings", "%d, the first %d of them are of padding", n, padded(c))
	}
	return append(classifierKeys(arch, c), gguf.KV{Key: arch + ".context_length", Value: uint32(max(n-padded(c), 0))})
}

// padded returns the number of positions that no token has.
func padded(c *config) int {
	n, ok := number(c.values["pad_token_id"])
	if !ok || n < 0 || n >= maxTokens {
		return 2
	}
	return int(n) + 1
}

// cutPositions leaves out the positions of padding.
func cutPositions(b *builder, n name, src *safetensors.Tensor) (bool, error) {
	if n.part != "embeddings.position_embeddings" || len(src.Shape) != 2 {
		return false, nil
	}
	cut := padded(b.c)
	if src.Shape[0] <= cut {
		return false, fmt.Errorf("convert: tensor %q: shape %v, the first %d positions are of padding", src.Name, src.Shape, cut)
	}
	v := whole(src)
	v.rows, v.first = v.rows-cut, cut*v.cols
	return true, b.add(n.in("position_embd"), []int{src.Shape[0] - cut, src.Shape[1]}, v)
}

// rerankAnswers are the answers of a Qwen3 reranker and their labels.
var rerankAnswers = []string{"yes", "no"}

// rerankTemplate is how a Qwen3 reranker is asked, from its model card.
const rerankTemplate = "<|im_start|>system\n" +
	"Judge whether the Document meets the requirements based on the Query and the Instruct provided. " +
	"Note that the answer can only be \"yes\" or \"no\".<|im_end|>\n<|im_start|>user\n" +
	"<Instruct>: Given a web search query, retrieve relevant passages that answer the query\n" +
	"<Query>: {query}\n<Document>: {document}<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"

// isReranker reports whether the folder has a Qwen3 reranker. Its config.json is
// that of any Qwen3, so that the model's name must say it: that of the folder, or
// the title of README.md.
func (r *reading) isReranker(name string) bool {
	if r.f.arch != "qwen3" {
		return false
	}
	const title = "qwen3-reranker"
	readme, _ := readFile(r.dir, "README.md")
	return strings.Contains(strings.ToLower(strings.ReplaceAll(name, " ", "-")), title) ||
		strings.Contains(strings.ToLower(string(readme)), "# "+title)
}

// reranker adds the keys of a Qwen3 reranker and finds its answers.
func (r *reading) reranker(v *vocab) error {
	for _, answer := range rerankAnswers {
		id := slices.Index(v.tokens, answer)
		if id < 0 {
			return fmt.Errorf("convert: a reranker whose vocabulary has no %q", answer)
		}
		r.answers = append(r.answers, id)
	}
	v.more = setKey(v.more, r.f.arch+".pooling_type", uint32(rankPooling))
	v.more = append(v.more, gguf.KV{Key: r.f.arch + ".classifier.output_labels", Value: rerankAnswers})
	v.more = setKey(v.more, "tokenizer.chat_template.rerank", rerankTemplate)
	return nil
}

// addHead adds the rows of a reranker's answers, and the projections of an
// embedder.
func (b *builder) addHead() error {
	for _, x := range b.dense {
		if err := b.add(x.Name, x.Shape, whole(x)); err != nil {
			return err
		}
	}
	if b.answers == nil {
		return nil
	}
	for _, s := range []string{"lm_head.weight", "model.embed_tokens.weight", "embed_tokens.weight"} {
		x := b.model[s]
		if x == nil || s == "lm_head.weight" && b.c.flag("tie_word_embeddings") {
			continue
		}
		if len(x.Shape) != 2 || slices.Max(b.answers) >= x.Shape[0] {
			return fmt.Errorf("convert: tensor %q: shape %v, want a row for each token", s, x.Shape)
		}
		v := whole(x)
		v.rows, v.row = len(b.answers), func(r int) int { return b.answers[r] }
		return b.add("cls.output.weight", []int{len(b.answers), x.Shape[1]}, v)
	}
	return fmt.Errorf("convert: a reranker without a token embedding")
}
