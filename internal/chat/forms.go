package chat

// Forms of calls for templates that do not show theirs.
var (
	minimaxForm = form{begin: "<minimax:tool_call>\n", end: "</minimax:tool_call>",
		call: `<invoke name="` + slotName + "\">\n" + slotArgs + "</invoke>\n",
		args: argsForm{style: asTags, keyOpen: `<parameter name="`, textOpen: `">`, valueOpen: `">`, valueClose: "</parameter>\n"}}
	paramForm = form{call: `<function name="` + slotName + `">` + slotArgs + "</function>",
		args: argsForm{style: asTags, keyOpen: `<param name="`, textOpen: `">`, valueOpen: `">`, valueClose: "</param>"}}
	glmForm = form{call: "<tool_call>" + slotName + "\n" + slotArgs + "</tool_call>", sep: "\n",
		args: argsForm{style: asTags, keyOpen: "<arg_key>", textOpen: "</arg_key>\n<arg_value>", valueOpen: "</arg_key>\n<arg_value>", valueClose: "</arg_value>\n"}}
	cohereForm = form{begin: "<|START_ACTION|>[\n    ", sep: ",\n    ", end: "\n]<|END_ACTION|>",
		call: `{"tool_call_id": "` + slotIndex + `", "tool_name": "` + slotName + `", "parameters": ` + slotArgs + "}"}
	deepseekForm = form{begin: "<｜tool▁calls▁begin｜>", sep: "\n", end: "<｜tool▁calls▁end｜>",
		call: "<｜tool▁call▁begin｜>function<｜tool▁sep｜>" + slotName + "\n```json\n" + slotArgs + "\n```<｜tool▁call▁end｜>"}
	kimiForm = form{begin: "<|tool_calls_section_begin|>", end: "<|tool_calls_section_end|>",
		call: "<|tool_call_begin|>functions." + slotName + ":" + slotIndex + "<|tool_call_argument_begin|>" + slotArgs + "<|tool_call_end|>"}
	mcpForm = form{alone: true,
		call: "<use_mcp_tool>\n<server_name>tools</server_name>\n<tool_name>" + slotName + "</tool_name>\n<arguments>\n" + slotArgs + "\n</arguments>\n</use_mcp_tool>"}
	actionForm = form{begin: "Action:\n```json\n[", sep: ", ", end: "]\n```", call: `{"tool_name": "` + slotName + `", "parameters": ` + slotArgs + "}"}
	lfmForm    = form{begin: "<|tool_call_start|>[", sep: ", ", end: "]<|tool_call_end|>",
		call: slotName + "(" + slotArgs + ")", args: argsForm{style: asPython}}
)

// gigaOpen begins a call of GigaChat 3.
const gigaOpen = "<|message_sep|>\n\nfunction call<|role_sep|>\n"

// gemmaForm is the form of calls in braces.
func gemmaForm(open, close, quote string) form {
	return form{call: open + "call:" + slotName + slotArgs + close, args: argsForm{style: asBraces, quote: quote}}
}

// dsmlForm is the form of DeepSeek 3.2 and 4.
func dsmlForm(name string) form {
	return form{begin: "<｜DSML｜" + name + ">\n", end: "</｜DSML｜" + name + ">",
		call: `<｜DSML｜invoke name="` + slotName + "\">\n" + slotArgs + "</｜DSML｜invoke>\n",
		args: argsForm{style: asTags, keyOpen: `<｜DSML｜parameter name="`, textOpen: `" string="true">`, valueOpen: `" string="false">`, valueClose: "</｜DSML｜parameter>\n"}}
}
