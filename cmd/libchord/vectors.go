//go:build cgo

package main

// #include <stddef.h>
import "C"

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"unsafe"

	"github.com/querent-ai/chord"
)

//export goEmbed
func goEmbed(id C.size_t, texts, options *C.char, to *C.float, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		m, err := model(id)
		if err != nil {
			return err
		}
		var list []string
		var o struct {
			chord.EmbedOptions
			LoRA loras `json:"lora"`
		}
		if err := decode("texts", input(texts), &list); err != nil {
			return err
		}
		if err := decode("options", input(options), &o); err != nil {
			return err
		}
		o.Adapters = o.LoRA
		vectors, err := m.Embed(context.Background(), list, o.EmbedOptions)
		if err != nil {
			return err
		}
		return output(slices.Concat(vectors...), unsafe.Pointer(to), capacity, n, 0)
	})
}

//export goRerank
func goRerank(id C.size_t, query, documents *C.char, to *C.float, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		m, err := model(id)
		if err != nil {
			return err
		}
		text, err := needed(query, "query")
		if err != nil {
			return fmt.Errorf("chord_rerank: %w", err)
		}
		var list []string
		if err := decode("documents", input(documents), &list); err != nil {
			return err
		}
		scores, err := m.Rerank(context.Background(), string(text), list)
		if err != nil {
			return err
		}
		return output(scores, unsafe.Pointer(to), capacity, n, 0)
	})
}

// loraOptions are the options of functions that have no others.
type loraOptions struct {
	LoRA loras `json:"lora"`
}

//export goScore
func goScore(id C.size_t, prompt, answers, options *C.char, to *C.double, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		m, err := model(id)
		if err != nil {
			return err
		}
		text, err := needed(prompt, "prompt")
		if err != nil {
			return fmt.Errorf("chord_score: %w", err)
		}
		var list []string
		var o loraOptions
		if err := decode("answers", input(answers), &list); err != nil {
			return err
		}
		if err := decode("options", input(options), &o); err != nil {
			return err
		}
		scores, err := m.Score(context.Background(), string(text), list, o.LoRA...)
		if err != nil {
			return err
		}
		sums := make([]float64, len(scores))
		for i, s := range scores {
			sums[i] = s.Logprob
		}
		return output(sums, unsafe.Pointer(to), capacity, n, 0)
	})
}

//export goLogits
func goLogits(id C.size_t, ids *C.int, count, want C.size_t, options *C.char, to *C.float, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		m, list, o, err := positions(id, ids, count, options)
		if err != nil {
			return fmt.Errorf("chord_logits: %w", err)
		}
		if want > count {
			return fmt.Errorf("chord_logits: %w: want is %d, of %d tokens", chord.ErrInvalid, want, count)
		}
		if need := uint64(want) * uint64(m.Tokenizer().Len()); n != nil && uint64(capacity) < need { // before it is computed
			*n = C.size_t(need)
			return fmt.Errorf("%w: %d elements, want %d", errBuffer, capacity, need)
		}
		var all []float32
		for logits, err := range m.Logits(context.Background(), list, int(want), o.LoRA...) {
			if err != nil {
				return err
			}
			all = append(all, logits...)
		}
		return output(all, unsafe.Pointer(to), capacity, n, 0)
	})
}

//export goLogprobs
func goLogprobs(id C.size_t, ids *C.int, count C.size_t, top C.int, options, to *C.char, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		m, list, o, err := positions(id, ids, count, options)
		if err != nil {
			return fmt.Errorf("chord_logprobs: %w", err)
		}
		all := make([]*tokenJSON, 0, len(list))
		for t, err := range m.Logprobs(context.Background(), list, int(top), o.LoRA...) {
			if err != nil {
				return err
			}
			all = append(all, encodeToken(&t))
		}
		b, err := json.Marshal(all)
		if err != nil {
			return err
		}
		return output(b, unsafe.Pointer(to), capacity, n, 1)
	})
}

// positions returns what functions over tokens are given.
func positions(id C.size_t, ids *C.int, count C.size_t, options *C.char) (*chord.Model, []int32, loraOptions, error) {
	var o loraOptions
	m, err := model(id)
	if err != nil {
		return nil, nil, o, err
	}
	list, err := tokenIDs(ids, count)
	if err != nil {
		return nil, nil, o, err
	}
	return m, slices.Clone(list), o, decode("options", input(options), &o)
}
