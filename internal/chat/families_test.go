package chat

import (
	"encoding/json"
	"reflect"
	"testing"
)

const (
	clock  = `{"type":"function","function":{"name":"clock","parameters":{"type":"object","properties":{"zone":{"type":"string"}}}}}`
	paint  = `{"type":"function","function":{"name":"paint","parameters":{"type":"object","properties":{"size":{"type":"integer"},"tone":{"enum":["red","blue"]},"spots":{"type":"array"},"base":{"type":"object"},"thin":{"type":"boolean"},"name":{"type":["string","null"]}}}}}`
	writes = `{"type":"function","function":{"name":"script","parameters":{"type":"object","properties":{"code":{"type":"string"}}}}}`
)

// TestFamilies parses what models of the families say, in every split.
func TestFamilies(t *testing.T) {
	tools := []json.RawMessage{json.RawMessage(clock), json.RawMessage(paint), json.RawMessage(writes)}
	c := func(list ...string) (calls []ToolCall) {
		for i := 0; i < len(list); i += 3 {
			id := list[i]
			if id == "" {
				id = (&Parser{}).newID(i / 3)
			}
			calls = append(calls, ToolCall{i / 3, Call{id, list[i+1], list[i+2]}})
		}
		return calls
	}
	for _, k := range []struct {
		name, template, prompt, text, content, reasoning string
		calls                                            []ToolCall
	}{
		{"MiniMax", "<minimax:tool_call><think>", "a<think>\n", "Which zone?\n</think>\n\nWait.\n<minimax:tool_call>\n<invoke name=\"clock\">\n<parameter name=\"zone\">CET</parameter>\n</invoke>\n<invoke name=\"paint\">\n<parameter name=\"size\">3</parameter>\n<parameter name=\"tone\">red</parameter>\n</invoke>\n</minimax:tool_call>", "Wait.", "Which zone?",
			c("", "clock", `{"zone": "CET"}`, "", "paint", `{"size": 3, "tone": "red"}`)},
		{"MiniMax, no arguments", "<minimax:tool_call>", "", "<minimax:tool_call>\n<invoke name=\"clock\">\n</invoke>\n</minimax:tool_call>", "", "", c("", "clock", "{}")},
		{"MiniMax, malformed", "<minimax:tool_call>", "", "<minimax:tool_call>clock</minimax:tool_call>!", "<minimax:tool_call>clock</minimax:tool_call>!", "", nil},
		{"Qwen3-Coder, values of all types", "<tool_call><function=", "", "<tool_call>\n<function=paint>\n<parameter=spots>\n[1, \"a</parameter>\"]\n</parameter>\n<parameter=base>\n{\"k\": null}\n</parameter>\n<parameter=thin>\ntrue\n</parameter>\n<parameter=tone>\nblue\n</parameter>\n<parameter=name>\nnull\n</parameter>\n</function>\n</tool_call>", "", "",
			c("", "paint", `{"spots": [1, "a</parameter>"], "base": {"k": null}, "thin": true, "tone": "blue", "name": null}`)},
		{"Qwen3-Coder, code", "<tool_call><function=", "", "<tool_call>\n<function=script>\n<parameter=code>\ndef f():\n    return \"{\"\n\nf()\n</parameter>\n</function>\n</tool_call>", "", "", c("", "script", `{"code": "def f():\n    return \"{\"\n\nf()"}`)},
		{"MiniCPM 5", "<think><param name=\"", "", "<think>\nhm\n</think>\n\n<function name=\"paint\"><param name=\"name\"><![CDATA[a</param></function>\n&b]]></param><param name=\"spots\">['x', {'k': None}]</param><param name=\"thin\">True</param><param name=\"size\">3</param></function><function name=\"clock\"></function>", "", "hm",
			c("", "paint", `{"name": "a</param></function>\n&b", "spots": ["x", {"k": null}], "thin": true, "size": 3}`, "", "clock", "{}")},
		{"MiniCPM 5, JSON and True of a string", "<param name=\"", "", "Hi<function name=\"clock\"><param name=\"zone\">True</param></function>", "Hi", "", c("", "clock", `{"zone": "True"}`)},
		{"MiniCPM 5, malformed", "<param name=\"", "", "<function name=\"clock\">zone</function>", "<function name=\"clock\">zone</function>", "", nil},
		{"Nemotron 2", "<TOOLCALL>", "", `<TOOLCALL>[{"name": "clock", "arguments": {"zone": "CET"}}, {"name": "clock", "arguments": {}}]</TOOLCALL>`, "", "", c("", "clock", `{"zone": "CET"}`, "", "clock", "{}")},
		{"Phi 4", "<|tool_call|>", "", `<|tool_call|>[{"name": "clock", "arguments": {"zone": "CET"}}]<|/tool_call|>`, "", "", c("", "clock", `{"zone": "CET"}`)},
		{"FunctionGemma", "<start_function_call>", "", "<start_function_call>call:paint{size:3,tone:<escape>red<escape>,spots:[<escape>a, b<escape>,1],base:{k:true}}<end_function_call>", "", "", c("", "paint", `{"size": 3, "tone": "red", "spots": ["a, b", 1], "base": {"k": true}}`)},
		{"Gemma 4, two", "<|tool_call>", "", `<|tool_call>call:clock{}<tool_call|><|tool_call>call:paint{size:-1.5e3,spots:[]}<tool_call|>`, "", "", c("", "clock", "{}", "", "paint", `{"size": -1.5e3, "spots": []}`)},
		{"Gemma 4, thought", "<|tool_call><|channel>thought", "", "<|channel>thought\nhm\n<channel|>Hi", "Hi", "hm", nil},
		{"LFM2", "<|tool_list_start|><think>", "", `<think>hm <|tool_call_start|>[clock()]</think>Let me see.<|tool_call_start|>[clock(zone="C\"E"), paint(size=3, thin=True, spots=['a', 2], base={'k': None})]<|tool_call_end|>`, "Let me see.", "hm <|tool_call_start|>[clock()]",
			c("", "clock", `{"zone": "C\"E"}`, "", "paint", `{"size": 3, "thin": true, "spots": ["a", 2], "base": {"k": null}}`)},
		{"LFM2, JSON", "<|tool_list_start|>", "", `<|tool_call_start|>[{"name": "clock", "arguments": {"zone": "CET"}}]<|tool_call_end|>`, "", "", c("", "clock", `{"zone": "CET"}`)},
		{"LFM2, malformed", "<|tool_list_start|>", "", `<|tool_call_start|>[clock(zone=]<|tool_call_end|>`, `<|tool_call_start|>[clock(zone=]<|tool_call_end|>`, "", nil},
		{"Apriel", "<tool_calls>[Here are my reasoning steps:\n", "Here are my reasoning steps:\n", "hm\n[BEGIN FINAL RESPONSE]\n" + `<tool_calls>[{"name": "clock", "arguments": {}}]</tool_calls>`, "", "hm", c("", "clock", "{}")},
		{"Command R+", `Action:\n` + "```json", "", "Action:\n```json\n[\n    {\n        \"tool_name\": \"clock\",\n        \"parameters\": {\"zone\": \"CET\"}\n    }\n]\n```", "", "", c("", "clock", `{"zone": "CET"}`)},
		{"Command R+, talk", `Action:\n` + "```json", "", "Action: none", "Action: none", "", nil},
		{"Command R7B, ids", "<|START_ACTION|><|START_THINKING|>", "", "<|START_THINKING|>hm<|END_THINKING|><|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"clock\", \"parameters\": {}},\n    {\"tool_call_id\": \"1\", \"tool_name\": \"clock\", \"parameters\": {\"zone\": \"x\"}}\n]<|END_ACTION|>", "", "hm", c("0", "clock", "{}", "1", "clock", `{"zone": "x"}`)},
		{"GigaChat 3", "'role': 'function call'", "", "Hi<|message_sep|>\n\nfunction call<|role_sep|>\n" + `{"name": "clock", "arguments": {}}`, "Hi", "", c("", "clock", "{}")},
		{"MiroThinker", "<use_mcp_tool>", "", "Hi\n<use_mcp_tool>\n<server_name>s</server_name>\n<tool_name>clock</tool_name>\n<arguments>\n{\"zone\": \"CET\"}\n</arguments>\n</use_mcp_tool>", "Hi", "", c("", "clock", `{"zone": "CET"}`)},
		{"MiroThinker, malformed", "<use_mcp_tool>", "", "<use_mcp_tool>clock</use_mcp_tool>", "<use_mcp_tool>clock</use_mcp_tool>", "", nil},
		{"Mistral, ids", "[TOOL_CALLS]", "", `Hi[TOOL_CALLS]clock[CALL_ID]000000001[ARGS]{"zone": "x"}[TOOL_CALLS]clock[CALL_ID]000000002[ARGS]{}`, "Hi", "", c("000000001", "clock", `{"zone": "x"}`, "000000002", "clock", "{}")},
		{"Magistral", "[TOOL_CALLS][THINK]", "", `[THINK]hm[/THINK][TOOL_CALLS]clock[ARGS]{}`, "", "hm", c("", "clock", "{}")},
		{"DeepSeek R1, no line end", "<｜tool▁calls▁begin｜><think>", "a<think>\n", "hm</think><｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>clock\n```json\n{\"zone\": \"<｜tool▁call▁end｜>\"}```<｜tool▁call▁end｜><｜tool▁calls▁end｜>", "", "hm", c("", "clock", `{"zone": "<｜tool▁call▁end｜>"}`)},
		{"DeepSeek 3.1, two", "<｜tool▁calls▁begin｜><think>", "a<think>", "hm</think>Hi<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>clock<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁call▁begin｜>paint<｜tool▁sep｜>{\"size\": 1}<｜tool▁call▁end｜><｜tool▁calls▁end｜>", "Hi", "hm", c("", "clock", "{}", "", "paint", `{"size": 1}`)},
		{"DeepSeek 3.2", "｜DSML｜<think>", "a<think>", "hm</think>\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"paint\">\n<｜DSML｜parameter name=\"size\" string=\"false\">-14</｜DSML｜parameter>\n<｜DSML｜parameter name=\"name\" string=\"true\">12</｜DSML｜parameter>\n<｜DSML｜parameter name=\"spots\" string=\"false\">[\"a\",\"b\"]</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>", "", "hm", c("", "paint", `{"size": -14, "name": "12", "spots": ["a","b"]}`)},
		{"Kimi, two", "<|tool_calls_section_begin|><think>", "", `<think>hm</think><|tool_calls_section_begin|><|tool_call_begin|>functions.clock:0<|tool_call_argument_begin|>{"zone": "<|tool_call_end|>"}<|tool_call_end|><|tool_call_begin|>functions.clock:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>`, "", "hm",
			c("functions.clock:0", "clock", `{"zone": "<|tool_call_end|>"}`, "functions.clock:1", "clock", "{}")},
		{"GLM 4.5", "<arg_key><think>", "", "\n<think>hm</think>\n<tool_call>paint\n<arg_key>tone</arg_key>\n<arg_value>red</arg_value>\n<arg_key>base</arg_key>\n<arg_value>{\"a\": \"</arg_value>\"}</arg_value>\n</tool_call>", "", "hm", c("", "paint", `{"tone": "red", "base": {"a": "</arg_value>"}}`)},
		{"GLM 4.7", "<arg_key>", "", "Hi<tool_call>clock</tool_call><tool_call>clock<arg_key>zone</arg_key><arg_value>1</arg_value></tool_call>", "Hi", "", c("", "clock", "{}", "", "clock", `{"zone": "1"}`)},
		{"Seed", "<seed:tool_call><seed:think>", "", "<seed:think>hm</seed:think>\n<seed:tool_call>\n<function=paint>\n<parameter=spots>[1]</parameter>\n</function>\n</seed:tool_call>\n<seed:tool_call>\n<function=clock>\n</function>\n</seed:tool_call>", "", "hm", c("", "paint", `{"spots": [1]}`, "", "clock", "{}")},
		{"Apertus, thought", "<|tools_prefix|><|inner_prefix|>", "", `<|inner_prefix|>hm<|inner_suffix|><|tools_prefix|>[{"clock": {"zone": "x"}}, {"clock": {}}]<|tools_suffix|>`, "", "hm", c("", "clock", `{"zone": "x"}`, "", "clock", "{}")},
		{"gpt-oss, two messages", "<|start|><|message|>", "<|start|>assistant", "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary to=functions.clock <|constrain|>json<|message|>{}<|call|><|start|>assistant<|channel|>commentary to=functions.paint <|constrain|>json<|message|>{\"size\": 2}<|call|>", "", "hm", c("", "clock", "{}", "", "paint", `{"size": 2}`)},
	} {
		t.Run(k.name, func(t *testing.T) {
			tmpl, err := New("{% raw %}"+k.template+"{% endraw %}{{ tools }}", "", Tokens{})
			if err != nil {
				t.Fatal(err)
			}
			got := anySplit(t, tmpl, k.prompt, k.text, true, tools)
			if want := (said{k.content, k.reasoning, k.calls, k.calls}); !reflect.DeepEqual(got, want) {
				t.Errorf("%q:\ngot  %+v\nwant %+v", k.text, got, want)
			}
		})
	}
}
