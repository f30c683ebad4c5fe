package chat

import (
	"reflect"
	"testing"
)

// TestSplit cuts prompts at marks that lie within a segment, across several, and at the
// ends.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		name   string
		prompt []Segment
		want   [][]Segment
	}{
		{"none", []Segment{{Text: "a"}, {Text: "b", Content: true}}, [][]Segment{{{Text: "a"}, {Text: "b", Content: true}}}},
		{"within", []Segment{{Text: "a"}, {Text: "b<X>c", Content: true}}, [][]Segment{{{Text: "a"}, {Text: "b", Content: true}}, {{Text: "c", Content: true}}}},
		{"across", []Segment{{Text: "a<"}, {Text: "X", Content: true}, {Text: ">b"}}, [][]Segment{{{Text: "a"}}, {{Text: "b"}}}},
		{"alone", []Segment{{Text: "<X>"}}, [][]Segment{nil, nil}},
		{"two", []Segment{{Text: "<X><X>"}, {Text: "a"}}, [][]Segment{nil, nil, {{Text: "a"}}}},
		{"a part of one", []Segment{{Text: "a<X"}, {Text: "b"}}, [][]Segment{{{Text: "a<X"}, {Text: "b"}}}},
	} {
		if got := Split(c.prompt, "<X>"); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}
