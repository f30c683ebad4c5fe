package jinja

import "testing"

// BenchmarkRender renders chats after parsing.
func BenchmarkRender(b *testing.B) {
	cases := readCases(b)
	for _, c := range []struct{ name, file, chat string }{
		{"template=llama-3.3/chat=text", "meta-llama-Llama-3.3-70B-Instruct.jinja", "suau"},
		{"template=llama-3.3/chat=tools", "meta-llama-Llama-3.3-70B-Instruct.jinja", "tools_call"},
		{"template=qwen2.5/chat=text", "Qwen-Qwen2.5-7B-Instruct.jinja", "suau"},
		{"template=qwen2.5/chat=tools", "Qwen-Qwen2.5-7B-Instruct.jinja", "tools_call"},
		{"template=mistral-nemo/chat=text", "mistralai-Mistral-Nemo-Instruct-2407.jinja", "suau"},
		{"template=gpt-oss/chat=text", "openai-gpt-oss-120b.jinja", "suau"},
		{"template=gpt-oss/chat=tools", "openai-gpt-oss-120b.jinja", "tools_call"},
		{"template=gemma-4/chat=text", "google-gemma-4-31B-it.jinja", "suau"},
	} {
		b.Run(c.name, func(b *testing.B) {
			t, err := Parse(readTemplate(b, c.file))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := t.Render(cases[c.chat], noon); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParse parses templates.
func BenchmarkParse(b *testing.B) {
	for _, c := range []struct{ name, file string }{
		{"template=llama-3.3", "meta-llama-Llama-3.3-70B-Instruct.jinja"},
		{"template=gpt-oss", "openai-gpt-oss-120b.jinja"},
	} {
		b.Run(c.name, func(b *testing.B) {
			src := readTemplate(b, c.file)
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkHostile parses and renders templates that never end without a budget;
// the limit is 100 ms.
func BenchmarkHostile(b *testing.B) {
	for _, c := range hostile {
		b.Run("template="+c.name, func(b *testing.B) {
			for b.Loop() {
				if t, err := Parse(c.src); err == nil {
					_, _ = t.Render(nil, noon)
				}
			}
		})
	}
}
