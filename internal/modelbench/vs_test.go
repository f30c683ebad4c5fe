package modelbench

import (
	"reflect"
	"testing"
)

func TestSplitWords(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{`llama-bench -m a.gguf  -r 1`, []string{"llama-bench", "-m", "a.gguf", "-r", "1"}},
		{`a 'b c' "d e"f ''`, []string{"a", "b c", "d ef", ""}},
		{`C:\bin\x.exe "it's"`, []string{`C:\bin\x.exe`, "it's"}},
		{`a 'b`, nil},
		{"  ", nil},
	} {
		got, err := splitWords(c.in)
		if !reflect.DeepEqual(got, c.want) || (err == nil) != (c.want != nil) {
			t.Errorf("%s: got %q, %v", c.in, got, err)
		}
	}
}
