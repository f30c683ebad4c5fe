package grammar_test

import (
	"fmt"
	"log"

	"github.com/querent-ai/chord/grammar"
)

// A schema as a grammar, and what of a vocabulary may come at each place.
func ExampleJSONSchema() {
	g, err := grammar.JSONSchema([]byte(`{
		"type": "object",
		"properties": {"colour": {"enum": ["red", "green"]}},
		"required": ["colour"],
		"additionalProperties": false
	}`))
	if err != nil {
		log.Fatal(err)
	}
	vocab := grammar.NewVocab([][]byte{[]byte(`{"`), []byte(`"}`), []byte("colour"), []byte(`":"`), []byte("re"), []byte("d"), []byte("gr"), []byte("een"), []byte("</s>")}, []int32{8}, nil)
	m := g.NewMatcher(vocab)
	mask := make([]uint64, vocab.Words())
	for _, token := range []int32{0, 2, 3, 4, 5, 1, 8} {
		m.Mask(mask)
		fmt.Printf("%09b, forced %q\n", mask[0], m.Forced())
		if err := m.Accept(token); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// 000000001, forced "{"
	// 000000100, forced "colour\""
	// 000001000, forced "\""
	// 001010000, forced ""
	// 000100000, forced "d\""
	// 000000010, forced "\""
	// 100000000, forced ""
}

// A grammar without a model says what it accepts, and where a text goes wrong.
func ExampleGBNF() {
	g, err := grammar.GBNF("root ::= item+\nitem ::= \"- \" [a-z]+ \"\\n\"")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(g.Match([]byte("- one\n- two\n")))
	fmt.Println(g.Match([]byte("- one\n* two\n")))
	// Output:
	// true 12
	// false 6
}

func ExampleSequence() {
	age, err := grammar.Value([]byte(`{"type": "integer", "minimum": 0}`))
	if err != nil {
		panic(err)
	}
	name := grammar.Without("<")
	g, err := grammar.Sequence(grammar.Literal("<name>"), name, grammar.Literal("</name> is "), age).Grammar()
	if err != nil {
		panic(err)
	}
	fmt.Println(g.Match([]byte("<name>Ann</name> is 7")))
	fmt.Println(g.Match([]byte("<name>Ann</name> is old")))
	// Output:
	// true 21
	// false 20
}
