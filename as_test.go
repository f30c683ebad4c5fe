package chord_test

import (
	"encoding/json"
	"math/rand"
	"reflect"
	"testing"
	"testing/quick"

	"github.com/querent-ai/chord/grammar"
)

// Values of every kind of field.
type (
	anything struct {
		Bool     bool
		Int      int32 `json:"int"`
		Unsigned uint16
		Float    float32             // grammars have exponents of two digits
		Text     string              `json:"text,omitempty"`
		List     []int8              `json:"list"`
		Pair     [2]bool             `json:"pair"`
		Map      map[string]int16    `json:"map,omitempty"`
		Pointer  *string             `json:"pointer"`
		Inner    struct{ A, B int8 } `json:"inner"`
		Skipped  int                 `json:"-"`
		Embedded
	}
	// Embedded is a part of the object that it lies in.
	Embedded struct{ More []Embedded2 }
	// Embedded2 is an element of a list.
	Embedded2 struct {
		Name string `json:"name"`
	}
)

// bytesVocab is a vocabulary of all single bytes and a token that ends the text.
func bytesVocab() *grammar.Vocab {
	texts := make([][]byte, 257)
	for b := range 256 {
		texts[b] = []byte{byte(b)}
	}
	return grammar.NewVocab(texts, []int32{256}, nil)
}

// The JSON of every value of a type is a text of its grammar, and comes back as the
// same value.
func TestAsRoundTrip(t *testing.T) {
	roundTrip[bool](t)
	roundTrip[int64](t)
	roundTrip[uint8](t)
	roundTrip[float32](t)
	roundTrip[string](t)
	roundTrip[[]string](t)
	roundTrip[map[string]bool](t)
	roundTrip[*int](t)
	roundTrip[anything](t)
	roundTrip[[]anything](t)
}

func roundTrip[T any](t *testing.T) {
	t.Run(reflect.TypeFor[T]().String(), func(t *testing.T) {
		g, err := grammar.Of[T]()
		if err != nil {
			t.Fatal(err)
		}
		v, r := bytesVocab(), rand.New(rand.NewSource(1))
		for range 200 {
			value, ok := quick.Value(reflect.TypeFor[T](), r)
			if !ok {
				t.Fatal("no value")
			}
			text, err := json.Marshal(value.Interface())
			if err != nil {
				t.Fatal(err)
			}
			m := g.NewMatcher(v)
			for i, c := range text {
				if err := m.Accept(int32(c)); err != nil {
					t.Fatalf("after %.40q of %s: %v", text[:i+1][max(0, i-40):], text, err)
				}
			}
			if m.Accept(256) != nil {
				t.Fatalf("%s: more is wanted", text)
			}
			var back T
			if err := json.Unmarshal(text, &back); err != nil {
				t.Fatal(err)
			}
			if again, err := json.Marshal(back); err != nil || string(again) != string(text) {
				t.Fatalf("got %s, %v, want %s", again, err, text)
			}
		}
	})
}
