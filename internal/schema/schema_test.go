package schema

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

type size string

type base struct {
	ID   int8 `json:"id"`
	Note string
}

type tree struct {
	Value    string
	Children []tree
	Parent   *tree `json:",omitempty"`
}

func TestOf(t *testing.T) {
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"string":    {"", `{"type":"string"}`},
		"named":     {size(""), `{"type":"string"}`},
		"bool":      {false, `{"type":"boolean"}`},
		"float":     {1.5, `{"type":"number"}`},
		"int8":      {int8(1), `{"type":"integer","minimum":-128,"maximum":127}`},
		"uint64":    {uint64(1), `{"type":"integer","minimum":0,"maximum":18446744073709551615}`},
		"int64":     {int64(1), `{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807}`},
		"time":      {time.Time{}, `{"type":"string","format":"date-time"}`},
		"any":       {[]any{}, `{"type":"array","items":{}}`},
		"raw":       {json.RawMessage{}, `{}`},
		"text":      {netip.Addr{}, `{"type":"string"}`},
		"array":     {[3]bool{}, `{"type":"array","items":{"type":"boolean"},"minItems":3,"maxItems":3}`},
		"map":       {map[string]bool{}, `{"type":"object","additionalProperties":{"type":"boolean"}}`},
		"map keys":  {map[uint8]bool{}, `{"type":"object","propertyNames":{"pattern":"^(0|[1-9][0-9]*)$"},"additionalProperties":{"type":"boolean"}}`},
		"pointer":   {(*bool)(nil), `{"anyOf":[{"type":"boolean"},{"type":"null"}]}`},
		"no fields": {struct{}{}, `{"type":"object","properties":{},"required":[],"additionalProperties":false}`},
		"fields": {struct {
			B    bool   `json:"b"`
			A    string `json:",omitempty"`
			C    string `json:"-"`
			e    string
			Time time.Time `json:"t,omitzero"`
		}{}, `{"type":"object","properties":{"b":{"type":"boolean"},"A":{"type":"string"},"t":{"type":"string","format":"date-time"}},"required":["b"],"additionalProperties":false}`},
		"embedded": {struct {
			base
			Name string
		}{}, `{"type":"object","properties":{"id":{"type":"integer","minimum":-128,"maximum":127},"Note":{"type":"string"},"Name":{"type":"string"}},"required":["id","Note","Name"],"additionalProperties":false}`},
		"embedded by name": {struct {
			base `json:"base"`
			Name string
		}{}, `{"type":"object","properties":{"Name":{"type":"string"}},"required":["Name"],"additionalProperties":false}`},
		"tags": {struct {
			Size  size    `jsonschema:"enum=S,enum=M,description=as on the label\\, in capitals"`
			Count int8    `jsonschema:"minimum=1,maximum=9"`
			Pick  int     `jsonschema:"enum=1,enum=2"`
			Share float64 `json:",omitempty" jsonschema:"required,exclusiveMaximum=1"`
			List  []bool  `jsonschema:"minItems=1,maxItems=3"`
		}{}, `{"type":"object","properties":{"Size":{"type":"string","description":"as on the label, in capitals","enum":["S","M"]},` +
			`"Count":{"type":"integer","minimum":1,"maximum":9},"Pick":{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807,"enum":[1,2]},` +
			`"Share":{"type":"number","exclusiveMaximum":1},"List":{"type":"array","items":{"type":"boolean"},"minItems":1,"maxItems":3}},` +
			`"required":["Size","Count","Pick","Share","List"],"additionalProperties":false}`},
		"recursive": {tree{}, `{"$ref":"#/$defs/tree1","$defs":{"tree1":{"type":"object","properties":{"Value":{"type":"string"},` +
			`"Children":{"type":"array","items":{"$ref":"#/$defs/tree1"}},"Parent":{"anyOf":[{"$ref":"#/$defs/tree1"},{"type":"null"}]}},` +
			`"required":["Value","Children"],"additionalProperties":false}}}`},
	} {
		got, err := Of(reflect.TypeOf(c.v))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v\nwant %s", name, got, err, c.want)
		}
	}
}

type ownJSON struct{}

// MarshalJSON writes nothing.
func (ownJSON) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

func TestErrors(t *testing.T) {
	for want, v := range map[string]any{
		"chan int":                 make(chan int),
		"struct { F func() }.F":    struct{ F func() }{},
		"JSON has no keys of bool": map[bool]int{},
		"has its own MarshalJSON":  []ownJSON{},
		`unknown keyword "enums"`: struct {
			A string `jsonschema:"enums=a"`
		}{},
		`minimum="x" is no number`: struct {
			A int `jsonschema:"minimum=x"`
		}{},
		`minItems="-1" is no whole`: struct {
			A []int `jsonschema:"minItems=-1"`
		}{},
		`enum="x" is no number`: struct {
			A int `jsonschema:"enum=x"`
		}{},
		"JSON has no complex128": struct{ A complex128 }{},
	} {
		if _, err := Of(reflect.TypeOf(v)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	twice := reflect.StructOf([]reflect.StructField{
		{Name: "A", Type: reflect.TypeFor[int](), Tag: `json:"a"`}, {Name: "B", Type: reflect.TypeFor[int](), Tag: `json:"a"`},
	})
	if _, err := Of(twice); err == nil || !strings.Contains(err.Error(), `two fields "a"`) {
		t.Errorf("got %v", err)
	}
}
