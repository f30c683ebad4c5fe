package chat

import "strings"

// A speech describes the output format of a template's models: how they write
// reasoning and calls of tools.
type speech struct {
	harmony    bool     // channels, as gpt-oss
	recipients bool     // every part names its recipient, as in Functionary 3.2
	think      marks    // around reasoning, at the beginning
	frames     []string // marks to drop
	syntaxes   []syntax // of calls
	always     []syntax // those parsed even without tools
}

// marks are an opening and a closing mark.
type marks struct{ open, close string }

// A syntax is a format of calls.
type syntax struct {
	mark        string // text by which a template with this syntax is recognised
	open, close string // close ends a text body, and may follow a JSON body
	head        func(body []byte) (start int, v verdict)
	calls       func(p *Parser, head, body string) ([]Call, bool)
}

// recipient begins the name of a part's recipient.
const recipient = ">>>"

// thoughts are the marks around reasoning.
var thoughts = []marks{
	{"<think>", "</think>"},
	{"<seed:think>", "</seed:think>"},
	{"[THINK]", "[/THINK]"},
	{"<|START_THINKING|>", "<|END_THINKING|>"},
	{"<|inner_prefix|>", "<|inner_suffix|>"},
	{"<|channel>thought", "<channel|>"},
}

// frames are marks around content.
var frames = []string{"<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>"}

// syntaxes are the formats of calls, in the order in which templates are tested for
// them.
var syntaxes = []syntax{
	{"<seed:tool_call>", "<seed:tool_call>", "</seed:tool_call>", headTagged, tagged},
	{"<arg_key>", "<tool_call>", "</tool_call>", headKeys, keys},
	{"<tool_call>", "<tool_call>", "</tool_call>", headTagged, tagged},
	{"<tool_calls>[", "<tool_calls>", "</tool_calls>", headJSON, listed},
	{"<function=", "<function=", "</function>", headTag, function},
	{"<|python_tag|>", "<|python_tag|>", "", headEither, python},
	{`{"name": function name, "parameters"`, "", ";", headBare, bare},
	{"[TOOL_CALLS]", "[TOOL_CALLS]", "", headName, mistral},
	{"<|tool_call|>", "<|tool_call|>", "", headJSON, listed},
	{"<|tool_call>", "<|tool_call>", "<tool_call|>", headText, gemma},
	{"<|START_ACTION|>", "<|START_ACTION|>", "<|END_ACTION|>", headJSON, listed},
	{"<|tools_prefix|>", "<|tools_prefix|>", "<|tools_suffix|>", headJSON, keyed},
	{"<|function_call|>", "<|function_call|>", "", headJSON, listed},
	{"functools", "functools", "", headJSON, listed},
	{"<｜tool▁calls▁begin｜>", "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", headText, deepseek},
	{"<|tool_calls_section_begin|>", "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", headText, kimi},
	{"｜DSML｜", "<｜DSML｜function_calls>", "</｜DSML｜function_calls>", headText, dsml},
	{"｜DSML｜", "<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>", headText, dsml},
}

// speechOf returns the output format for a template with the given source.
func speechOf(source string) speech {
	var s speech
	if strings.Contains(source, "<|start|>") && strings.Contains(source, "<|message|>") {
		s.harmony = true
		return s
	}
	for _, m := range thoughts {
		if s.think.open == "" && strings.Contains(source, m.open) {
			s.think = m
		}
	}
	for _, f := range frames {
		if strings.Contains(source, f) {
			s.frames = append(s.frames, f)
		}
	}
	if strings.Contains(source, recipient+"all") {
		s.recipients = true
		s.syntaxes = []syntax{{recipient, recipient, "", headRecipient, recipientCall}}
		s.always = []syntax{{recipient, recipient, "", headAll, nil}}
		return s
	}
	for _, y := range syntaxes {
		if strings.Contains(source, y.mark) {
			s.syntaxes = append(s.syntaxes, y)
		}
	}
	return s
}
