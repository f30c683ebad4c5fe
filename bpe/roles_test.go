package bpe

import (
	"slices"
	"testing"
)

// TestRoles requires that the names of tokens give them their roles, whatever type
// they have in the file.
func TestRoles(t *testing.T) {
	for _, c := range []struct {
		name                  string
		tokens                []string // after the 256 bytes, of type Normal
		eog, control, defined []string
	}{
		{"nothing", []string{"hello"}, nil, nil, nil},
		{"Llama 3", []string{"<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|begin_of_text|>"},
			[]string{"<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"}, nil, nil},
		{"Qwen", []string{"<|im_start|>", "<|im_end|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"},
			[]string{"<|im_end|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"},
			[]string{"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"}, nil},
		{"DeepSeek", []string{"<｜end▁of▁sentence｜>", "<｜fim▁hole｜>"}, []string{"<｜end▁of▁sentence｜>"}, []string{"<｜fim▁hole｜>"}, nil},
		{"gpt-oss", []string{"<|return|>", "<|call|>", "<|end|>", "<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"},
			[]string{"<|return|>", "<|call|>"}, nil, []string{"<|end|>", "<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"}},
		{"Solar", []string{"<|flush|>", "<|calls|>", "<|end|>"}, []string{"<|flush|>", "<|calls|>"}, nil, []string{"<|end|>"}},
		{"Phi", []string{"<|end|>"}, []string{"<|end|>"}, nil, nil},
		{"Gemma 4", []string{"<|tool_response>", "</s>", "<turn|>"}, []string{"<|tool_response>", "<turn|>"}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := small(t)
			v.Tokens = append(slices.Clone(v.Tokens[:256]), c.tokens...)
			v.Types, v.Merges, v.BOS, v.EOS = nil, nil, -1, -1
			tok := must(t, v)
			for i, text := range c.tokens {
				id := int32(256 + i)
				eog, defined := slices.Contains(c.eog, text), slices.Contains(c.defined, text)
				if tok.IsEOG(id) != eog {
					t.Errorf("%s ends a text: %v", text, !eog)
				}
				if control := eog || slices.Contains(c.control, text); tok.IsControl(id) != control {
					t.Errorf("%s is a control token: %v", text, !control)
				}
				if (tok.types[id] == UserDefined) != defined {
					t.Errorf("%s is user-defined: %v", text, !defined)
				}
			}
		})
	}
}

// TestFileRoles requires that ids of the file end a text too, and that the file's
// ids have precedence over names.
func TestFileRoles(t *testing.T) {
	v := small(t)
	v.EOS, v.EOT, v.EOM, v.EOG = 'a', 'b', 'c', []int32{'d', 'a', 'e'}
	tok := must(t, v)
	for _, id := range []int32{'a', 'b', 'c', 'd', 'e', 263, 264} {
		if !tok.IsEOG(id) {
			t.Errorf("%q does not end a text", tok.Token(id))
		}
	}
	if tok.EOT() != 'b' || tok.EOS() != 'a' {
		t.Errorf("EOT %d, EOS %d", tok.EOT(), tok.EOS())
	}
}
