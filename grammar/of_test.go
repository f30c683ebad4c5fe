package grammar

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

type ofBase struct {
	ID int8 `json:"id"`
}

type ofTree struct {
	ofBase
	Name   string            `json:"name" jsonschema:"minLength=1,description=a\\, b"`
	Kind   string            `json:"kind,omitempty" jsonschema:"enum=leaf,enum=node"`
	Weight *float64          `json:"weight"`
	At     time.Time         `json:"at,omitzero"`
	Kids   []ofTree          `json:"kids,omitempty" jsonschema:"maxItems=2"`
	More   map[string]uint16 `json:"more,omitempty"`
	Pair   [2]bool           `json:"pair,omitempty"`
	Raw    json.RawMessage   `json:"raw,omitempty"`
	Blob   []byte            `json:"blob,omitempty"`
	hidden int
	Not    func() `json:"-"`
}

func TestOf(t *testing.T) {
	g, err := Of[ofTree]()
	if err != nil {
		t.Fatal(err)
	}
	yes := []string{
		`{"id": 1, "name": "a", "weight": null}`,
		`{"id": -128, "name": "a", "kind": "leaf", "weight": 1.5, "at": "2024-02-29T10:00:00Z", "kids": [{"id": 2, "name": "b", "weight": 0}], "more": {"x": 65535}, "pair": [true, false], "raw": [1, {}], "blob": "aGk="}`,
	}
	checkMatch(t, "tree", g, yes, []string{
		`{"id": 128, "name": "a", "weight": null}`, `{"id": 1, "name": "", "weight": null}`, `{"id": 1, "name": "a"}`,
		`{"id": 1, "name": "a", "kind": "twig", "weight": null}`, `{"id": 1, "name": "a", "weight": null, "other": 1}`,
		`{"id": 1, "name": "a", "weight": null, "more": {"x": 65536}}`, `{"id": 1, "name": "a", "weight": null, "pair": [true]}`,
		`{"id": 1, "name": "a", "weight": null, "at": "2023-02-29T10:00:00Z"}`,
	})
	for _, s := range yes {
		d := json.NewDecoder(strings.NewReader(s))
		d.DisallowUnknownFields()
		if err := d.Decode(new(ofTree)); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	_ = ofTree{hidden: 0}
}

func TestOfErrors(t *testing.T) {
	for name, of := range map[string]func() (*Grammar, error){
		"channel": Of[chan int],
		"complex": Of[struct{ C complex128 }],
		"key":     Of[map[float64]int],
		"unknown tag": Of[struct {
			A int `jsonschema:"size=1"`
		}],
		"bad bound": Of[struct {
			A int `jsonschema:"minimum=x"`
		}],
	} {
		if _, err := of(); err == nil || !strings.HasPrefix(err.Error(), "grammar: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if g, err := Of[map[int]string](); err != nil {
		t.Error(err)
	} else {
		checkMatch(t, "map of integers", g, []string{`{"1": "a", "-5": "b"}`, "{}"}, []string{`{"01": "a"}`, `{"x": "a"}`})
	}
}
