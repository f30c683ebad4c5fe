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
	form        form // where the template does not show it
	fixed       bool // form holds whatever the template shows
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
	{"Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]"},
}

// frames are marks around content.
var frames = []string{"<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>"}

// syntaxes are the formats of calls, in the order in which templates are tested for
// them.
var syntaxes = []syntax{
	{mark: "<seed:tool_call>", open: "<seed:tool_call>", close: "</seed:tool_call>", head: headTagged, calls: tagged, form: xmlForm("<seed:tool_call>", "</seed:tool_call>", "")},
	{mark: "<minimax:tool_call>", open: "<minimax:tool_call>", close: "</minimax:tool_call>", head: headText, calls: invoke, form: minimaxForm},
	{mark: "<use_mcp_tool>", open: "<use_mcp_tool>", close: "</use_mcp_tool>", head: headText, calls: mcp, form: mcpForm, fixed: true},
	{mark: `Action:\n` + "```json", open: "Action:", close: "```", head: headFence, calls: listed, form: actionForm, fixed: true},
	{mark: "'role': 'function call'", open: gigaOpen, head: headJSON, calls: listed, form: form{call: gigaOpen + `{"name": "` + slotName + `", "arguments": ` + slotArgs + `}`, alone: true}, fixed: true},
	{mark: "<arg_key>", open: "<tool_call>", close: "</tool_call>", head: headKeys, calls: keys, form: glmForm},
	{mark: "<tool_call>", open: "<tool_call>", close: "</tool_call>", head: headTagged, calls: tagged, form: builtinForm},
	{mark: "<tool_calls>[", open: "<tool_calls>", close: "</tool_calls>", head: headJSON, calls: listed, form: jsonForm("<tool_calls>[", ", ", "]</tool_calls>", "arguments")},
	{mark: "<TOOLCALL>", open: "<TOOLCALL>", close: "</TOOLCALL>", head: headJSON, calls: listed, form: jsonForm("<TOOLCALL>[", ", ", "]</TOOLCALL>", "arguments")},
	{mark: "<function=", open: "<function=", close: "</function>", head: headTag, calls: function, form: form{call: "<function=" + slotName + ">" + slotArgs + "</function>"}},
	{mark: `<param name="`, open: "<function name=", close: "</function>", head: headText, calls: params, form: paramForm, fixed: true},
	{mark: "<|python_tag|>", open: "<|python_tag|>", head: headEither, calls: python},
	{mark: `{"name": function name, "parameters"`, close: ";", head: headBare, calls: bare, form: form{call: `{"name": "` + slotName + `", "parameters": ` + slotArgs + `}`, alone: true}},
	{mark: "[TOOL_CALLS]", open: "[TOOL_CALLS]", head: headName, calls: mistral, form: form{call: "[TOOL_CALLS]" + slotName + "[ARGS]" + slotArgs}},
	{mark: "<|tool_call|>", open: "<|tool_call|>", close: "<|/tool_call|>", head: headJSON, calls: listed, form: jsonForm("<|tool_call|>[", ", ", "]", "arguments")},
	{mark: "<|tool_call>", open: "<|tool_call>", close: "<tool_call|>", head: headText, calls: gemma(`<|"|>`), form: gemmaForm("<|tool_call>", "<tool_call|>", `<|"|>`), fixed: true},
	{mark: "<start_function_call>", open: "<start_function_call>", close: "<end_function_call>", head: headText, calls: gemma("<escape>"), form: gemmaForm("<start_function_call>", "<end_function_call>", "<escape>"), fixed: true},
	{mark: "<|START_ACTION|>", open: "<|START_ACTION|>", close: "<|END_ACTION|>", head: headJSON, calls: listed, form: cohereForm},
	{mark: "<|tools_prefix|>", open: "<|tools_prefix|>", close: "<|tools_suffix|>", head: headJSON, calls: keyed, form: form{begin: "<|tools_prefix|>[", call: `{"` + slotName + `": ` + slotArgs + `}`, sep: ", ", end: "]<|tools_suffix|>"}},
	{mark: "<|function_call|>", open: "<|function_call|>", head: headJSON, calls: listed, form: form{call: `<|function_call|>{"name": "` + slotName + `", "arguments": ` + slotArgs + `}`, alone: true}},
	{mark: "functools", open: "functools", head: headJSON, calls: listed, form: jsonForm("functools[", ", ", "]", "arguments"), fixed: true},
	{mark: "<｜tool▁calls▁begin｜>", open: "<｜tool▁calls▁begin｜>", close: "<｜tool▁calls▁end｜>", head: headText, calls: deepseek, form: deepseekForm},
	{mark: "<|tool_calls_section_begin|>", open: "<|tool_calls_section_begin|>", close: "<|tool_calls_section_end|>", head: headText, calls: kimi, form: kimiForm, fixed: true},
	{mark: "<|tool_list_start|>", open: "<|tool_call_start|>", close: "<|tool_call_end|>", head: headText, calls: pythonic, form: lfmForm, fixed: true},
	{mark: "List of tools: [", open: "<|tool_call_start|>", close: "<|tool_call_end|>", head: headText, calls: pythonic, form: lfmForm, fixed: true},
	{mark: "｜DSML｜", open: "<｜DSML｜function_calls>", close: "</｜DSML｜function_calls>", head: headText, calls: dsml, form: dsmlForm("function_calls")},
	{mark: "｜DSML｜", open: "<｜DSML｜tool_calls>", close: "</｜DSML｜tool_calls>", head: headText, calls: dsml, form: dsmlForm("tool_calls")},
}

// speechOf returns the output format for a template with the given source.
func speechOf(source string) speech {
	var s speech
	if strings.Contains(source, "<|start|>") && strings.Contains(source, "<|message|>") {
		s.harmony = true
		return s
	}
	for _, m := range thoughts {
		if s.think.open == "" && (strings.Contains(source, m.open) || strings.Contains(source, m.close)) {
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
		s.syntaxes = []syntax{{mark: recipient, open: recipient, head: headRecipient, calls: recipientCall, fixed: true, form: form{call: slotName + "\n" + slotArgs, sep: recipient}}}
		s.always = []syntax{{mark: recipient, open: recipient, head: headAll}}
		return s
	}
	for _, y := range syntaxes {
		if strings.Contains(source, y.mark) {
			s.syntaxes = append(s.syntaxes, y)
		}
	}
	return s
}

// explained lets the format be the one that is explained to the model.
func (s *speech) explained() {
	for i := range s.syntaxes {
		if y := &s.syntaxes[i]; y.form.call != "" && y.form.args.style == asObject && y.open != "" {
			return
		}
	}
	if !s.harmony && !s.recipients {
		s.syntaxes = append(s.syntaxes, builtinSyntax)
	}
}

// builtinSyntax is the format for templates that know of no tools.
var builtinSyntax = syntax{mark: "<tool_call>", open: "<tool_call>", close: "</tool_call>", head: headTagged, calls: tagged, form: builtinForm}
