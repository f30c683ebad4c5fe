// Package generate generates texts: a [Text] asks the engine for the logits of the
// next token and samples it, within a grammar, a [Guide] or without banned strings,
// until the text ends. To save passes it drafts tokens and verifies them; a [Record]
// lets others verify the whole text.
//
// Read text.go first, then choose.go, speculate.go with drafter.go, guide.go and
// record.go with verify.go.
package generate
